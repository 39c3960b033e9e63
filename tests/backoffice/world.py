"""A company with one record of everything that a screen can show, made through the acts."""

import json
import zlib
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django_q.models import Failure, Schedule

from apps.alerts.models import Alert, AlertRule, Event
from apps.alerts.models import Delivery as AlertDelivery
from apps.billing import actions
from apps.billing.acts.approving import fingerprint
from apps.billing.models import (
    ActLimit,
    Approval,
    BankAccount,
    ExchangeRate,
    NumberSeries,
    TaxAgency,
    TaxComponent,
    TaxRate,
)
from apps.connections.models import Connection, Grant
from apps.connectors.profiles import Field, Profile
from apps.connectors.registry import system
from apps.exchange.imports.own.saving import make
from apps.exchange.models import (
    FileImport,
    ImportProfile,
    PrintJob,
    PrivateFile,
    ScheduledExport,
)
from apps.mappings.models import Mapping, RemoteCode
from apps.reconciliation.journal import Journal
from apps.reconciliation.models import (
    Cause,
    ClosedMonth,
    Difference,
    KeptComparison,
    Question,
    ReviewItem,
    ReviewKind,
    Why,
)
from apps.staff.models import User
from apps.staff.security import Kind, note
from apps.sync.models import (
    Attempt,
    Call,
    Candidate,
    Conflict,
    CustomerMerge,
    Edit,
    Reason,
    RemoteRecord,
    Run,
    SideRule,
    State,
    SyncRecord,
    packed,
)
from apps.sync.there.merges import ask
from apps.webhooks.models import Delivery, Notice
from tests.backoffice.signed import a_key, a_pack, signed_before, signed_week, verified
from tests.backoffice.told import not_taken
from tests.factories import (
    make_company,
    make_credit_note,
    make_customer,
    make_invoice,
    make_item,
    make_method,
    make_payment,
    make_term,
)


def make_connection(company: Any, **fields: Any) -> Connection:
    grant = Grant.objects.create(
        system="quickbooks",
        environment="simulated",
        access_token="",  # nothing is called with it
        refresh_token="",
        access_expires_at=timezone.now() + timedelta(hours=1),
        refresh_expires_at=timezone.now() + timedelta(days=100),
    )
    defaults = {
        "system": "quickbooks",
        "environment": "simulated",
        "remote_company_id": f"913035{Connection.objects.count() + 1:010}",
        "name": "Thornfield Trading in QuickBooks",
        "home_currency": company.home_currency,
        "country": "GB",
        "starts_on": date(2026, 1, 1),
        "last_ok_at": timezone.now() - timedelta(minutes=4),
    }
    by = User.objects.order_by("pk").first() or User.objects.create_user("opener@example.com")
    said = dict.fromkeys(system(str(defaults["system"])).capabilities.checks, "yes")
    ready = {
        "confirmed_at": timezone.now(),
        "confirmed_by": by,
        "checked": said,
        "first_read_at": timezone.now(),
        "sides_settled_at": timezone.now(),
        "sides_settled_by": by,
    }
    return Connection.objects.create(
        company=company, grant=grant, **{**defaults, **ready, **fields}
    )


class World:
    """`records[model]` is one row per admin screen."""

    def __init__(self, user: User | None = None, name: str = "Thornfield Trading Ltd") -> None:
        company = self.company = make_company(legal_name=name)
        term = make_term(company, name="30 days")
        method = make_method(company, name="Bank transfer")
        customer = make_customer(company, name="Bell & Daughters", email="bell@example.com")
        item = make_item(company, code="LAN-1", name="Brass lantern", unit_price=Decimal("12.50"))
        company.plain_item = item  # through which the engraving goes over
        company.save()
        lines = [(item, 4, "12.50"), ("Engraving, per letter", 120, "0.35")]
        self.draft = make_invoice(
            issued=False, customer=customer, lines=lines, purchase_order_number="PO 88"
        )
        self.invoice = make_invoice(customer=customer, lines=lines)
        self.open_invoice = make_invoice(
            customer=customer, lines=lines, issue_date=date(2026, 10, 30)
        )
        self.payment = make_payment(invoice=self.invoice, amount="150.00", method=method)
        self.note = make_credit_note(invoice=self.invoice, issue_date=date(2026, 11, 2))
        self.allocation = self.payment.allocations.get()
        limit = ActLimit.objects.create(
            company=company, role="Accountant", act="billing.void_invoice", amount=50
        )
        self.approval = Approval.objects.create(
            company=company,
            act="billing.void_invoice",
            invoice=self.open_invoice,
            answers={"on": "2026-11-20", "reason": "Typed twice"},
            fingerprint=fingerprint(self.open_invoice),
            amount=self.open_invoice.home_total,
            limit=50,
            requested_by=user or User.objects.create_user("asker@example.com"),
        )
        connection = self.connection = make_connection(company)
        self._engine_rows(connection, customer, item, user)
        code = RemoteCode.objects.create(
            connection=connection,
            kind="account",
            remote_id="79",
            name="Sales of Product Income",
            number="4000",
            roles=["income"],
            read_at=timezone.now(),
        )
        bank = RemoteCode.objects.create(
            connection=connection,
            kind="account",
            remote_id="35",
            name="Undeposited Funds",
            roles=["clearing"],
            read_at=timezone.now(),
        )
        mapping = Mapping.objects.create(connection=connection, subject="income", code=code)
        rule = SideRule.objects.create(
            connection=connection, kind="customer", field="phone", side="ours"
        )
        self.codes = (code, bank)
        schedule = Schedule.objects.create(name="tick", func="apps.sync.tasks.tick")
        failure = Failure.objects.create(
            id="abc"[Failure.objects.count()] * 32, name="broken", func="apps.sync.tasks.tick", started=timezone.now(),
            stopped=timezone.now(), success=False, attempt_count=1,
        )  # fmt: skip
        rows = [
            company,
            NumberSeries.objects.filter(company=company).first(),
            customer,
            item,
            term,
            method,
            self.open_invoice,
            self.note,
            self.payment,
            self.allocation,
            limit,
            self.approval,
            connection,
            self.record,
            self.conflict,
            self.candidate,
            self.remote,
            self.run,
            self.call,
            told(connection, "214"),
            code,
            mapping,
            rule,
            schedule,
            failure,
        ]
        self.records = {type(row): row for row in rows}

    def _engine_rows(self, connection: Connection, customer: Any, item: Any, user: Any) -> None:
        now = timezone.now()
        self.run = Run.objects.create(
            connection=connection,
            duty="sync",
            started_at=now,
            ended_at=now + timedelta(seconds=7),
            outcome=Run.Outcome.DONE,
            pushed=3,
            refused=1,
            calls=4,
            asked_by=user,
        )
        answer = {"Fault": {"Error": [{"code": "6140", "Message": "Duplicate Document Number"}]}}
        self.call = Call.objects.create(
            connection=connection,
            run=self.run,
            purpose="documents",
            method="POST",
            path="/v3/company/9130350000000001/batch",
            body=zlib.compress(b'{"BatchItemRequest": []}'),
            answer=zlib.compress(json.dumps(answer).encode()),
            state=Call.State.ANSWERED,
            started_at=now,
            answered_at=now,
            status=200,
            seconds=0.42,
            trace_id="1-67",
            key="c0ffee",
        )

        def sync(**fields: Any) -> SyncRecord:
            return SyncRecord.objects.create(connection=connection, wanted=1, **fields)

        sync(kind="customer", customer=customer, sent=1, state=State.IN_THE_BOOKS)
        sync(kind="item", item=item, sent=1, state=State.IN_THE_BOOKS)
        sync(kind="payment", payment=self.payment, state=State.WAITING, due_at=now)
        sync(
            kind="credit_note",
            credit_note=self.note,
            state=State.NEEDS_PERSON,
            reason=Reason.PERIOD_CLOSED,
            sentence="The books are closed up to 31 October 2026.",
            remedy="Move the closing date there, or credit in the open month.",
        )
        self.record = sync(
            kind="invoice",
            invoice=self.open_invoice,
            state=State.NEEDS_PERSON,
            reason=Reason.NUMBER_TAKEN,
            sentence="Duplicate Document Number: INV-2026-00002 is used by another invoice.",
            remedy="Rename that invoice in QuickBooks, then press Retry.",
            call=self.call,
        )
        Attempt.objects.create(
            call=self.call,
            sync_record=self.record,
            revision=1,
            result=Attempt.Result.REFUSED,
            code="6140",
            sentence="Duplicate Document Number Error",
        )
        self.remote = RemoteRecord.objects.create(
            connection=connection,
            kind="Payment",
            remote_id="214",
            of_kind="payment",
            name="Bell & Daughters",
            currency="GBP",
            amount=Decimal("92.00"),
            dated=date(2026, 11, 3),
            packed_raw=packed({"Id": "214"}),
            arrival=RemoteRecord.Arrival.NEEDS_PERSON,
            sentence="It may be a payment that Tieout has already.",
            remedy="Decide under “Maybe the same”.",
            read_at=now,
        )
        self.candidate = Candidate.objects.create(
            remote_record=self.remote,
            sync_record=SyncRecord.objects.get(payment=self.payment),
            evidence="Same customer, same amount, three days apart.",
        )
        self.conflict = Conflict.objects.create(
            sync_record=SyncRecord.objects.get(customer=customer),
            path="email",
            base="bell@example.com",
            ours="accounts@example.com",
            theirs="office@example.com",
        )
        self.comparison = KeptComparison.objects.create(
            connection=connection,
            on=date(2026, 11, 27),
            state=KeptComparison.State.DONE,
            agrees=False,
            open_count=1,
            sentence="1 difference.",
            found={
                "documents": 3,
                "differences": ["Invoice INV-7: 120.00 GBP here, 119.00 GBP there."],
                "sums": {"invoices: total": {"ours": "120.00", "theirs": "119.00"}},
                "accounts": [
                    {
                        "account_id": "84",
                        "name": "Sales",
                        "role": "income",
                        "ours": "-100.00",
                        "explained": "0",
                        "theirs": "-99.00",
                        "difference": "1.00",
                    }
                ],
                "totals": [],
            },
            begun_at=timezone.now(),
            ended_at=timezone.now(),
        )
        self.difference = Difference.objects.create(
            connection=connection,
            why=Why.AMOUNT,
            ours=[["invoice", self.open_invoice.pk]],
            theirs=[["Invoice", "1042"]],
            figure="total",
            here="120.00 GBP",
            there="119.00 GBP",
            amount=Decimal(-1),
            currency="GBP",
            fingerprint="of-the-world",
            sentence="Invoice INV-7: total is 120.00 GBP here and 119.00 GBP there.",
            found_at=timezone.now(),
            seen_at=timezone.now(),
        )
        self.edit = Edit.objects.create(
            connection=connection,
            sync_record=SyncRecord.objects.get(payment=self.payment),
            side=Edit.Side.HERE,
            what="due date 3 March 2026 → 17 March 2026",
            dated=date(2026, 2, 1),
            revision=2,
        )
        self.review_item = ReviewItem.objects.create(
            company=connection.company,
            connection=connection,
            kind=ReviewKind.DIFFERENCE,
            key=f"{connection.pk}:of-the-world",
            sentence=self.difference.sentence,
            amount=Decimal(-1),
            currency="GBP",
            since=timezone.now(),
            seen_at=timezone.now(),
        )
        self.question = Question.objects.create(
            connection=connection,
            cause=Cause.MONEY_TWICE,
            ours=[["payment", self.payment.pk]],
            theirs=[["Payment", "214"]],
            amount=Decimal("92.00"),
            currency="GBP",
            fingerprint="of-the-world",
            sentence="92.00 GBP of 3 November stand on both sides.",
        )


def told(connection: Connection, payment: str) -> Delivery:
    """A delivery of two events: one was read, the other is of a kind that is not kept."""
    delivery = Delivery.objects.create(
        system=connection.system,
        environment=connection.environment,
        identity=f"of {payment} in {connection.remote_company_id}",
        body=b"as it was signed",
        state=Delivery.State.READ,
        notices_told=2,
        received_at=timezone.now(),
    )
    for word, kind, remote_id, state in (
        ("payment", "Payment", payment, Notice.State.READ),
        ("vendor", "", "9", Notice.State.NOT_WANTED),
    ):
        Notice.objects.create(
            delivery=delivery,
            connection=connection,
            identity=f"{payment}: {word} {remote_id} in {connection.pk}",
            company=connection.remote_company_id,
            word=word,
            kind=kind,
            remote_id=remote_id,
            told_at=timezone.now(),
            state=state,
        )
    return delivery


def merged_there(connection: Connection) -> CustomerMerge:
    """Wold & Co was merged into Vale Ltd over there; an invoice of it waits."""
    company, now = connection.company, timezone.now()
    loser, survivor = (make_customer(company, name=each) for each in ("Wold & Co", "Vale Ltd"))
    rows = []
    for customer, remote_id in ((loser, "301"), (survivor, "302")):
        record = SyncRecord.objects.create(
            connection=connection, kind="customer", customer=customer, wanted=1, sent=1,
            state=State.IN_THE_BOOKS,
        )  # fmt: skip
        rows.append(
            RemoteRecord.objects.create(
                connection=connection,
                kind="Customer",
                remote_id=remote_id,
                of_kind="customer",
                name=customer.name,
                sync_record=record,
                packed_raw=packed({"Id": remote_id}),
                arrival=RemoteRecord.Arrival.APPLIED,
                read_at=now,
            )
        )
    gone, there = rows
    gone.gone = True
    gone.save()
    SyncRecord.objects.create(
        connection=connection, kind="invoice", invoice=make_invoice(customer=loser), wanted=1,
        state=State.WAITING, due_at=now,
    )  # fmt: skip
    return ask("QuickBooks", gone, there)


def a_layout(company: Any) -> ImportProfile:
    """Of the files of a till."""
    columns = {
        Field.NUMBER: ("Beleg",),
        Field.DATE: ("Datum",),
        Field.CUSTOMER_NAME: ("Kunde",),
        Field.DESCRIPTION: ("Text",),
        Field.QUANTITY: ("Menge",),
        Field.UNIT_PRICE: ("Preis",),
        Field.TAX_CODE: ("MwSt",),
    }
    profile = Profile(code="", name="", columns=columns)
    headings = [heading for some in columns.values() for heading in some]
    return make(profile, name="Till of the shop", company=company, headings=headings)


class WholeWorld(World):
    """With one row of every screen of money and tax besides, of a customer of their own."""

    def __init__(self, user: User | None = None, name: str = "Thornfield Trading Ltd") -> None:
        super().__init__(user, name)
        by = user or User.objects.order_by("pk")[0]
        printed = PrintJob.objects.create(requested_by=by, count=60, invoice_ids=[])
        brought = FileImport.objects.create(
            company=self.company,
            name="march.csv",
            path="/nowhere/march.csv",
            size=1316,
            sha256="0" * 64,
            profile="online-retail",
            stage=FileImport.Stage.WRITTEN,
        )
        rows = [
            *self._money_rows(),
            *self._tax_rows(),
            self.question,
            self.difference,
            self.edit,
            self.review_item,
            self._with_postings(),
            signed_week(self.company, by),
            self._closed_month(by),
            signed_before(self.connection, by),
            *not_taken(self.invoice),
            a_key(self.company, by),
            note(Kind.SIGNED_OUT, "Signed out.", person=by),
            verified(by),
            a_pack(self.company, by),
            self._merged_row(),
            printed,
        ]
        rows.append(brought)
        rows += [*self._files(by), a_layout(self.company), *self._alerts()]
        self.records |= {type(row): row for row in [*rows, by]}

    def _files(self, by: User) -> list[Any]:
        """A daily report that was planned, and a file that was kept."""
        planned = ScheduledExport.objects.create(
            company=self.company,
            name="Daily report",
            what="daily",
            format="csv",
            at=time(7),
            owner=by,
        )
        file = PrivateFile.objects.create(
            company=self.company, name="daily-report.csv", content_type="text/csv",
            needs=["billing.view_invoice"], size=1, sha256="0" * 64,
            kept_until=timezone.now() + timedelta(days=400),
        )  # fmt: skip
        return [planned, file]

    def _with_postings(self) -> KeptComparison:
        journal = Journal(self.comparison.on)
        journal.begin(None, "Invoice INV-7")
        journal.post("84", Decimal(-99))
        self.comparison.journal = journal.packed()
        self.comparison.save()
        return self.comparison

    def _closed_month(self, by: User) -> ClosedMonth:
        said = {"topic": "numbers", "verdict": "fine", "sentence": "No number is missing."}
        return ClosedMonth.objects.create(
            company=self.company,
            last=date(2026, 10, 31),
            found=[
                {**said, "comparison": None},
                {**said, "topic": "agreed", "comparison": self.comparison.pk},
            ],
            reason="Reviewed",
            closed_by=by,
        )

    def _alerts(self) -> list[Any]:
        """What is wrong, and who is told of it."""
        rule = AlertRule.objects.create(company=self.company, how="at_once", role="Accountant")
        alert = Alert.objects.create(
            key=f"of-the-world {self.company.pk}", kind="failed", company=self.company, connection=self.connection,
            count=3, sentence="3 records failed: rejected over there.", remedy="Send them again.",
            page="/admin/sync/syncrecord/", opened_at=timezone.now(), grown_at=timezone.now(),
            told_at=timezone.now(), told_count=3, times_told=1,
        )  # fmt: skip
        event = Event.objects.create(
            alert=alert, number=1, what="opened", count=3, at=timezone.now(), addressed=True
        )
        AlertDelivery.objects.create(
            event=event, rule=rule, to="fay@example.com", state="sent", due_at=timezone.now()
        )
        return [rule, alert]

    def _merged_row(self) -> CustomerMerge:
        """A customer of ours that was merged over there, with an invoice that waits."""
        return merged_there(self.connection)

    def _money_rows(self) -> list[Any]:
        """A card payment that was banked with its fee, money paid out again, a penny let go."""
        company = self.company
        customer = make_customer(company, name="Marsh & Sons")
        billed = make_invoice(
            customer=customer, lines=[("Survey", 1, "240.00")], issue_date=date(2026, 11, 3)
        )
        self.bank = BankAccount.objects.create(company=company, name="Barclays", currency="GBP")
        self.card = make_method(company, name="Card", bank_account=self.bank)
        self.banked = make_payment(
            customer=customer, amount="80.00", method=self.card, date=date(2026, 11, 10)
        )
        self.deposit = actions.make_deposit(
            self.bank,
            date=date(2026, 11, 12),
            payments=[self.banked],
            amounts=[
                actions.DepositAmount(
                    role="bank_charge", amount=Decimal("-1.40"), description="Card fee"
                )
            ],
            reference="po_1",
        )
        self.waiting = make_payment(
            customer=customer, amount="60.00", method=self.card, date=date(2026, 11, 14)
        )
        self.refund = actions.pay_refund(
            self.waiting,
            amount=Decimal("15.00"),
            on=date(2026, 11, 16),
            method=self.card,
            reason="Paid too much",
        )
        self.adjustment = actions.deduct(
            billed,
            role="small_difference",
            amount=Decimal("0.40"),
            on=date(2026, 11, 17),
            reason="Pennies",
        )
        return [self.bank, self.deposit, self.refund, self.adjustment]

    def _tax_rows(self) -> list[Any]:
        company = self.company
        agency = TaxAgency.objects.create(company=company, name="HM Revenue & Customs")
        self.rate = TaxRate.objects.create(
            company=company, code="S20", name="Standard", country="GB"
        )
        TaxComponent.objects.create(rate=self.rate, agency=agency, name="VAT", percent=20)
        self.dollar = ExchangeRate.objects.create(
            company=company, currency="USD", date=date(2026, 11, 1), rate="0.79", source="ECB"
        )
        return [agency, self.rate, self.dollar]
