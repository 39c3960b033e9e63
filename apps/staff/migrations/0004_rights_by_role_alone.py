"""Superusers become Administrators, everybody's history begins, and the flag goes."""

from typing import Any

from django.db import migrations
from django.utils import timezone


def give_superusers_a_role(apps: Any, schema_editor: Any) -> None:
    """Whoever passed everything and had no role gives access from now on: what an Administrator may.
    Somebody else must work on the books."""
    User, Group = apps.get_model("staff", "User"), apps.get_model("auth", "Group")
    found = User.objects.filter(is_superuser=True, groups=None)
    if found.exists():
        administrators, _ = Group.objects.get_or_create(name="Administrator")
        for each in found:
            each.groups.add(administrators)


def begin_history(apps: Any, schema_editor: Any) -> None:
    User, Then = apps.get_model("staff", "User"), apps.get_model("staff", "HistoricalUser")
    now = timezone.now()
    for each in User.objects.prefetch_related("groups").order_by("pk"):
        Then.objects.create(
            id=each.pk,
            email=each.email,
            name=each.name,
            is_active=each.is_active,
            is_staff=each.is_staff,
            date_joined=each.date_joined,
            roles_then=", ".join(sorted(group.name for group in each.groups.all())),
            history_date=now,
            history_type="~",
            history_change_reason="History begins",
        )


class Migration(migrations.Migration):
    dependencies = [
        ("staff", "0003_people_and_their_rights"),
    ]

    operations = [
        migrations.RunPython(give_superusers_a_role, migrations.RunPython.noop),
        migrations.RunPython(begin_history, migrations.RunPython.noop),
        migrations.RemoveField(model_name="user", name="is_superuser"),
    ]
