"""Show the main job: everything set up, connected, sent, received and compared, on this machine."""

import json
import os
import subprocess
import sys
from argparse import BooleanOptionalAction
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console

from apps.demo.other_side import other_sides
from apps.demo.place import (
    MARK,
    DemoRefused,
    alone_in,
    empty,
    new_place,
    place_of_environment,
)
from apps.demo.stopping import to_stop
from apps.demo.story import Wishes, tell
from apps.exchange.profiles import PROFILES, Field
from apps.exchange.tables.port import FileRefused

EVERY = "all"
# A company is made in the currency that its file is in.
READ = sorted(code for code, each in PROFILES.items() if Field.CURRENCY in each.constants)


class Command(BaseCommand):
    help = __doc__
    requires_system_checks = []  # its own database does not exist yet

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--once",
            action="store_true",
            help="stop everything at the end; the exit code is 0 only if both sides agree",
        )
        parser.add_argument(
            "--system",
            choices=[*other_sides(), EVERY],
            default=next(iter(other_sides())),
            help="the accounting system on the other side; all: one after the other, with --once",
        )
        parser.add_argument("--file", type=Path, help="a file of real invoices to take instead")
        parser.add_argument("--profile", choices=READ, help="how the file is read")
        parser.add_argument("--limit", type=int, help="take the first so many documents of it")
        parser.add_argument("--report", type=Path, help="write the outcome there, as JSON")
        parser.add_argument(
            "--folder",
            type=Path,
            default=settings.LOCAL_DIR / "demo",
            help="where it keeps its databases and logs; emptied at the start",
        )
        parser.add_argument(
            "--published-limits",
            action=BooleanOptionalAction,
            default=None,
            help="the other side keeps its published limits of calls (default: with --file)",
        )

        parser.add_argument(
            "--prepared",
            type=Path,
            help="begin with a copy of this empty database; where it does not stand, leave one there",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["file"] and not options["profile"]:
            raise CommandError("Say how the file is read: --profile online-retail.")
        if options["file"] and not options["file"].is_file():
            raise CommandError(f"There is no file {options['file']}.")
        if not options["file"] and (options["profile"] or options["limit"]):
            raise CommandError("--profile and --limit go with --file.")
        if options["limit"] is not None and options["limit"] < 1:
            raise CommandError("--limit takes at least one document.")
        if options["system"] == EVERY and not options["once"]:
            raise CommandError("--system all goes with --once.")
        folder = options["folder"].absolute()
        if options["system"] == EVERY:
            if not _each_by_itself(folder, options["report"], options["prepared"]):
                raise SystemExit(1)
            return
        if MARK not in os.environ:
            _start_again_in(folder, published_limits=_published(options))
        to_stop.listen()
        console = Console()
        try:
            with alone_in(folder):
                agreed = self._tell(folder, options, console)
        except (DemoRefused, FileRefused) as refusal:
            raise CommandError(str(refusal)) from refusal
        except KeyboardInterrupt:
            raise SystemExit(130) from None
        if not agreed:
            raise SystemExit(1)

    def _tell(self, folder: Path, options: dict[str, Any], console: Console) -> bool:

        empty(folder)
        wishes = Wishes(
            once=options["once"],
            system=options["system"],
            file=options["file"],
            profile=options["profile"] or "",
            limit=options["limit"],
            report=options["report"],
            published_limits=_published(options),
            prepared=options["prepared"],
        )
        return tell(place_of_environment(folder), wishes, console)


def _each_by_itself(folder: Path, report: Path | None, prepared: Path | None) -> bool:
    """The demo of each system in a process and a folder of its own; whether all of them agree. The
    first runs every migration, unless a prepared database is named, and the others begin with that."""
    agreed = True
    if prepared is None:
        prepared = folder / "empty.sqlite3"
        prepared.unlink(missing_ok=True)
    found: dict[str, Any] = {"tied_out": True, "refused": [], "systems": {}}
    for system in other_sides():
        told = folder / f"{system}.json"
        own = ["--system", system, "--folder", str(folder / system), "--report", str(told)]
        own += ["--prepared", str(prepared)]
        told.parent.mkdir(parents=True, exist_ok=True)
        told.unlink(missing_ok=True)
        print(f"\n{system}", flush=True)
        ended = subprocess.run([sys.executable, *sys.argv, *own], check=False)
        agreed = agreed and ended.returncode == 0
        if told.exists():
            one = json.loads(told.read_text(encoding="utf-8"))
            found["systems"] |= one["systems"]
            found["refused"] = one["refused"]
    found["tied_out"] = agreed
    if report:
        report.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return agreed


def _published(options: dict[str, Any]) -> bool:
    """Whether the other side keeps its published limits of calls, and we pace ours by them."""
    chosen: bool | None = options["published_limits"]
    return bool(options["file"]) if chosen is None else chosen


def _start_again_in(folder: Path, *, published_limits: bool) -> None:
    """Become a process whose settings are the demo's: they are read once, before any command."""
    environment = {
        **new_place(folder).environment(),
        "SIMULATED_LIMITS": str(published_limits),
        "LOG_LEVEL": "WARNING",
    }
    sys.stdout.flush()
    os.execve(sys.executable, [sys.executable, *sys.argv], environment)
