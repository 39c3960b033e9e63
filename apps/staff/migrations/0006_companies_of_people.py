"""Whoever is here now sees every company, as before; who comes later is asked about."""

from django.db import migrations, models

HELP = "Also those that are added later. Otherwise the companies chosen below."


class Migration(migrations.Migration):
    dependencies = [("staff", "0005_seal_factors_and_share_a_cache")]

    operations = [
        each
        for model in ("user", "historicaluser")
        for each in (
            migrations.AddField(
                model,
                "every_company",
                models.BooleanField("sees every company", default=True, help_text=HELP),
            ),
            migrations.AlterField(
                model,
                "every_company",
                models.BooleanField("sees every company", default=False, help_text=HELP),
            ),
        )
    ]
