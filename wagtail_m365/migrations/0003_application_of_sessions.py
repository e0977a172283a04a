from django.db import migrations, models


def remember_applications(apps, schema_editor):
    """What is open was put there by the application of its connection."""
    database = schema_editor.connection.alias
    sessions = apps.get_model('wagtail_m365', 'EditSession').objects.using(database)
    connections = apps.get_model('wagtail_m365', 'Connection').objects.using(database)
    of_session = connections.filter(pk=models.OuterRef('connection_id'))
    sessions.filter(connection_id__isnull=False).update(
        client_id=models.Subquery(of_session.values('client_id'))
    )


class Migration(migrations.Migration):

    dependencies = [
        ('wagtail_m365', '0002_second'),
    ]

    operations = [
        migrations.AddField(
            model_name='editsession',
            name='client_id',
            field=models.CharField(blank=True, default='', max_length=100),
        ),
        migrations.RunPython(remember_applications, migrations.RunPython.noop, elidable=True),
    ]
