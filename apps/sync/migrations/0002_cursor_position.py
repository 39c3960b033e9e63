from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sync", "0001_first")]

    operations = [
        migrations.AddField("cursor", "position", models.TextField(blank=True, default="")),
        migrations.AlterField("cursor", "read_until", models.DateTimeField(null=True)),
    ]
