# The document model is the site's own choice, so it is named by setting and not by table.

import django.db.models.deletion
import django.utils.timezone
import uuid
import wagtail_m365.models.versions
from django.conf import settings
from django.db import migrations, models
from wagtail.documents import get_document_model_string


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('wagtailcore', '0097_baselogentry_uuid_action_timestamp_indexes'),
        migrations.swappable_dependency(get_document_model_string()),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='AppRegistration',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=100, unique=True, verbose_name='name')),
                ('cloud', models.CharField(choices=[('global', 'Microsoft 365 (worldwide, including US GCC)'), ('us_gov', 'US Government (GCC High)'), ('us_dod', 'US Government (DoD)'), ('china', 'China (21Vianet)'), ('custom', 'Another server (addresses below)')], default='global', max_length=10, verbose_name='cloud')),
                ('authority_url', models.URLField(blank=True, verbose_name='authority address')),
                ('graph_url', models.URLField(blank=True, verbose_name='Graph address with version')),
                ('tenant', models.CharField(default='organizations', max_length=255, verbose_name='tenant')),
                ('client_id', models.CharField(max_length=100, verbose_name='application (client) ID')),
                ('credential_kind', models.CharField(choices=[('secret', 'Client secret'), ('certificate', 'Certificate'), ('none', 'None (public client)')], default='secret', max_length=12, verbose_name='credential')),
                ('client_secret_sealed', models.TextField(blank=True, editable=False)),
                ('certificate_sealed', models.TextField(blank=True, editable=False)),
                ('credential_expires_on', models.DateField(blank=True, null=True, verbose_name='secret or certificate ends on')),
                ('owner', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='m365_app_registrations', to=settings.AUTH_USER_MODEL, verbose_name='owner')),
            ],
            options={
                'verbose_name': 'app registration',
                'verbose_name_plural': 'app registrations',
            },
        ),
        migrations.CreateModel(
            name='Connection',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('service_name', models.SlugField(blank=True, max_length=100, null=True, unique=True, verbose_name='service name')),
                ('kind', models.CharField(choices=[('delegated', "A person's account"), ('app_only', 'The application itself')], default='delegated', max_length=12)),
                ('label', models.CharField(blank=True, max_length=100, verbose_name='label')),
                ('client_id', models.CharField(max_length=100)),
                ('authority_tenant', models.CharField(max_length=255)),
                ('tenant_id', models.CharField(max_length=100, verbose_name='tenant')),
                ('object_id', models.CharField(max_length=100)),
                ('home_account_id', models.CharField(max_length=255)),
                ('username', models.CharField(blank=True, max_length=255, verbose_name='account')),
                ('display_name', models.CharField(blank=True, max_length=255, verbose_name='name')),
                ('state', models.CharField(choices=[('active', 'Connected'), ('needs_consent', 'Needs consent'), ('needs_interaction', 'Needs another sign-in step'), ('needs_reconnect', 'Needs to be connected again'), ('denied', 'Refused by a policy'), ('misconfigured', 'Set-up is wrong')], default='active', max_length=20, verbose_name='state')),
                ('state_details', models.JSONField(blank=True, default=dict)),
                ('granted_scopes', models.TextField(blank=True, verbose_name='rights')),
                ('refresh_token_sealed', models.TextField(blank=True, editable=False)),
                ('version', models.PositiveBigIntegerField(default=0)),
                ('lease_owner', models.CharField(blank=True, default='', max_length=32)),
                ('lease_until', models.FloatField(default=0)),
                ('retry_at', models.FloatField(default=0)),
                ('failures', models.PositiveIntegerField(default=0)),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='connected on')),
                ('last_refreshed_at', models.DateTimeField(blank=True, null=True)),
                ('last_used_at', models.DateTimeField(blank=True, null=True, verbose_name='last used')),
                ('default_for', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='m365_default_connection', to=settings.AUTH_USER_MODEL)),
                ('registration', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='connections', to='wagtail_m365.appregistration')),
                ('user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='m365_connections', to=settings.AUTH_USER_MODEL, verbose_name='user')),
            ],
            options={
                'verbose_name': 'Microsoft connection',
                'verbose_name_plural': 'Microsoft connections',
            },
        ),
        migrations.CreateModel(
            name='CachedAccessToken',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('audience', models.CharField(max_length=255)),
                ('scopes', models.TextField()),
                ('token_sealed', models.TextField(editable=False)),
                ('expires_on', models.PositiveBigIntegerField()),
                ('refresh_on', models.PositiveBigIntegerField(default=0)),
                ('version', models.PositiveBigIntegerField()),
                ('connection', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='access_tokens', to='wagtail_m365.connection')),
            ],
        ),
        migrations.CreateModel(
            name='ConsentRequest',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('scopes', models.TextField(verbose_name='rights')),
                ('asked_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='asked')),
                ('looked_at', models.DateTimeField(null=True)),
                ('granted_at', models.DateTimeField(null=True, verbose_name='granted')),
                ('told_at', models.DateTimeField(null=True)),
                ('connection', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='consent_requests', to='wagtail_m365.connection')),
                ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='m365_consent_requests', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'consent request',
                'verbose_name_plural': 'consent requests',
                'ordering': ['asked_at'],
            },
        ),
        migrations.CreateModel(
            name='EditSession',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('document_title', models.CharField(max_length=255)),
                ('state', models.CharField(choices=[('opening', 'Being sent to Microsoft 365'), ('open', 'Open in Microsoft 365'), ('conflict', 'Changed on both sides'), ('brought_back', 'Brought back'), ('discarded', 'Discarded'), ('handed_over', 'Handed over'), ('lost', 'The copy in Microsoft 365 is gone')], default='opening', max_length=20, verbose_name='state')),
                ('revision', models.PositiveIntegerField(default=0)),
                ('drive_id', models.CharField(blank=True, max_length=255)),
                ('folder_id', models.CharField(blank=True, max_length=255)),
                ('item_id', models.CharField(blank=True, max_length=255)),
                ('item_name', models.CharField(blank=True, max_length=400)),
                ('web_url', models.TextField(blank=True)),
                ('remote_copy', models.CharField(choices=[('none', 'Not there yet'), ('there', 'There'), ('deleted', 'Deleted'), ('in_recycle_bin', 'In the recycle bin'), ('left_behind', 'Left behind'), ('gone', 'Gone'), ('left_to_owner', 'Left to its owner')], default='none', max_length=20)),
                ('base_sha256', models.CharField(blank=True, max_length=64)),
                ('base_file_hash', models.CharField(blank=True, max_length=40)),
                ('base_size', models.PositiveBigIntegerField(default=0)),
                ('base_etag', models.CharField(blank=True, max_length=255)),
                ('base_ctag', models.CharField(blank=True, max_length=255)),
                ('base_quick_xor', models.CharField(blank=True, max_length=40)),
                ('remote_etag', models.CharField(blank=True, max_length=255)),
                ('remote_ctag', models.CharField(blank=True, max_length=255)),
                ('remote_size', models.PositiveBigIntegerField(default=0)),
                ('remote_modified_at', models.DateTimeField(blank=True, null=True)),
                ('remote_modified_by', models.CharField(blank=True, max_length=255)),
                ('remote_checked_at', models.DateTimeField(blank=True, null=True)),
                ('opened_at', models.DateTimeField(auto_now_add=True, verbose_name='opened')),
                ('brought_back_at', models.DateTimeField(null=True, verbose_name='last brought back')),
                ('closed_at', models.DateTimeField(blank=True, null=True, verbose_name='closed')),
                ('closing_reason', models.CharField(blank=True, max_length=50)),
                ('connection', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='edit_sessions', to='wagtail_m365.connection')),
                ('document', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='m365_edit_sessions', to=get_document_model_string())),
                ('open_for', models.OneToOneField(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='m365_open_session', to=get_document_model_string())),
                ('owner', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='m365_edit_sessions', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'edit session',
                'verbose_name_plural': 'edit sessions',
                'ordering': ['-opened_at'],
                'permissions': [('manage_edit_sessions', "Can end and hand over others' edit sessions")],
            },
        ),
        migrations.CreateModel(
            name='DocumentVersion',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('file', models.FileField(max_length=400, storage=wagtail_m365.models.versions.version_storage, upload_to=wagtail_m365.models.versions.version_path)),
                ('filename', models.CharField(max_length=255, verbose_name='file name')),
                ('size', models.PositiveBigIntegerField(default=0, verbose_name='size')),
                ('sha256', models.CharField(blank=True, max_length=64)),
                ('document_file_name', models.CharField(blank=True, max_length=400)),
                ('document_file_hash', models.CharField(blank=True, max_length=40)),
                ('stage', models.CharField(choices=[('storing', 'Being stored'), ('replacing', 'Being replaced'), ('kept', 'Kept')], default='storing', max_length=20)),
                ('source', models.CharField(choices=[('site', 'Uploaded to the site'), ('brought_back', 'Brought back from Microsoft 365'), ('restored', 'Restored')], default='site', max_length=20, verbose_name='from')),
                ('saved_at', models.DateTimeField(null=True, verbose_name='saved')),
                ('comment', models.CharField(blank=True, max_length=255, verbose_name='comment')),
                ('replaced_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='replaced')),
                ('replaced_with', models.CharField(choices=[('site', 'Uploaded to the site'), ('brought_back', 'Brought back from Microsoft 365'), ('restored', 'Restored')], default='site', max_length=20)),
                ('successor_file_hash', models.CharField(blank=True, max_length=40)),
                ('successor_comment', models.CharField(blank=True, max_length=255)),
                ('document', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='m365_versions', to=get_document_model_string())),
                ('replaced_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('saved_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('edit_session', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='versions', to='wagtail_m365.editsession')),
            ],
            options={
                'verbose_name': 'document version',
                'verbose_name_plural': 'document versions',
                'ordering': ['-replaced_at'],
            },
        ),
        migrations.CreateModel(
            name='M365Settings',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('enabled', models.BooleanField(default=True, verbose_name='enabled')),
                ('own_registrations_allowed', models.BooleanField(default=False, verbose_name='editors may use app registrations of their own')),
                ('registration', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='wagtail_m365.appregistration', verbose_name='app registration')),
            ],
            options={
                'verbose_name': 'Microsoft 365',
                'permissions': [('use_microsoft365', 'Can connect a Microsoft account and use it')],
            },
        ),
        migrations.CreateModel(
            name='RecentFolder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('place', models.CharField(max_length=10)),
                ('drive_id', models.CharField(max_length=255)),
                ('item_id', models.CharField(max_length=255)),
                ('top_id', models.CharField(blank=True, max_length=255)),
                ('top_name', models.TextField(blank=True)),
                ('path', models.TextField(blank=True)),
                ('name', models.CharField(blank=True, max_length=255, verbose_name='name')),
                ('used_at', models.DateTimeField(verbose_name='last used')),
                ('collection', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='wagtailcore.collection')),
                ('connection', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='recent_folders', to='wagtail_m365.connection')),
            ],
            options={
                'verbose_name': 'recent folder',
                'verbose_name_plural': 'recent folders',
            },
        ),
        migrations.CreateModel(
            name='RefusedPurpose',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100, unique=True, verbose_name='purpose')),
                ('reason', models.CharField(blank=True, max_length=255, verbose_name='reason')),
                ('refused_at', models.DateTimeField(auto_now_add=True, verbose_name='refused')),
                ('refused_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'refused purpose',
                'verbose_name_plural': 'refused purposes',
            },
        ),
        migrations.CreateModel(
            name='TokenUse',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('account', models.CharField(max_length=255, verbose_name='account')),
                ('purpose', models.CharField(max_length=100, verbose_name='purpose')),
                ('day', models.DateField(verbose_name='day')),
                ('uses', models.PositiveIntegerField(default=0, verbose_name='uses')),
                ('last_used_at', models.DateTimeField(verbose_name='last used')),
                ('connection', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='token_uses', to='wagtail_m365.connection')),
                ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'use of a token',
                'verbose_name_plural': 'uses of tokens',
                'ordering': ['-day', 'purpose'],
            },
        ),
        migrations.AddIndex(
            model_name='connection',
            index=models.Index(fields=['state', 'last_refreshed_at'], name='m365_connection_idle'),
        ),
        migrations.AddConstraint(
            model_name='connection',
            constraint=models.UniqueConstraint(fields=('user', 'client_id', 'tenant_id', 'object_id'), name='m365_one_connection_per_account'),
        ),
        migrations.AddConstraint(
            model_name='cachedaccesstoken',
            constraint=models.UniqueConstraint(fields=('connection', 'audience'), name='m365_one_token_per_audience'),
        ),
        migrations.AddIndex(
            model_name='editsession',
            index=models.Index(fields=['state', 'opened_at'], name='m365_session_state'),
        ),
        migrations.AddIndex(
            model_name='documentversion',
            index=models.Index(fields=['document', 'stage'], name='m365_version_stage'),
        ),
        migrations.AddIndex(
            model_name='recentfolder',
            index=models.Index(fields=['connection', '-used_at'], name='m365_recent_folder'),
        ),
        migrations.AddIndex(
            model_name='tokenuse',
            index=models.Index(fields=['day'], name='m365_token_use_day'),
        ),
        migrations.AddConstraint(
            model_name='tokenuse',
            constraint=models.UniqueConstraint(fields=('connection', 'purpose', 'day'), name='m365_one_use_per_day'),
        ),
    ]
