"""Whoever is here now sees every company, as before; who comes later is asked about."""

from django.db import migrations, models

HELP = "Also those that are added later. Otherwise the companies chosen below."


class Migration(migrations.Migration):
    dependencies = [("staff", "0002_security_events")]

    operations = [
        migrations.AddField(
            "user",
            "every_company",
            models.BooleanField("sees every company", default=True, help_text=HELP),
        ),
        migrations.AlterField(
            "user",
            "every_company",
            models.BooleanField("sees every company", default=False, help_text=HELP),
        ),
    ]
