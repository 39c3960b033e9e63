"""A company of ours whose books are files: the real engine and the product's own mailbox."""

from typing import Any

from apps.connections.mailbox import content_of
from apps.connections.models import BatchFile, BroughtFile
from apps.exchange.coming_back.bringing import bring
from apps.mappings.choices import set_mapping
from apps.mappings.codes import read_codes
from apps.mappings.models import RemoteCode
from apps.mappings.proposals import propose
from apps.sync.models import Run
from tests.books import NOT_PROPOSED
from tests.connectors.csv_ledger.bookkeeper import Bookkeeper, as_csv
from tests.contract.live import LiveBooks
from tests.factories import make_company

CHART = b"""Kind,Code,Name,Type,Percent
account,4000,Sales,Income,
account,1100,Debtors,Receivable,
account,1200,Bank,Bank,
account,1210,Money to be banked,Clearing,
account,7900,Charges,Expense,
tax code,T1,Standard,,20
tax code,T0,No tax,,0
"""
FILLED_IN = {"name": "Thornfield, by hand", "country": "GB", "layout": "lines"}


class CsvLive(LiveBooks):
    """Connected, mapped and live; `bookkeeper` keeps the books over there."""

    def __init__(self, *, layout: str = "lines", folder: str = "") -> None:
        company = make_company()
        fields = {**FILLED_IN, "layout": layout, "home_currency": company.home_currency}
        super().__init__("csv_ledger", fields, folder, company=company)
        self.bookkeeper = Bookkeeper()
        self.bring("codes", CHART)
        read_codes(self.connection)
        self.map("income", "Sales")
        self.map("method_account", "Money to be banked", payment_method=self.method)
        for each in propose(self.connection):
            if each.subject not in NOT_PROPOSED:
                given: dict[str, Any] = {each.argument: each.thing} if each.argument else {}
                set_mapping(self.connection, each.subject, code=each.code, **given)
        self.hold_as_tested()

    def map(self, subject: str, name: str, **given: Any) -> None:
        code = RemoteCode.objects.get(connection=self.connection, name=name)
        set_mapping(self.connection, subject, code=code, **given)

    def hold_as_tested(self) -> None:
        """A mapping that changes pauses the books: these were tested with those in force."""
        type(self.connection).objects.filter(pk=self.connection.pk).update(
            stage="live",
            stage_reason="",
            trial_fingerprint="as in force",
            settings_fingerprint="as in force",
        )
        self.connection.refresh_from_db()

    def bring(self, sort: str, content: bytes, name: str = "back.csv", **said: str) -> BroughtFile:
        return bring(self.connection, BroughtFile.Sort(sort), name, content, self.fay, **said)

    def files(self) -> list[BatchFile]:
        return list(BatchFile.objects.filter(connection=self.connection).order_by("number"))

    def take_files(self) -> None:
        """Their bookkeeper downloads what is new."""
        for each in self.files():
            self.bookkeeper.take(each.name, each.holds, content_of(each))

    def confirm(self, holds: str = "", refuse: str = "") -> BroughtFile | None:
        """They work through what came, and we bring what they say of it."""
        self.take_files()
        said = self.bookkeeper.work(holds, refuse)
        return self.bring("confirmation", as_csv(said)) if said else None

    def run_alone(self) -> Run:
        return super().run()

    def run(self, *, get: bool | None = True) -> Run:
        """And their bookkeeper works once after it."""
        done = super().run(get=get)
        assert done.outcome == "done", done.sentence
        self.confirm()
        return done
