"""What was applied before amounts in home currency were kept: all of it was in home currency."""

from typing import Any

from django.db import migrations
from django.db.models import F


def fill(apps: Any, schema_editor: Any) -> None:
    allocations = apps.get_model("billing", "Allocation")
    allocations._base_manager.filter(home_amount=0).update(home_amount=F("amount"))


class Migration(migrations.Migration):
    dependencies = [("billing", "0004_tax_currencies_money_and_deposits")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
