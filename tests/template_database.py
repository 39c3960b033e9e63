"""A migrated database, kept between sessions, so that no test waits for migrations.

The first session after a change of a migration or model runs them and keeps the result; the others
start from a copy: of a file, in memory, or on PostgreSQL of a database beside (`tieout_template_…`, which
nobody but the tests needs). `migrate` still runs over the copy: what it lacked would be applied, so
that the copy saves time and decides nothing.
"""

import fcntl
import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import psycopg
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connections

ROOT = Path(__file__).resolve().parent.parent
IN_MEMORY = "file:memorydb_default?mode=memory&cache=shared"  # Django's own name of it
# Said to a process of this module: run every migration; make the kept database unless it stands.
ANEW, KEPT = "anew", "kept"
_making: list[IO[str]] = []  # held while this process makes the one to keep


def of_today() -> str:
    """A fingerprint of today's migrations and models."""
    fingerprint = hashlib.sha256(Path(__file__).read_bytes())
    for name in ("django", "django-allauth", "django-q2", "django-simple-history"):
        fingerprint.update(f"{name} {metadata.version(name)}".encode())
    for app in apps.get_app_configs():
        for file in sorted(Path(app.path).glob("migrations/*.py")):
            fingerprint.update(file.name.encode() + b" " + file.read_bytes())
        for model in app.get_models():  # content types and permissions are rows that follow
            fingerprint.update(f"{model._meta.label} {model._meta.permissions}".encode())
    return fingerprint.hexdigest()[:32]


def template() -> Path:
    """Where the database of today's migrations and models is kept."""
    folder = Path(tempfile.gettempdir()) / f"tieout-test-databases-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / f"{of_today()}.sqlite3"


def is_used() -> bool:
    """Whether the tests' database is SQLite in memory."""
    default = settings.DATABASES["default"]
    return default["ENGINE"].endswith("sqlite3") and not default.get("TEST", {}).get("NAME")


def copy_in() -> sqlite3.Connection | None:
    """The kept database, in memory as long as what is returned stays open. None: none is kept, and
    this process is to make it and `keep` it; others that ask meanwhile wait until it stands."""
    kept = template()
    if not kept.exists():
        lock = kept.with_suffix(".lock").open("w")
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            _making.append(lock)
            return None
        lock.close()
    memory = sqlite3.connect(IN_MEMORY, uri=True)
    source = sqlite3.connect(f"file:{kept}?mode=ro", uri=True)
    source.backup(memory)
    source.close()
    return memory


def keep() -> None:
    """Keep the database that was just migrated, unless somebody did."""
    kept = template()
    if not kept.exists():
        beside = kept.with_suffix(f".{os.getpid()}")
        copy = sqlite3.connect(beside)
        connections["default"].ensure_connection()
        connections["default"].connection.backup(copy)
        copy.close()
        beside.replace(kept)
    while _making:
        _making.pop().close()


def copy_of_a_database() -> None:
    """On PostgreSQL: let the tests' database begin as a copy of the kept one. The first session to
    ask makes that; sessions beside it wait until it stands."""
    of = connections["default"].settings_dict
    with server_of(of) as server:
        of["TEST"]["TEMPLATE"] = kept_on(server)


def server_of(of: dict[str, Any]) -> "psycopg.Connection[Any]":
    """The PostgreSQL of these settings, where databases are made and dropped."""
    address = {"host": of["HOST"], "port": of["PORT"], "user": of["USER"]}
    told = {key: str(value) for key, value in address.items() if value}
    return psycopg.connect(
        dbname="postgres", password=of["PASSWORD"] or None, autocommit=True, **told
    )


def kept_on(server: "psycopg.Connection[Any]") -> str:
    """The name of the kept database there, which is made unless it stands."""
    name, making = f"tieout_template_{of_today()}", "tieout_template_being_made"
    server.execute("SELECT pg_advisory_lock(hashtext('tieout_template'))")
    if not server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
        server.execute(f"DROP DATABASE IF EXISTS {making}")
        server.execute(f"CREATE DATABASE {making} TEMPLATE template0")
        there = urlsplit(settings.DATABASE_URL)._replace(path=f"/{making}").geturl()
        command = [sys.executable, "-m", "tests.template_database", ANEW]
        subprocess.run(command, env={**os.environ, "DATABASE_URL": there}, cwd=ROOT, check=True)
        server.execute(f"ALTER DATABASE {making} RENAME TO {name}")
    server.execute("SELECT pg_advisory_unlock(hashtext('tieout_template'))")
    return name


def migrate() -> None:
    """Make the tables in the database of a process of its own: a new SQLite file, and an empty
    database on PostgreSQL, begin as a copy."""
    default = settings.DATABASES["default"]
    if default["ENGINE"].endswith("sqlite3"):
        file, kept = Path(default["NAME"]), template()
        if not file.exists() and kept.exists():
            shutil.copy(kept, file)
    elif is_empty():
        with server_of(default) as server:
            kept_there = kept_on(server)
            server.execute(f'DROP DATABASE "{default["NAME"]}"')
            server.execute(f'CREATE DATABASE "{default["NAME"]}" TEMPLATE {kept_there}')
    call_command("migrate", verbosity=0)


def run_every_migration() -> None:
    call_command("migrate", verbosity=0)


def make_the_kept_one() -> None:
    """So that no session waits for it: beside other work, with DATABASE_URL leading to the server, or
    to a new SQLite file that is left over then."""
    default = settings.DATABASES["default"]
    if not default["ENGINE"].endswith("sqlite3"):
        with server_of(default) as server:
            kept_on(server)
        return
    memory = copy_in()
    if memory is not None:
        memory.close()
        return
    run_every_migration()
    keep()


def is_empty() -> bool:
    """Whether the database that this process is led to holds no table; it is left alone then."""
    tables = connections["default"].introspection.table_names()
    connections.close_all()
    return not tables


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    {ANEW: run_every_migration, KEPT: make_the_kept_one, "": migrate}[" ".join(sys.argv[1:])]()
