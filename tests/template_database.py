"""A migrated database in memory, kept between sessions, so that no test waits for migrations.

The first session after a change of a migration or model runs them and keeps the result; the others
start from a copy. `migrate` still runs over the copy: what it lacked would be applied, so that the
copy saves time and decides nothing. PostgreSQL keeps its own way.
"""

import hashlib
import os
import shutil
import sqlite3
import tempfile
from importlib import metadata
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connections

IN_MEMORY = "file:memorydb_default?mode=memory&cache=shared"  # Django's own name of it


def template() -> Path:
    """Where the database of today's migrations and models is kept; the name is their fingerprint."""
    fingerprint = hashlib.sha256(Path(__file__).read_bytes())
    for name in ("django", "django-allauth", "django-q2", "django-simple-history"):
        fingerprint.update(f"{name} {metadata.version(name)}".encode())
    for app in apps.get_app_configs():
        for file in sorted(Path(app.path).glob("migrations/*.py")):
            fingerprint.update(file.read_bytes())
        for model in app.get_models():  # content types and permissions are rows that follow
            fingerprint.update(f"{model._meta.label} {model._meta.permissions}".encode())
    folder = Path(tempfile.gettempdir()) / f"tieout-test-databases-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / f"{fingerprint.hexdigest()[:32]}.sqlite3"


def is_used() -> bool:
    """Whether the tests' database is SQLite in memory."""
    default = settings.DATABASES["default"]
    return default["ENGINE"].endswith("sqlite3") and not default.get("TEST", {}).get("NAME")


def copy_in() -> sqlite3.Connection | None:
    """The kept database, in memory as long as what is returned stays open; None: none is kept."""
    kept = template()
    if not kept.exists():
        return None
    memory = sqlite3.connect(IN_MEMORY, uri=True)
    source = sqlite3.connect(f"file:{kept}?mode=ro", uri=True)
    source.backup(memory)
    source.close()
    return memory


def keep() -> None:
    """Keep the database that was just migrated, unless somebody did."""
    kept = template()
    if kept.exists():
        return
    beside = kept.with_suffix(f".{os.getpid()}")
    copy = sqlite3.connect(beside)
    connections["default"].ensure_connection()
    connections["default"].connection.backup(copy)
    copy.close()
    beside.replace(kept)


def migrate() -> None:
    """Make the tables in the database of a process of its own: a new SQLite file begins as a copy."""
    default = settings.DATABASES["default"]
    file, kept = Path(default["NAME"]), template()
    if default["ENGINE"].endswith("sqlite3") and not file.exists() and kept.exists():
        shutil.copy(kept, file)
    call_command("migrate", verbosity=0)


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    migrate()
