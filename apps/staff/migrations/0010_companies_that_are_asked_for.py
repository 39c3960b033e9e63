"""A company that is given to somebody with a role waits for a second administrator too."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("staff", "0009_events_of_erasure")]

    operations = [
        migrations.AddField("rightsrequest", name, models.JSONField(null=True))
        for name in ("companies_before", "companies")
    ]
