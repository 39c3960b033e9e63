"""The bench of the journal: a folder of its own for each test."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from django.test import override_settings

from apps.connections.folders import FolderLine
from apps.connectors.moments import within
from apps.connectors.port import Fate, Reply, Request, Role, Settings
from apps.connectors.snapshots import Kind
from apps.sync.models import Run
from tests.contract.bench import Standing, System, Tax
from tests.contract.live import install
from tests.journal import connector
from tests.journal.books import JournalBooks
from tests.journal.connector import CAPABILITIES, connect
from tests.journal.office import Office

LOST = Reply(fate=Fate.LOST, problem="OSError")


class FolderCourier:
    """Over the product's own line, of which an answer may be lost on its way."""

    def __init__(self, root: Path) -> None:
        with override_settings(LEDGER_FOLDERS={"bench": str(root)}):
            self.line = FolderLine.unsaved("bench")
        self.sent: list[Request] = []
        self.replies: list[Reply] = []
        self.lose: bool | None = None  # whether the next write is executed all the same

    def carry(self, requests: Sequence[Request]) -> Iterator[tuple[Request, Reply]]:
        for request in requests:
            self.sent.append(request)
            lost, self.lose = (self.lose, None) if request.writes else (None, self.lose)
            reply = LOST if lost is False else self.line.exchange(request, until=within(5))
            self.replies.append(reply)
            yield request, reply if lost is None else LOST


class JournalBench:
    home = "GBP"
    tax = Tax(code_id="20", rate_id="20", percent=Decimal(20))
    secrets = ()

    def __init__(self, root: Path, *, abroad: bool = False) -> None:
        self.office = Office(root, self.home)
        self.courier = FolderCourier(root)
        self.connector = connect(
            Settings(
                remote_company_id="bench",
                home_currency=self.home,
                today=lambda: date(2026, 11, 20),
                now=lambda: datetime.now(UTC),
            )
        )

    def account(self, role: Role) -> str:
        return ""

    def standing(self, kind: Kind) -> list[Standing]:
        """Files of a kind that were handed over: their books are nobody's to read."""
        return [
            Standing(
                remote_id=each.head["id"],
                amount=Decimal(each.head.get("total") or each.head.get("amount") or 0),
            )
            for each in self.office.handed_over(kind.value)
        ]

    def confirmed(self, kind: Kind, *, refuse: str = "") -> None:
        """Their bookkeeper works through what was handed over."""
        self.office.work(kind=kind.value, refuse=refuse)

    def lose(self, *, executed: bool) -> None:
        self.courier.lose = executed


def start(request: pytest.FixtureRequest, stack: ExitStack) -> Callable[..., JournalBench]:
    base = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    return lambda **chosen: JournalBench(Path(tempfile.mkdtemp(dir=base)), **chosen)


class JournalLive(JournalBooks):
    """Their bookkeeper works once after each run."""

    def run(self, *, get: bool | None = True) -> Run:
        done = super().run(get=get)
        self.office.work()
        return done

    def standing(self, kind: Kind) -> list[Standing]:
        booked = [each.head for each in self.office.booked if each.kind == kind.value]
        return [
            Standing(remote_id=each["id"], amount=Decimal(each.get("total") or each["amount"]))
            for each in booked
        ]


def live(request: pytest.FixtureRequest, open_bench: Callable[..., JournalBench]) -> JournalLive:
    install(request, connector)
    root = request.getfixturevalue("tmp_path")
    request.getfixturevalue("settings").LEDGER_FOLDERS = {"theirs": str(root)}
    return JournalLive(root)


SYSTEM = System(capabilities=CAPABILITIES, start=start, live=live)
