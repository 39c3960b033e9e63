"""Brings a file in, as the import page does.

    manage.py import_file invoices.csv --profile online-retail --company "Thornfield Ltd"

Without `--profile` it is read by the one that its headings fit, if they fit one alone. The whole file is checked before a row is written. What is new of
documents waits on hold in a batch until an Accountant releases it (`--release` does so at once). Called again with a file that was broken off,
it goes on where that stood; a file that is all here already writes nothing.
"""

import json
import resource
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from apps.billing.changes import made_by
from apps.billing.models import Company
from apps.exchange.imports.answering import answer, open_questions
from apps.exchange.imports.at_hand import NO_PROFILE, doubts_of
from apps.exchange.imports.money.holding import waiting
from apps.exchange.imports.on_hold import held, release_now
from apps.exchange.imports.opening import proposed
from apps.exchange.imports.own.finding import named, offered
from apps.exchange.imports.running import begin_writing, bring, check, write
from apps.exchange.imports.showing import ALWAYS_TOLD, units_of
from apps.exchange.imports.tally import WRITES, Outcome, Tally
from apps.exchange.models import FileImport
from apps.exchange.tables.port import FileRefused
from apps.staff.models import User

SHOWN = 20  # refused rows named on the screen
KILOBYTE = 1024 if sys.platform == "linux" else 1  # of `ru_maxrss`


class Command(BaseCommand):
    help = "Import a CSV or Excel file by a layout's profile."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path)
        parser.add_argument(
            "--profile",
            help="How it is read: a layout by its code or name; left out: by its headings.",
        )
        parser.add_argument("--company", help="Its legal name; where there is one company, that.")
        parser.add_argument("--user", help="The e-mail address of the person who brings it.")
        parser.add_argument(
            "--good-rows", action="store_true", help="Write what is right though rows are refused."
        )
        parser.add_argument(
            "--answer",
            choices=["take", "leave"],
            help="Take, or leave out, each row that may be a payment that is here already.",
        )
        parser.add_argument("--release", action="store_true", help="Release what is new at once.")
        parser.add_argument("--report", type=Path, help="Write what came of it here, as JSON.")

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.monotonic()
        path: Path = options["path"]
        if not path.is_file():
            raise CommandError(f"There is no file {path}.")
        with made_by(_person(options["user"]), reason=f"Import of {path.name}"[:90]):
            done = self._import(path, options)
        if done.stage == FileImport.Stage.UNREADABLE:
            raise CommandError(done.sentence)
        if done.stage == FileImport.Stage.ASKING:
            told = " ".join(each.sentence for each in doubts_of(done))
            raise CommandError(f"{told} Answer it on the page of the import, which was kept.")
        found = Tally.from_json(done.counts if done.written_at else done.tally)
        self._tell(done, found)
        if options["report"]:
            report = {
                "rows": found.rows.total(),
                "imported": sum(found.rows[each] for each in WRITES),
                "unchanged": found.rows[Outcome.UNCHANGED],
                "refused": found.rows[Outcome.REFUSED],
                "asked": found.rows[Outcome.ASKED],
                "left_out": found.rows[Outcome.LEFT_OUT],
                "documents": dict(found.documents),
                "totals": found.totals(),
                "days": found.to_json()["amounts"],
                "seconds": round(time.monotonic() - started, 1),
                "peak_memory_mb": round(
                    resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KILOBYTE / 1e6, 1
                ),
            }
            options["report"].write_text(json.dumps(report, indent=2), encoding="utf-8")
        if open_still := open_questions(done).count():
            raise CommandError(
                f"{open_still:,} rows may be here already, so nothing was written. Say --answer take or "
                "--answer leave, or answer one by one on the page of the import, which was kept."
            )
        if not done.written_at:
            raise CommandError(
                f"{found.refused:,} rows are refused, so nothing was written. Mend them "
                "and bring the file again, or say --good-rows."
            )

    def _import(self, path: Path, options: dict[str, Any]) -> FileImport:
        company = _company(options["company"])
        profile = self._named(options["profile"], company) or self._proposed(path, company)
        brought = self._goes_on(bring(path, profile, company)) or FileImport.objects.latest("id")
        if brought.stage == FileImport.Stage.CHECKING:
            check(brought)
        refused = Tally.from_json(brought.tally).refused
        is_checked = brought.stage == FileImport.Stage.CHECKED
        if is_checked and options["answer"]:
            answer(brought, taken=options["answer"] == "take")
        may_be_written = is_checked and not open_questions(brought).exists()
        if may_be_written and (options["good_rows"] or not refused):
            begin_writing(brought, good_rows_only=options["good_rows"])
        if brought.stage == FileImport.Stage.WRITING:
            write(brought)
        if options["release"] and brought.batch is not None:
            self._release(brought)
        return brought

    def _release(self, brought: FileImport) -> None:
        assert brought.batch is not None, "it is asked for with a batch alone"
        try:
            release_now(brought)
        except ValidationError as refusal:
            raise CommandError("\n".join(refusal.messages)) from refusal
        brought.batch.refresh_from_db()
        if sum(held(brought).values()):
            told = waiting(brought.batch).values_list("row", "called", "sentence")
            raise CommandError(
                "What was refused stays on hold:\n"
                + "\n".join(f"  row {row}: {called}: {why}" for row, called, why in told[:SHOWN])
            )

    def _named(self, said: str | None, company: Company) -> str:
        if said is None:
            return ""
        found = named(said, company)
        if found is None:
            raise CommandError(f"There is no layout “{said}”. There are {_offered(company)}.")
        return found.code

    def _proposed(self, path: Path, company: Company) -> str:
        try:
            found = proposed(path, company)
        except FileRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        if found is None:
            raise CommandError(f"{NO_PROFILE} There are {_offered(company)}.")
        self.stdout.write(f"Read as “{found.name}”, which its headings fit.")
        return found.code

    def _goes_on(self, brought: FileImport) -> FileImport | None:
        """The same file on its way by the same layout, where it was broken off."""
        same = FileImport.objects.filter(
            company=brought.company,
            sha256=brought.sha256,
            profile=brought.profile,
            stage=FileImport.Stage.WRITING,
        )
        found = same.order_by("-id").first()
        if found is None:
            return None
        FileImport.objects.filter(pk=brought.pk).update(
            stage=FileImport.Stage.CANCELLED, sentence=f"Import {found.pk} of this file goes on."
        )
        self.stdout.write(f"Going on behind {units_of(found)[:-1]} {found.position:,}.")
        return found

    def _tell(self, done: FileImport, found: Tally) -> None:
        said = self.stdout.write
        said(
            f"{found.rows.total():,} rows: "
            + ", ".join(
                f"{found.rows[each]:,} {each.replace('_', ' ')}"
                for each in Outcome
                if found.rows[each] or each in ALWAYS_TOLD
            )
        )
        for currency, sums in found.totals().items():
            for outcome, amount in sums.items():
                said(f"  {outcome}: {amount} {currency}")
        for each in done.refused_rows.filter(asked=True)[:SHOWN]:
            said_so = {None: "asked", True: "taken", False: "left out"}[each.taken]
            said(f"  row {each.row}: {each.document} {said_so}: {each.sentence}")
        refused = done.refused_rows.filter(tolerated=False, asked=False)
        for each in refused[:SHOWN]:
            said(f"  row {each.row}: {each.document} refused: {each.sentence}")
        if (more := refused.count() - SHOWN) > 0:
            said(f"  … and {more:,} rows more")
        if done.batch is not None:
            held = "released" if done.batch.released_at else "on hold until it is released"
            said(f"Batch “{done.batch}” is {held}.")


def _offered(company: Company) -> str:
    return ", ".join(f"{code} ({name})" for code, name in offered(company))


def _company(name: str | None) -> Company:
    companies = Company.objects.all() if name is None else Company.objects.filter(legal_name=name)
    found = list(companies[:2])
    if len(found) != 1:
        names = ", ".join(
            f"“{each}”" for each in Company.objects.values_list("legal_name", flat=True)
        )
        raise CommandError(f"Say whose it is with --company: {names or 'there is no company yet'}.")
    return found[0]


def _person(email: str | None) -> int | None:
    if email is None:
        return None
    found = User.objects.filter(email__iexact=email, is_active=True).first()
    if found is None:
        raise CommandError(f"Nobody here has the address {email}.")
    return int(found.pk)
