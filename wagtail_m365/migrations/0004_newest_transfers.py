from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('wagtail_m365', '0003_application_of_sessions'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='transfer',
            index=models.Index(fields=['-created_at'], name='m365_transfer_newest'),
        ),
    ]
