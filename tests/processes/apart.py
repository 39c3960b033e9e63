"""A database of its own for a command that migrates one: several are played at once."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg


def kills(number: int) -> int:
    """All of them on SQLite; a third where the same is played again on PostgreSQL, whose databases take
    many seconds to make."""
    again = os.environ.get("DATABASE_URL", "").startswith("postgres")
    return max(2, number // 3) if again else number


def environment_apart(word: str) -> dict[str, str]:
    """Of a child process: on PostgreSQL with an empty database of this name, else without one named,
    so that the command makes a file."""
    environment = {**os.environ}
    address = environment.pop("DATABASE_URL", "")
    if not address.startswith("postgres"):
        return environment
    server, _, _ = address.rpartition("/")
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{word}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{word}" TEMPLATE template0')
    return {**environment, "DATABASE_URL": f"{server}/{word}"}


def played_killed(module: str, number: int, *, database: str) -> str:
    """What `tests.processes.<module>` says of so many kills from the seed 8, once it ended well."""
    played = subprocess.run(
        [sys.executable, "-m", f"tests.processes.{module}", "--kills", str(number), "--seed", "8"],
        cwd=Path(__file__).resolve().parents[2],
        env=environment_apart(database),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert played.returncode == 0, played.stdout + played.stderr
    return played.stdout
