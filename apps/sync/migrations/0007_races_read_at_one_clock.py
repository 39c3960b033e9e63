from django.db import migrations, models

import apps.connections.clock


class Migration(migrations.Migration):

    dependencies = [
        ('sync', '0006_what_is_due'),
    ]

    operations = [
        migrations.AlterField(
            model_name='cursor',
            name='saved_at',
            field=models.DateTimeField(default=apps.connections.clock.now),
        ),
    ]
