# The document model is the site's own choice, so it is named by setting and not by table.

import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models
from wagtail.documents import get_document_model_string


class CannotGoBack(Exception):
    """The older tables cannot hold what is there; nothing was changed."""


def lose_nothing_on_the_way_back(apps, schema_editor):
    """Refuse what the older tables would get wrong, and keep files that wait for approval.

    A session outside the app folder, or one that others have joined, would count as its
    owner's alone after that: discarding it would delete for good what others have saved.
    """
    database = schema_editor.connection.alias
    sessions = apps.get_model('wagtail_m365', 'EditSession').objects.using(database)
    unfinished = sessions.filter(state__in=('opening', 'open', 'conflict'))
    shared = unfinished.exclude(place='app_folder') | unfinished.filter(joined__isnull=False)
    titles = sorted(set(shared.values_list('document_title', flat=True)))
    if titles:
        raise CannotGoBack(
            'Bring back or discard first what is open outside the app folder or for '
            'several editors (Reports, Edit sessions): ' + ', '.join(titles)
        )
    versions = apps.get_model('wagtail_m365', 'DocumentVersion').objects.using(database)
    # Without the proposals nobody would find these files: they join the earlier versions.
    versions.filter(stage='pending').update(stage='kept')


def remember_accounts(apps, schema_editor):
    """What is open lies in the account of its connection, as it was until now."""
    database = schema_editor.connection.alias
    sessions = apps.get_model('wagtail_m365', 'EditSession').objects.using(database)
    connections = apps.get_model('wagtail_m365', 'Connection').objects.using(database)
    of_session = connections.filter(pk=models.OuterRef('connection_id'))
    sessions.filter(connection_id__isnull=False).update(
        account_tenant_id=models.Subquery(of_session.values('tenant_id')),
        account_object_id=models.Subquery(of_session.values('object_id')),
        account_name=models.Subquery(of_session.values('username')),
    )


class Migration(migrations.Migration):

    dependencies = [
        ('wagtail_m365', '0001_initial'),
        migrations.swappable_dependency(get_document_model_string()),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Failure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=100, verbose_name='code')),
                ('place', models.CharField(max_length=200, verbose_name='page')),
                ('reference', models.CharField(blank=True, max_length=255, verbose_name='reference')),
                ('happened_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='when')),
            ],
            options={
                'verbose_name': 'failure',
                'verbose_name_plural': 'failures',
            },
        ),
        migrations.CreateModel(
            name='Heartbeat',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('asked_at', models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                ('ran_at', models.DateTimeField(null=True)),
                ('backend', models.CharField(max_length=200)),
            ],
            options={
                'verbose_name': 'heartbeat',
                'verbose_name_plural': 'heartbeats',
            },
        ),
        migrations.AlterModelOptions(
            name='cachedaccesstoken',
            options={'verbose_name': 'access token kept ready', 'verbose_name_plural': 'access tokens kept ready'},
        ),
        migrations.AlterModelOptions(
            name='connection',
            options={'permissions': [('manage_connections', 'Can manage Microsoft connections')], 'verbose_name': 'Microsoft connection', 'verbose_name_plural': 'Microsoft connections'},
        ),
        migrations.AlterModelOptions(
            name='documentversion',
            options={'ordering': ['-replaced_at'], 'permissions': [('publish_brought_back', 'Can publish documents that were brought back')], 'verbose_name': 'document version', 'verbose_name_plural': 'document versions'},
        ),
        migrations.AddField(
            model_name='cachedaccesstoken',
            name='not_before',
            field=models.FloatField(default=0),
        ),
        migrations.AddField(
            model_name='connection',
            name='authority',
            field=models.CharField(blank=True, default='', max_length=255),
        ),
        migrations.AddField(
            model_name='connection',
            name='graph_origin',
            field=models.CharField(blank=True, default='', max_length=255),
        ),
        migrations.AddField(
            model_name='connection',
            name='told_trouble',
            field=models.CharField(blank=True, default='', max_length=100),
        ),
        migrations.AddField(
            model_name='editsession',
            name='account_tenant_id',
            field=models.CharField(blank=True, default='', max_length=100),
        ),
        migrations.AddField(
            model_name='editsession',
            name='account_object_id',
            field=models.CharField(blank=True, default='', max_length=100),
        ),
        migrations.AddField(
            model_name='editsession',
            name='account_name',
            field=models.CharField(blank=True, default='', max_length=255),
        ),
        migrations.AddField(
            model_name='editsession',
            name='checked_out_by',
            field=models.CharField(blank=True, default='', max_length=255),
        ),
        migrations.AddField(
            model_name='editsession',
            name='link_id',
            field=models.CharField(blank=True, default='', max_length=255),
        ),
        migrations.AddField(
            model_name='editsession',
            name='place',
            field=models.CharField(choices=[('app_folder', "App folder in the editor's OneDrive"), ('onedrive', "Another folder of the editor's OneDrive"), ('library', 'A SharePoint or Teams library, shared by all editors')], default='app_folder', max_length=12),
        ),
        migrations.AddField(
            model_name='editsession',
            name='reminded_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='editsession',
            name='reminder_shown_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='editsession',
            name='remote_folder_id',
            field=models.CharField(blank=True, max_length=255),
        ),
        migrations.AddField(
            model_name='editsession',
            name='remote_locked_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='editsession',
            name='sent_name',
            field=models.CharField(blank=True, max_length=400),
        ),
        migrations.AddField(
            model_name='m365settings',
            name='edit_drive_id',
            field=models.CharField(blank=True, default='', max_length=255, verbose_name='drive ID of the library'),
        ),
        migrations.AddField(
            model_name='m365settings',
            name='edit_folder_id',
            field=models.CharField(blank=True, default='', max_length=255, verbose_name='folder ID in the library'),
        ),
        migrations.AddField(
            model_name='m365settings',
            name='edit_folder_name',
            field=models.CharField(blank=True, default='', editable=False, max_length=400),
        ),
        migrations.AddField(
            model_name='m365settings',
            name='edit_path',
            field=models.CharField(blank=True, default='', max_length=255, verbose_name='folder in OneDrive'),
        ),
        migrations.AddField(
            model_name='m365settings',
            name='edit_place',
            field=models.CharField(choices=[('app_folder', "App folder in the editor's OneDrive"), ('onedrive', "Another folder of the editor's OneDrive"), ('library', 'A SharePoint or Teams library, shared by all editors')], default='app_folder', max_length=12, verbose_name='where copies lie'),
        ),
        migrations.AddField(
            model_name='m365settings',
            name='set_up',
            field=models.JSONField(blank=True, default=dict, editable=False),
        ),
        migrations.AlterField(
            model_name='documentversion',
            name='replaced_with',
            field=models.CharField(choices=[('site', 'Uploaded to the site'), ('brought_back', 'Brought back from Microsoft 365'), ('restored', 'Restored'), ('imported', 'Imported from Microsoft 365'), ('updated', 'Updated from Microsoft 365')], default='site', max_length=20),
        ),
        migrations.AlterField(
            model_name='documentversion',
            name='source',
            field=models.CharField(choices=[('site', 'Uploaded to the site'), ('brought_back', 'Brought back from Microsoft 365'), ('restored', 'Restored'), ('imported', 'Imported from Microsoft 365'), ('updated', 'Updated from Microsoft 365')], default='site', max_length=20, verbose_name='from'),
        ),
        migrations.AlterField(
            model_name='documentversion',
            name='stage',
            field=models.CharField(choices=[('storing', 'Being stored'), ('replacing', 'Being replaced'), ('kept', 'Kept'), ('pending', 'Waiting for approval')], default='storing', max_length=20),
        ),
        migrations.AlterField(
            model_name='editsession',
            name='remote_copy',
            field=models.CharField(choices=[('none', 'Not there yet'), ('there', 'There'), ('deleted', 'Deleted'), ('in_recycle_bin', 'In the recycle bin'), ('left_behind', 'Left behind'), ('gone', 'Gone'), ('passed_on', 'Passed on to the next person'), ('left_to_owner', 'Left to its owner')], default='none', max_length=20),
        ),
        migrations.AlterField(
            model_name='m365settings',
            name='registration',
            field=models.ForeignKey(blank=True, limit_choices_to={'owner': None}, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='wagtail_m365.appregistration', verbose_name='app registration'),
        ),
        migrations.CreateModel(
            name='ExpiryWarning',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('what', models.CharField(max_length=100)),
                ('ends_on', models.DateField()),
                ('days', models.PositiveSmallIntegerField()),
                ('sent_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'verbose_name': 'expiry warning',
                'verbose_name_plural': 'expiry warnings',
                'constraints': [models.UniqueConstraint(fields=('what', 'ends_on', 'days'), name='m365_one_warning_each')],
            },
        ),
        migrations.CreateModel(
            name='FollowedDrive',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('drive_id', models.CharField(max_length=255)),
                ('delta_link', models.TextField(blank=True)),
                ('notified_at', models.DateTimeField(null=True)),
                ('read_at', models.DateTimeField(null=True, verbose_name='last looked at')),
                ('last_error', models.CharField(blank=True, max_length=50)),
                ('busy_until', models.DateTimeField(null=True)),
                ('begun_at', models.DateTimeField(null=True)),
                ('connection', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='followed_drives', to='wagtail_m365.connection')),
            ],
            options={
                'verbose_name': 'followed drive',
                'verbose_name_plural': 'followed drives',
            },
        ),
        migrations.CreateModel(
            name='JoinedEditor',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('joined_at', models.DateTimeField(auto_now_add=True, verbose_name='joined')),
                ('session', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='joined', to='wagtail_m365.editsession')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'joined editor',
                'verbose_name_plural': 'joined editors',
                'ordering': ['joined_at'],
            },
        ),
        migrations.CreateModel(
            name='Proposal',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('state', models.CharField(choices=[('waiting', 'Waiting for approval'), ('approved', 'Approved'), ('rejected', 'Rejected'), ('withdrawn', 'Withdrawn'), ('superseded', 'Replaced by a newer one')], default='waiting', max_length=12, verbose_name='state')),
                ('proposed_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='proposed')),
                ('source', models.CharField(choices=[('site', 'Uploaded to the site'), ('brought_back', 'Brought back from Microsoft 365'), ('restored', 'Restored'), ('imported', 'Imported from Microsoft 365'), ('updated', 'Updated from Microsoft 365')], default='brought_back', max_length=20)),
                ('comment', models.CharField(blank=True, max_length=255, verbose_name='comment')),
                ('base_file_hash', models.CharField(blank=True, max_length=40)),
                ('new_title', models.CharField(blank=True, max_length=255)),
                ('decided_at', models.DateTimeField(null=True, verbose_name='decided')),
                ('decision_comment', models.CharField(blank=True, max_length=255)),
                ('author', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('document', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='m365_proposals', to=get_document_model_string())),
                ('edit_session', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='proposals', to='wagtail_m365.editsession')),
                ('version', models.OneToOneField(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='proposal', to='wagtail_m365.documentversion')),
            ],
            options={
                'verbose_name': 'file waiting for approval',
                'verbose_name_plural': 'files waiting for approval',
                'ordering': ['-proposed_at'],
            },
        ),
        migrations.CreateModel(
            name='RemoteSource',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('place', models.CharField(max_length=10)),
                ('drive_id', models.CharField(max_length=255)),
                ('item_id', models.CharField(max_length=255)),
                ('name', models.CharField(max_length=400, verbose_name='file name')),
                ('parent_path', models.TextField(blank=True)),
                ('web_url', models.TextField(blank=True)),
                ('etag', models.CharField(blank=True, max_length=255)),
                ('ctag', models.CharField(blank=True, max_length=255)),
                ('quick_xor', models.CharField(blank=True, max_length=40)),
                ('size', models.PositiveBigIntegerField(default=0, verbose_name='size')),
                ('sha256', models.CharField(blank=True, max_length=64)),
                ('file_hash', models.CharField(blank=True, max_length=40)),
                ('title_given', models.CharField(blank=True, max_length=255)),
                ('imported_at', models.DateTimeField(auto_now_add=True, verbose_name='imported')),
                ('updated_at', models.DateTimeField(blank=True, null=True, verbose_name='last updated')),
                ('connection', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='imported_documents', to='wagtail_m365.connection')),
                ('document', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='m365_source', to=get_document_model_string())),
                ('imported_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'source in Microsoft 365',
                'verbose_name_plural': 'sources in Microsoft 365',
            },
        ),
        migrations.CreateModel(
            name='Subscription',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('subscription_id', models.CharField(max_length=100, null=True, unique=True)),
                ('client_state_sha256', models.CharField(blank=True, max_length=64)),
                ('state', models.CharField(choices=[('asked', 'Being asked for'), ('active', 'Active'), ('removed', 'Removed by Microsoft'), ('refused', 'Not possible')], default='asked', max_length=10, verbose_name='state')),
                ('expires_at', models.DateTimeField(null=True, verbose_name='expires')),
                ('asked_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='asked for')),
                ('last_notified_at', models.DateTimeField(null=True, verbose_name='last call')),
                ('last_error', models.CharField(blank=True, max_length=50)),
                ('drive', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='subscription', to='wagtail_m365.followeddrive')),
            ],
            options={
                'verbose_name': 'subscription',
                'verbose_name_plural': 'subscriptions',
                'ordering': ['expires_at'],
            },
        ),
        migrations.CreateModel(
            name='Transfer',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('batch_id', models.UUIDField(db_index=True, default=uuid.uuid4, editable=False)),
                ('position', models.PositiveIntegerField(default=0)),
                ('kind', models.CharField(choices=[('save', 'Save to Microsoft 365'), ('open', 'Open in Microsoft 365'), ('import', 'Import from Microsoft 365'), ('update', 'Update from Microsoft 365')], max_length=20, verbose_name='kind')),
                ('title', models.CharField(blank=True, max_length=255, verbose_name='document')),
                ('options', models.JSONField(blank=True, default=dict)),
                ('drive_id', models.CharField(blank=True, max_length=255)),
                ('folder_id', models.CharField(blank=True, max_length=255)),
                ('item_id', models.CharField(blank=True, max_length=255)),
                ('name', models.CharField(blank=True, max_length=400, verbose_name='name')),
                ('original_name', models.CharField(blank=True, max_length=400)),
                ('size', models.PositiveBigIntegerField(default=0, verbose_name='size')),
                ('bytes_done', models.PositiveBigIntegerField(default=0)),
                ('web_url', models.TextField(blank=True)),
                ('share_url', models.TextField(blank=True)),
                ('share_error', models.CharField(blank=True, max_length=100)),
                ('state', models.CharField(choices=[('queued', 'Waiting for its turn'), ('running', 'Running'), ('waiting', 'Waiting for Microsoft'), ('done', 'Done'), ('failed', 'Failed'), ('cancelled', 'Cancelled')], default='queued', max_length=20, verbose_name='state')),
                ('cancel_requested', models.BooleanField(default=False)),
                ('error_code', models.CharField(blank=True, max_length=100)),
                ('error', models.JSONField(blank=True, default=dict)),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('not_before', models.FloatField(default=0)),
                ('fence', models.PositiveBigIntegerField(default=0)),
                ('lease_until', models.FloatField(default=0)),
                ('slot', models.PositiveSmallIntegerField(editable=False, null=True)),
                ('session_sealed', models.TextField(blank=True, editable=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='started')),
                ('seen_at', models.DateTimeField(blank=True, null=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True, verbose_name='ended')),
                ('connection', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='transfers', to='wagtail_m365.connection')),
                ('document', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='m365_transfers', to=get_document_model_string())),
                ('owner', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='m365_transfers', to=settings.AUTH_USER_MODEL, verbose_name='started by')),
            ],
            options={
                'verbose_name': 'transfer',
                'verbose_name_plural': 'transfers',
                'ordering': ['-created_at', 'position'],
            },
        ),
        migrations.CreateModel(
            name='WatchedFolder',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('place', models.CharField(max_length=10)),
                ('drive_id', models.CharField(max_length=255)),
                ('item_id', models.CharField(max_length=255)),
                ('top_id', models.CharField(blank=True, max_length=255)),
                ('top_name', models.TextField(blank=True)),
                ('path', models.TextField(blank=True)),
                ('name', models.CharField(blank=True, max_length=255, verbose_name='name')),
                ('subfolders', models.BooleanField(default=True, verbose_name='with its subfolders')),
                ('extensions', models.CharField(blank=True, max_length=255, verbose_name='formats')),
                ('follows_file_names', models.BooleanField(default=False, verbose_name='file names follow, too')),
                ('max_size', models.PositiveBigIntegerField(blank=True, null=True, verbose_name='largest file')),
                ('when_gone', models.CharField(choices=[('keep', 'Keep the document as it is'), ('unpublish', 'Move the document to a private collection'), ('delete', 'Delete the document')], default='keep', max_length=10, verbose_name='when a file is deleted there')),
                ('state', models.CharField(choices=[('active', 'Active'), ('paused', 'Paused'), ('stopped', 'Stopped')], default='active', max_length=10, verbose_name='state')),
                ('stop_code', models.CharField(blank=True, max_length=60)),
                ('stop_facts', models.JSONField(blank=True, default=dict)),
                ('not_before', models.FloatField(default=0)),
                ('link', models.TextField(blank=True)),
                ('looks_at_all', models.BooleanField(default=False)),
                ('generation', models.PositiveIntegerField(default=0)),
                ('is_looking', models.BooleanField(default=False)),
                ('keeps_unseen', models.BooleanField(default=False)),
                ('lease_run', models.CharField(blank=True, max_length=32)),
                ('lease_until', models.FloatField(default=0)),
                ('runs', models.PositiveIntegerField(default=0)),
                ('last_run_at', models.DateTimeField(blank=True, null=True, verbose_name='last run')),
                ('last_finished_at', models.DateTimeField(blank=True, null=True)),
                ('last_counts', models.JSONField(blank=True, default=dict)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('collection', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='wagtailcore.collection', verbose_name='collection')),
                ('connection', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='watched_folders', to='wagtail_m365.connection', verbose_name='Microsoft account')),
                ('owner', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='m365_watched_folders', to=settings.AUTH_USER_MODEL, verbose_name='set up by')),
                ('private_collection', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='wagtailcore.collection', verbose_name='private collection')),
            ],
            options={
                'verbose_name': 'watched folder',
                'verbose_name_plural': 'watched folders',
                'ordering': ['created_at'],
                'permissions': [('manage_watched_folders', 'Can manage watched folders')],
            },
        ),
        migrations.CreateModel(
            name='WatchedItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('item_id', models.CharField(max_length=255)),
                ('parent_id', models.CharField(blank=True, max_length=255)),
                ('name', models.CharField(blank=True, max_length=400, verbose_name='name')),
                ('is_folder', models.BooleanField(default=False)),
                ('is_gone', models.BooleanField(default=False)),
                ('is_doubtful', models.BooleanField(default=False)),
                ('size', models.PositiveBigIntegerField(default=0, verbose_name='size')),
                ('etag', models.CharField(blank=True, max_length=255)),
                ('modified_at', models.DateTimeField(blank=True, null=True)),
                ('generation', models.PositiveIntegerField(default=0)),
                ('is_noted', models.BooleanField(default=False)),
                ('is_inside', models.BooleanField(default=False)),
                ('to_list', models.BooleanField(default=False)),
                ('list_link', models.TextField(blank=True)),
                ('state', models.CharField(choices=[('pending', 'Waiting'), ('taken', 'Up to date'), ('filtered', 'Left out by the filter'), ('failed', 'Not possible'), ('conflict', 'Changed on both sides'), ('dropped', 'Deleted on the site'), ('gone', 'No longer in the folder')], default='pending', max_length=10, verbose_name='state')),
                ('had_document', models.BooleanField(default=False)),
                ('error_code', models.CharField(blank=True, max_length=60)),
                ('error_facts', models.JSONField(blank=True, default=dict)),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('not_before', models.FloatField(default=0)),
                ('last_event', models.CharField(blank=True, max_length=20)),
                ('last_event_at', models.DateTimeField(blank=True, null=True)),
                ('folder', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='items', to='wagtail_m365.watchedfolder')),
                ('source', models.OneToOneField(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='watched_item', to='wagtail_m365.remotesource')),
            ],
            options={
                'verbose_name': 'watched item',
                'verbose_name_plural': 'watched items',
            },
        ),
        migrations.AddConstraint(
            model_name='followeddrive',
            constraint=models.UniqueConstraint(fields=('connection', 'drive_id'), name='m365_one_row_per_drive'),
        ),
        migrations.AddConstraint(
            model_name='joinededitor',
            constraint=models.UniqueConstraint(fields=('session', 'user'), name='m365_joined_once'),
        ),
        migrations.AddIndex(
            model_name='proposal',
            index=models.Index(fields=['state', 'proposed_at'], name='m365_proposal_state'),
        ),
        migrations.AddIndex(
            model_name='remotesource',
            index=models.Index(fields=['item_id'], name='m365_source_item'),
        ),
        migrations.AddIndex(
            model_name='transfer',
            index=models.Index(fields=['state', 'created_at'], name='m365_transfer_state'),
        ),
        migrations.AddIndex(
            model_name='transfer',
            index=models.Index(fields=['connection', 'state'], name='m365_transfer_due'),
        ),
        migrations.AddConstraint(
            model_name='transfer',
            constraint=models.UniqueConstraint(fields=('connection', 'slot'), name='m365_one_transfer_per_slot'),
        ),
        migrations.AddIndex(
            model_name='watchedfolder',
            index=models.Index(fields=['drive_id', 'state'], name='m365_watched_drive'),
        ),
        migrations.AddIndex(
            model_name='watcheditem',
            index=models.Index(fields=['folder', 'state'], name='m365_item_state'),
        ),
        migrations.AddIndex(
            model_name='watcheditem',
            index=models.Index(fields=['folder', 'parent_id'], name='m365_item_parent'),
        ),
        migrations.AddIndex(
            model_name='watcheditem',
            index=models.Index(fields=['folder', 'to_list'], name='m365_item_to_list'),
        ),
        migrations.AddIndex(
            model_name='watcheditem',
            index=models.Index(fields=['folder', 'is_noted'], name='m365_item_noted'),
        ),
        migrations.AddIndex(
            model_name='watcheditem',
            index=models.Index(fields=['folder', '-last_event_at'], name='m365_item_event'),
        ),
        migrations.AddConstraint(
            model_name='watcheditem',
            constraint=models.UniqueConstraint(fields=('folder', 'item_id'), name='m365_one_row_per_watched_item'),
        ),
        # Last, so that it is the first thing that happens on the way back.
        migrations.RunPython(remember_accounts, lose_nothing_on_the_way_back),
    ]
