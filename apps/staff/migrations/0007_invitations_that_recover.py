from django.db import migrations, models


class Migration(migrations.Migration):
    """Who is recovered by the operator may choose a password where only the company's sign-in counts."""

    dependencies = [("staff", "0006_companies_of_people")]

    operations = [
        migrations.AddField(
            model_name="invitation", name="recovers", field=models.BooleanField(default=False)
        ),
    ]
