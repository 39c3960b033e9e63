from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('connections', '0006_parents'),
    ]

    operations = [
        # What a token bucket held says nothing about when it was spent.
        migrations.DeleteModel(name='Bucket'),
        migrations.CreateModel(
            name='Bucket',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('owner', models.CharField(max_length=255, unique=True)),
                ('spent', models.JSONField(default=dict)),
                ('version', models.PositiveBigIntegerField(default=0)),
                ('held_until', models.DateTimeField(null=True)),
            ],
        ),
        migrations.AddField(
            model_name='connection',
            name='scarce_until',
            field=models.DateTimeField(editable=False, null=True),
        ),
    ]
