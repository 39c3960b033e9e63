"""Secrets of second factors are sealed where they stand, and what all processes count has a table."""

from uuid import NAMESPACE_URL, uuid5

from django.conf import settings
from django.core.management import call_command
from django.db import migrations

from apps.core.sealing import Sealer

OWNER = uuid5(NAMESPACE_URL, "tieout:second-factor")
TABLE = "shared_cache"


def share(apps, editor):
    call_command("createcachetable", TABLE, database=editor.connection.alias, verbosity=0)


def unshare(apps, editor):
    editor.execute(f"DROP TABLE {editor.quote_name(TABLE)}")


def seal(apps, editor):
    turn(apps, editor, lambda text: Sealer(settings.TOKEN_KEYS).seal(text, OWNER))


def unseal(apps, editor):
    turn(apps, editor, lambda text: Sealer(settings.TOKEN_KEYS).open(text, OWNER))


def turn(apps, editor, each):
    rows = apps.get_model("mfa", "Authenticator").objects.using(editor.connection.alias)
    for row in rows.filter(type__in=["totp", "recovery_codes"]):
        for name in ("secret", "seed"):
            if name in row.data:
                row.data[name] = each(row.data[name])
        if "migrated_codes" in row.data:
            row.data["migrated_codes"] = [each(code) for code in row.data["migrated_codes"]]
        row.save(update_fields=["data"])


class Migration(migrations.Migration):
    dependencies = [
        ("staff", "0004_rights_by_role_alone"),
        ("mfa", "0003_authenticator_type_uniq"),
    ]
    operations = [
        migrations.RunPython(share, unshare),
        migrations.RunPython(seal, unseal),
    ]
