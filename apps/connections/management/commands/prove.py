"""The open questions about a ledger, put to a demo company that is connected."""

import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q

from apps.connections import clock
from apps.connections.models import Connection
from apps.connections.proving.courier import ProvingCourier
from apps.connections.proving.plan import counted, writes
from apps.connections.proving.recording import Recording
from apps.connections.proving.runner import Runner
from apps.connections.proving.scrubbing import Scrubber
from apps.connectors.errors import ConnectorError
from apps.connectors.questions import CannotAsk, Finding, Proof, Question, Scene, Verdict
from apps.connectors.registry import choices, proof
from apps.core.numbers import whole

NOT_AS_ASSUMED, STOPPED = 2, 3  # exit codes


class Command(BaseCommand):
    help = (
        "Ask a demo company of theirs what the documentation leaves open: per question whether it is "
        "as assumed. Lists what it will write and asks before; writes a scrubbed recording."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("system", choices=[name for name, _ in choices()])
        parser.add_argument("--connection", metavar="ID|NAME", help="which of several books")
        parser.add_argument("--only", nargs="+", metavar="QUESTION", default=[])
        parser.add_argument("--yes", action="store_true", help="the writes listed are allowed")
        parser.add_argument("--out", metavar="FOLDER", type=Path, help="of the recording")

    def handle(self, *args: Any, **options: Any) -> None:
        system = options["system"]
        asked = proof(system)
        if asked is None:
            raise CommandError(f"{system} has no open questions.")
        questions = chosen(asked, options["only"])
        connection = connection_of(system, options["connection"])
        # The company's own day: what is dated ahead of it may be refused.
        now = clock.now()
        tag = f"TIEOUT{secrets.token_hex(3).upper()}"
        scene = Scene(
            company=connection.remote_company_id,
            home_currency=connection.home_currency,
            day=connection.company.today(),
            tag=tag,
        )
        folder = options["out"] or settings.BASE_DIR / ".local" / "proofs"
        path = folder / f"{system}-{now:%Y%m%d-%H%M%S}-{tag}.jsonl"
        scrubber = Scrubber(
            words=asked.kept_words,
            figures=asked.kept_figures,
            tag=tag,
            company=connection.remote_company_id,
        )
        try:
            with ProvingCourier(connection) as courier, Recording(path, scrubber) as recording:
                runner = Runner(asked, courier, recording, scene)
                self._allowed(runner, asked, connection, questions, agreed=options["yes"])
                stopped = runner.run(questions, self._tell)
        except ConnectorError as error:
            raise CommandError(f"{error.sentence} {error.remedy}".strip()) from None
        self._report(runner, path, courier.calls)
        self._end(runner, questions, stopped)

    # --- Before -----------------------------------------------------------------------------------

    def _allowed(
        self,
        runner: Runner,
        asked: Proof,
        connection: Connection,
        questions: Sequence[Question],
        *,
        agreed: bool,
    ) -> None:
        """Return where whoever sits here allows all that will be written; else CommandError."""
        try:
            books = asked.books(runner.after(asked.about), connection.environment)
        except CannotAsk as why:
            raise CommandError(f"Whose books these are could not be read: {why}") from None
        self.stdout.write(f"{connection}, {connection.environment}: {books.name}")
        if connection.is_live:
            self.stdout.write(
                "This connection is live: Tieout will read what is made here, as theirs."
            )
        for sentence in writes(questions, runner.scene.day):
            self.stdout.write(sentence)
        if not books.demo:
            self.stdout.write(f"{books.name} is not a demo company. These are somebody's books.")
            typed = self._typed("Type the name of the company to write to it all the same: ")
            if not books.name or typed != books.name:
                raise CommandError("That is not its name. Nothing was written.")
        elif not agreed and self._typed('Type "yes" to go on: ').lower() != "yes":
            raise CommandError("Nothing was written.")

    def _typed(self, question: str) -> str:
        try:
            return input(question).strip()
        except EOFError:
            return ""

    # --- After ------------------------------------------------------------------------------------

    def _tell(self, question: Question, finding: Finding) -> None:
        self.stdout.write(f"{finding.verdict:<18} {question.id}: {question.asks}")
        self.stdout.write(f"{'':<18} assumed: {question.assumed}; seen: {finding.seen}")

    def _report(self, runner: Runner, path: Path, calls: int) -> None:
        left = runner.left
        self.stdout.write(f"{calls} calls. Recording: {path}")
        self.stdout.write(f"Taken back: {counted(left.taken_back) or 'nothing was made'}.")
        for each in left.standing:
            self.stdout.write(f"LEFT STANDING: {each}")
        for each in left.perhaps:
            self.stdout.write(f"PERHAPS STANDING, the answer was lost: {each}")

    def _end(self, runner: Runner, questions: Sequence[Question], stopped: str) -> None:
        if stopped:
            missing = [each.id for each in questions if each.id not in runner.findings]
            raise CommandError(
                f"Stopped: {stopped} Not asked: {', '.join(missing)}.", returncode=STOPPED
            )
        found = [name for name, each in runner.findings.items() if each.verdict is Verdict.NOT]
        if found:
            raise CommandError(f"Not as assumed: {', '.join(found)}.", returncode=NOT_AS_ASSUMED)


def chosen(asked: Proof, only: Sequence[str]) -> tuple[Question, ...]:
    known = {each.id: each for each in asked.questions}
    if unknown := sorted(set(only) - known.keys()):
        raise CommandError(f"No such question: {', '.join(unknown)}. There are: {', '.join(known)}")
    return tuple(known[each] for each in dict.fromkeys(only)) or asked.questions


def connection_of(system: str, named: str | None) -> Connection:
    """The one set of books that is meant; CommandError where none or several are."""
    found = Connection.objects.filter(system=system).exclude(stage=Connection.Stage.DISCONNECTED)
    if named:
        by = Q(name__iexact=named) | Q(pk=whole(named))
        found = found.filter(by)
    rows = list(found.select_related("company", "grant")[:20])
    if len(rows) == 1:
        return rows[0]
    if not rows:
        raise CommandError("No such books are connected. Connect a demo company first.")
    names = "; ".join(f"{each.pk}: {each} of {each.company}" for each in rows)
    raise CommandError(f"Which books? Say --connection: {names}")
