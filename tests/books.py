"""A company of ours connected to a company of theirs, as staff would have done it."""

from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from apps.billing.models import Company, Invoice, PaymentMethod
from apps.connections.consent import Visitor, finish, start
from apps.connections.endpoints import app_of, forget_discovered
from apps.connections.models import Connection
from apps.mappings.choices import set_mapping
from apps.mappings.codes import read_codes
from apps.mappings.models import RemoteCode
from apps.mappings.proposals import propose
from apps.staff.models import User
from apps.sync.decide.acts import go_live
from apps.sync.models import Run, SyncRecord
from apps.sync.run import run_connection
from apps.sync.trial import run_trial
from tests.factories import make_company, make_invoice, make_method
from tests.sandbox_server import SandboxServer

SESSION = "a-session-of-fay"
NOT_PROPOSED = ("income", "item_account", "method", "method_account", "term")  # chosen by hand


def point_at(server: SandboxServer, settings: Any) -> None:
    """Let the product find the simulated ledgers."""
    settings.SIMULATED_LEDGERS_URL = server.url
    forget_discovered()


class Books:
    """One company on both sides. Needs `point_at` first, and a database that commits.

    `theirs` sets the other side up: `profile="uk"`, `multicurrency=True` … (see docs/sandbox.md).
    """

    def __init__(self, server: SandboxServer, *, company: Company | None = None, **theirs: Any):
        self.server = server
        self.company = company or make_company()
        self.fay, _ = User.objects.get_or_create(email="fay@example.com", name="Fay")
        self.realm = server.open_company(
            name=self.company.legal_name,
            **{"home_currency": self.company.home_currency, **theirs},
        )
        self.connection = self.consent()
        self.method: PaymentMethod | None = None

    def consent(self) -> Connection:
        """Fay goes to the consent page, presses Connect, and comes back."""
        visitor = Visitor(user=self.fay, session_key=SESSION)
        return self.agree(start(visitor, self.company, app_of("quickbooks", "simulated")))

    def agree(self, address: str) -> Connection:
        """Press Connect on their page, and come back."""
        visitor = Visitor(user=self.fay, session_key=SESSION)
        asked = {name: each[0] for name, each in parse_qs(urlsplit(address).query).items()}
        answer = requests.post(
            address.split("?")[0],
            data={**asked, "realm": self.realm, "decision": "connect"},
            allow_redirects=False,
            timeout=20,
        )
        back = parse_qs(urlsplit(answer.headers["Location"]).query)
        return finish(visitor, "quickbooks", {name: each[0] for name, each in back.items()})

    def code(self, name: str) -> RemoteCode:
        return RemoteCode.objects.get(connection=self.connection, name=name)

    def trial_balance(self) -> dict[str, Decimal]:
        """Debit less credit of every account of theirs that is not nil."""
        rows = self.server.trial_balance(self.realm)["rows"]
        found = {
            row["name"]: Decimal(str(row["debit"])) - Decimal(str(row["credit"])) for row in rows
        }
        return {name: amount for name, amount in found.items() if amount}

    def map(self) -> None:
        """Sales to one income account, bank transfers to Undeposited Funds; of tax codes, roles
        and bank accounts whatever is proposed."""
        read_codes(self.connection)
        set_mapping(self.connection, "income", code=self.code("Sales of Product Income"))
        self.method = self.method or make_method(self.company)
        set_mapping(
            self.connection,
            "method_account",
            code=self.code("Undeposited Funds"),
            payment_method=self.method,
        )
        self.map_proposed()

    def map_proposed(self) -> None:
        """Take what is proposed for tax rates, lines without tax, roles and bank accounts."""
        for each in propose(self.connection):
            if each.subject not in NOT_PROPOSED:
                given: dict[str, Any] = {each.argument: each.thing} if each.argument else {}
                set_mapping(self.connection, each.subject, code=each.code, **given)

    def map_role(self, role: str, account: str) -> None:
        set_mapping(self.connection, role, code=self.code(account))

    def go_live(self) -> Invoice:
        """Map, send a test invoice, go live; the test invoice."""
        self.map()
        Connection.objects.filter(pk=self.connection.pk).update(starts_on=date(2026, 1, 1))
        self.connection.refresh_from_db()
        invoice = make_invoice(company=self.company)
        result = run_trial(self.connection, invoice, user_id=self.fay.pk)
        assert result.matched, (result.sentence, result.rows)
        self.connection.refresh_from_db()
        go_live(self.connection)
        self.connection.refresh_from_db()
        return invoice

    def run(self, *, get: bool | None = True) -> Run:
        run = run_connection(self.connection.pk, get=get)
        assert run is not None, "another run has the lease, or the connection is not live"
        return run

    def record(self, subject: Any) -> SyncRecord:
        return SyncRecord.objects.get(connection=self.connection, **{subject.kind: subject})

    def theirs(self, kind: str) -> list[dict[str, Any]]:
        """Their objects as they stand, deleted ones left out."""
        found: list[dict[str, Any]] = self.server.objects(self.realm, kind)
        return found

    def their_invoice(self, number: str) -> dict[str, Any]:
        return next(each for each in self.theirs("Invoice") if each["DocNumber"] == number)

    def balance(self, account: str) -> Decimal:
        """Debit less credit of an account in their trial balance."""
        rows = self.server.trial_balance(self.realm)["rows"]
        return next(
            (
                Decimal(str(row["debit"])) - Decimal(str(row["credit"]))
                for row in rows
                if row["name"] == account
            ),
            Decimal(0),
        )
