import django.db.models.deletion
from django.db import migrations, models

import apps.connections.clock


class Migration(migrations.Migration):

    dependencies = [
        ('connections', '0005_read_anew'),
        ('sync', '0008_merged_customers'),
    ]

    operations = [
        migrations.AlterField(
            model_name='cursor',
            name='saved_at',
            field=models.DateTimeField(default=apps.connections.clock.now),
        ),
        migrations.CreateModel(
            name='Survey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kinds', models.JSONField()),
                ('position', models.CharField(blank=True, max_length=200)),
                ('began_at', models.DateTimeField(null=True)),
                ('ended', models.BooleanField(default=False)),
                ('connection', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='survey', to='connections.connection')),
            ],
        ),
    ]
