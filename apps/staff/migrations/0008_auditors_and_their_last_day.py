"""An Auditor's access has a last day; nobody else has one."""

from django.db import migrations, models

HELP = "Of an Auditor: until the end of that day, UTC. Empty for everybody else."


class Migration(migrations.Migration):
    dependencies = [("staff", "0007_invitations_that_recover")]

    operations = [
        *(
            migrations.AddField(
                model,
                "last_day",
                models.DateField("last day", null=True, blank=True, help_text=HELP),
            )
            for model in ("user", "historicaluser")
        ),
        *(
            migrations.AddField("rightsrequest", name, models.DateField(null=True))
            for name in ("last_day_before", "last_day")
        ),
    ]
