"""A company of ours connected to a company of theirs, as staff would have done it."""

from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from apps.billing.models import Company, Invoice, PaymentMethod
from apps.connections.books import Asked
from apps.connections.checking import YES, answer, confirm
from apps.connections.consent import Visitor, finish, start
from apps.connections.endpoints import app_of, forget_discovered
from apps.connections.granting import connected_by
from apps.connections.models import Connection, Grant
from apps.mappings.choices import set_mapping
from apps.mappings.codes import read_codes
from apps.mappings.models import RemoteCode
from apps.mappings.proposals import propose
from apps.staff.models import User
from apps.sync.decide.acts import go_live
from apps.sync.models import Run, SyncRecord
from apps.sync.run import run_connection
from apps.sync.trial.running import run_trial
from tests.factories import make_company, make_invoice, make_method
from tests.opened import open_kinds
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
    Of another ledger than QuickBooks: what it calls things, and how its page is filled in.
    """

    system = "quickbooks"
    second_books = (
        False  # whether a person said that it shall be another set of the company's books
    )
    income, received_on = "Sales of Product Income", "Undeposited Funds"

    def __init__(self, server: Any, *, company: Company | None = None, **theirs: Any):
        self.server = server
        self.company = company or make_company()
        self.fay, _ = User.objects.get_or_create(
            email="fay@example.com", name="Fay", defaults={"every_company": True}
        )
        self.realm = self.opened(**theirs)
        self.connection = self.consent()
        self.method: PaymentMethod | None = None

    def opened(self, **theirs: Any) -> str:
        """A company of theirs; its id."""
        told = {"home_currency": self.company.home_currency, **theirs}
        return str(self.server.open_company(name=self.company.legal_name, **told))

    def pressed(self) -> dict[str, Any]:
        """What is filled in on their page beside what we ask."""
        return {"realm": self.realm, "decision": "connect"}

    def consent(self) -> Connection:
        """Fay goes to the consent page, presses Connect, and comes back."""
        visitor = Visitor(user=self.fay, session_key=SESSION)
        app = app_of(self.system, "simulated")
        return self.agree(start(visitor, self.company, app, second_books=self.second_books))

    def consent_again(self) -> Connection:
        """The same books, whose consent was lost."""
        visitor, app = Visitor(user=self.fay, session_key=SESSION), app_of(self.system, "simulated")
        return self.agree(start(visitor, self.company, app, connection=self.connection))

    def agree(self, address: str) -> Connection:
        """Press Connect on their page, and come back."""
        visitor = Visitor(user=self.fay, session_key=SESSION)
        asked = {name: each[0] for name, each in parse_qs(urlsplit(address).query).items()}
        answer = requests.post(
            address.split("?")[0],
            data={**asked, **self.pressed()},
            allow_redirects=False,
            timeout=20,
        )
        back = parse_qs(urlsplit(answer.headers["Location"]).query)
        found = finish(visitor, self.system, {name: each[0] for name, each in back.items()})
        return self.chosen(found) if isinstance(found, Grant) else found

    def chosen(self, grant: Grant) -> Connection:
        """The books of this realm, of all that a consent opened."""
        asked = Asked(
            company=self.company,
            system=self.system,
            environment="simulated",
            second_books=self.second_books,
        )
        return connected_by(grant, asked, self.realm)

    def code(self, name: str) -> RemoteCode:
        return RemoteCode.objects.get(connection=self.connection, name=name)

    def trial_balance(self) -> dict[str, Decimal]:
        """Debit less credit of every account of theirs that is not nil."""
        rows = self.server.trial_balance(self.realm)["rows"]
        found = {
            row["name"]: Decimal(str(row["debit"])) - Decimal(str(row["credit"])) for row in rows
        }
        return {name: amount for name, amount in found.items() if amount}

    def confirm(self) -> None:
        """Fay says that it is the right company, and of each check that it is so."""
        confirm(self.connection, self.fay)
        answer(self.connection, dict.fromkeys(self.connection.capabilities.checks, YES))

    def map(self) -> None:
        """Sales to one income account, bank transfers to one account; of tax codes, roles and bank
        accounts whatever is proposed."""
        read_codes(self.connection)
        set_mapping(self.connection, "income", code=self.code(self.income))
        self.method = self.method or make_method(self.company)
        set_mapping(
            self.connection,
            "method_account",
            code=self.code(self.received_on),
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

    def go_live(self, since: date = date(2026, 1, 1)) -> Invoice:
        """Confirm, map, send a test invoice, go live with this cut-off; the test invoice."""
        self.confirm()
        self.map()
        Connection.objects.filter(pk=self.connection.pk).update(starts_on=since)
        self.connection.refresh_from_db()
        invoice = make_invoice(company=self.company)
        result = run_trial(self.connection, invoice, user_id=self.fay.pk)
        assert result.matched, (result.sentence, result.rows)
        self.connection.refresh_from_db()
        open_kinds(self.connection)
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
