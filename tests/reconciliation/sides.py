"""Two sides for a comparison, built by hand: our rows, and objects as a ledger would answer them."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils import timezone

from apps.billing.models import (
    Allocation,
    Company,
    CreditNote,
    Invoice,
    Payment,
    PaymentMethod,
    Refund,
    TaxAgency,
    TaxComponent,
    TaxRate,
)
from apps.connections.models import Connection
from apps.connectors.port import RemoteObject
from apps.connectors.snapshots import (
    AllocationSnapshot,
    CreditNoteSnapshot,
    InvoiceSnapshot,
    Kind,
    Line,
    PaymentSnapshot,
    RefundSnapshot,
    TaxAmount,
)
from apps.mappings.models import Mapping, RemoteCode
from apps.reconciliation.compare import lay_side_by_side
from apps.reconciliation.figures import Comparison
from apps.reconciliation.theirs import Theirs
from apps.sync.models import RemoteRecord, State, SyncRecord, packed
from tests.factories import make_company, make_invoice, make_item, make_method

SALES, GOODS, BANK, CLEARING, RECEIVABLE, TAX = "79", "45", "35", "4", "84", "90"
THEIR_KIND = {
    "invoice": "Invoice",
    "credit_note": "CreditMemo",
    "payment": "Payment",
    "customer": "Customer",
    "allocation": "Payment",
    "refund": "Purchase",
}


class Sides:
    """A company of ours and books of theirs that agree, until a test changes one side."""

    def __init__(self) -> None:
        self.company: Company = make_company()
        self.connection = Connection.objects.create(
            company=self.company,
            system="quickbooks",
            environment="simulated",
            remote_company_id="9130",
            name="Books of Thornfield",
            home_currency="GBP",
            country="GB",
        )
        self.codes = {
            remote_id: RemoteCode.objects.create(
                connection=self.connection,
                kind="account",
                remote_id=remote_id,
                name=name,
                roles=[role],
                read_at=timezone.now(),
            )
            for remote_id, name, role in (
                (SALES, "Sales", "income"),
                (GOODS, "Goods", "income"),
                (BANK, "Checking", "bank"),
                (CLEARING, "Undeposited Funds", "clearing"),
                (RECEIVABLE, "Accounts Receivable", "receivable"),
            )
        }
        self.map("income", SALES)
        self.bank: PaymentMethod = make_method(self.company, posts_to="bank")
        self.map("method_account", BANK, payment_method=self.bank)
        self.theirs = Theirs()
        self.balances: dict[str, Decimal] = {}
        self._ids = iter(range(100, 1000))

    def map(self, subject: str, code: str, **thing: Any) -> None:
        Mapping.objects.create(
            connection=self.connection, subject=subject, code=self.codes[code], **thing
        )

    def compare(self) -> Comparison:
        self.theirs.balances = self.balances
        return lay_side_by_side(self.connection, self.theirs)

    def post(self, account: str, amount: Decimal) -> None:
        self.balances[account] = self.balances.get(account, Decimal(0)) + amount

    # --- Records that stand on both sides ---

    def tie(self, subject: Any, state: State = State.IN_THE_BOOKS, sentence: str = "") -> str:
        """The record is in the books under the id that is returned."""
        kind = subject.kind
        known = SyncRecord.objects.filter(connection=self.connection, **{kind: subject}).first()
        record = known or SyncRecord.objects.create(
            connection=self.connection,
            kind=kind,
            wanted=1,
            state=state,
            sentence=sentence,
            **{kind: subject},
        )
        remote = record.remote_records.first() or RemoteRecord.objects.create(
            connection=self.connection,
            kind=THEIR_KIND[kind],
            remote_id=str(next(self._ids)),
            of_kind=kind,
            sync_record=record,
            packed_raw=packed({}),
            arrival=RemoteRecord.Arrival.ECHO,
            read_at=timezone.now(),
        )
        return remote.remote_id

    def document(self, document: Invoice | CreditNote, item_account: str = SALES) -> RemoteObject:
        """The document as their books hold it, with its postings in their trial balance."""
        document.refresh_from_db()
        customer_id, remote_id = self.tie(document.customer), self.tie(document)
        item_id = f"item-of-{item_account}"
        self.theirs.item_accounts[item_id] = item_account
        shape = InvoiceSnapshot if isinstance(document, Invoice) else CreditNoteSnapshot
        lines = tuple(
            Line(key=str(line.position), net=line.net, item_id=item_id)
            for line in document.lines.all()
        )
        snapshot = shape(
            marker=str(document.public_id),
            number=document.number or "",
            customer_id=customer_id,
            issue_date=document.issue_date,
            currency=document.currency,
            lines=lines,
            net=document.net,
            tax=document.tax,
            total=document.total,
        )
        is_invoice = isinstance(document, Invoice)
        sign = 1 if is_invoice else -1
        self.post(RECEIVABLE, sign * document.total)
        self.post(item_account, -sign * document.net)
        if document.tax:
            self.post(TAX, -sign * document.tax)
        return self.put(
            RemoteObject(
                kind=THEIR_KIND[document.kind],
                remote_id=remote_id,
                of_kind=Kind(document.kind),
                snapshot=snapshot,
                number=document.number or "",
                marker=str(document.public_id),
                customer_id=customer_id,
                currency=document.currency,
                amount=document.total,
                balance=document.balance_due if is_invoice else document.open_credit,
                dated=document.issue_date,
            )
        )

    def payment(self, payment: Payment, account: str = BANK) -> RemoteObject:
        payment.refresh_from_db()
        for each in Allocation.objects.filter(payment=payment):
            self.tie(each)
        customer_id, remote_id = self.tie(payment.customer), self.tie(payment)
        snapshot = PaymentSnapshot(
            marker=str(payment.public_id),
            customer_id=customer_id,
            paid_on=payment.date,
            currency=payment.currency,
            amount=payment.amount,
            account_id=account,
            allocations=tuple(
                AllocationSnapshot(
                    marker=str(each.public_id),
                    source=Kind.PAYMENT,
                    source_id=remote_id,
                    target_kind=Kind.INVOICE,
                    target_id=self.tie(each.invoice),
                    amount=each.amount,
                    currency=each.currency,
                    applied_on=each.date,
                )
                for each in Allocation.objects.filter(payment=payment, reversed_on=None)
            ),
        )
        self.post(account, payment.amount)
        self.post(RECEIVABLE, -payment.amount)
        return self.put(
            RemoteObject(
                kind="Payment",
                remote_id=remote_id,
                of_kind=Kind.PAYMENT,
                snapshot=snapshot,
                marker=str(payment.public_id),
                amount=payment.amount,
                balance=payment.on_account,
                dated=payment.date,
            )
        )

    def application(self, allocation: Allocation) -> RemoteObject:
        """A credit or an adjustment set against an invoice, as an object of its own there."""
        source = allocation.source
        self.tie(allocation)
        return self.put(
            RemoteObject(
                kind="Payment",
                remote_id=str(next(self._ids)),
                of_kind=Kind.ALLOCATION,
                snapshot=AllocationSnapshot(
                    marker=str(allocation.public_id),
                    source=source.kind,
                    source_id=self.tie(source),
                    target_kind=Kind.INVOICE,
                    target_id=self.tie(allocation.invoice),
                    amount=allocation.amount,
                    currency=allocation.currency,
                    applied_on=allocation.date,
                ),
            )
        )

    def refund(self, refund: Refund, account: str = BANK) -> RemoteObject:
        customer_id, remote_id = self.tie(refund.customer), self.tie(refund)
        for each in Allocation.objects.filter(refund=refund):
            self.tie(each)
        for held in list(self.theirs.payments.values()):
            parts = [
                AllocationSnapshot(
                    marker=str(each.public_id),
                    source=Kind.PAYMENT,
                    source_id=held.remote_id,
                    target_kind=Kind.REFUND,
                    target_id=remote_id,
                    amount=each.amount,
                    currency=each.currency,
                    applied_on=each.date,
                )
                for each in Allocation.objects.filter(refund=refund, payment__isnull=False)
                if self.tie(each.payment) == held.remote_id
            ]
            if parts and isinstance(held.snapshot, PaymentSnapshot):
                used = sum((each.amount for each in parts), Decimal(0))
                self.change(
                    held,
                    snapshot={"allocations": (*held.snapshot.allocations, *parts)},
                    balance=(held.balance or Decimal(0)) - used,
                )
        self.post(RECEIVABLE, refund.amount)
        self.post(account, -refund.amount)
        return self.put(
            RemoteObject(
                kind="Purchase",
                remote_id=remote_id,
                of_kind=Kind.REFUND,
                snapshot=RefundSnapshot(
                    marker=str(refund.public_id),
                    customer_id=customer_id,
                    paid_on=refund.date,
                    currency=refund.currency,
                    amount=refund.amount,
                    account_id=account,
                ),
                customer_id=customer_id,
                amount=refund.amount,
                dated=refund.date,
            )
        )

    # --- Tax ---

    def taxed(self, *, agency: str, country: str, their_agency: str) -> TaxRate:
        """A rate of 20 % of ours, mapped to a code of theirs of 20 %, and an invoice that bears it."""
        rate = TaxRate.objects.create(
            company=self.company, code="V20", name="Standard", country=country
        )
        TaxComponent.objects.create(
            rate=rate,
            agency=TaxAgency.objects.create(company=self.company, name=agency or "?"),
            name="VAT",
            percent=Decimal(20),
        )
        part = {"remote_id": "3", "name": "20.0% S", "percent": "20", "agency": their_agency}
        self.codes["tax"] = RemoteCode.objects.create(
            connection=self.connection,
            kind="tax_code",
            remote_id="2",
            name="20.0% S",
            parts=[part],
            read_at=timezone.now(),
        )
        self.codes[TAX] = RemoteCode.objects.create(
            connection=self.connection,
            kind="account",
            remote_id=TAX,
            name="VAT control",
            roles=["tax"],
            read_at=timezone.now(),
        )
        self.map("tax", "tax", tax_rate=rate)
        self.taxed_again(rate)
        return rate

    def taxed_again(self, rate: TaxRate) -> RemoteObject:
        line = (make_item(self.company), 1, 100, rate)
        remote = self.document(make_invoice(company=self.company, lines=[line]))
        return self.change(remote, snapshot={"taxes": (TaxAmount(rate_id="3", tax=Decimal(20)),)})

    # --- What stands over there ---

    def arrived(self, sentence: str) -> RemoteRecord:
        """Something of theirs was read and needs a person."""
        return RemoteRecord.objects.create(
            connection=self.connection,
            kind="Payment",
            remote_id=str(next(self._ids)),
            of_kind="payment",
            packed_raw=packed({}),
            arrival=RemoteRecord.Arrival.NEEDS_PERSON,
            sentence=sentence,
            read_at=timezone.now(),
        )

    def type_like(
        self,
        remote: RemoteObject,
        number: str,
        *,
        dated: date,
        customer: str = "",
        amount: Decimal | None = None,
    ) -> RemoteObject:
        """An invoice typed over there that looks like one of ours, under a number of its own."""
        held = remote.snapshot
        assert isinstance(held, InvoiceSnapshot)
        total = held.total if amount is None else amount
        self.post(RECEIVABLE, total)
        self.post(SALES, -total)
        return self.put(
            replace(
                remote,
                remote_id=f"typed-{number}",
                number=number,
                marker="",
                customer_id=customer or held.customer_id,
                amount=total,
                balance=total,
                dated=dated,
                snapshot=replace(
                    held,
                    marker="",
                    number=number,
                    customer_id=customer or held.customer_id,
                    issue_date=dated,
                    lines=(replace(held.lines[0], net=total),),
                    net=total,
                    total=total,
                ),
            )
        )

    def put(self, remote: RemoteObject) -> RemoteObject:
        self.theirs.put(remote)
        return remote

    def change(self, remote: RemoteObject, *, snapshot: Any = None, **fields: Any) -> RemoteObject:
        """Somebody changed it over there: fields of the object, and of what it holds."""
        held = replace(remote.snapshot, **(snapshot or {}))
        return self.put(replace(remote, snapshot=held, **fields))

    def type_invoice_there(self, number: str, amount: Decimal, account: str = SALES) -> None:
        """An invoice that a bookkeeper typed over there, without us."""
        self.theirs.item_accounts[f"item-of-{account}"] = account
        self.post(RECEIVABLE, amount)
        self.post(account, -amount)
        self.put(
            RemoteObject(
                kind="Invoice",
                remote_id=f"typed-{number}",
                of_kind=Kind.INVOICE,
                snapshot=InvoiceSnapshot(
                    marker="",
                    number=number,
                    customer_id="77",
                    issue_date=date(2026, 4, 1),
                    currency="GBP",
                    lines=(Line(key="1", net=amount, item_id=f"item-of-{account}"),),
                    net=amount,
                    tax=Decimal(0),
                    total=amount,
                ),
                number=number,
                amount=amount,
                balance=amount,
                dated=date(2026, 4, 1),
            )
        )
