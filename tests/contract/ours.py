"""Records of ours on their way into a simulated company, step by step, as the engine sends them."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import ROUND_UP, Decimal
from typing import Any
from uuid import uuid4

from apps.connectors.lacking import lacking
from apps.connectors.port import (
    RemoteObject,
    Role,
)
from apps.connectors.snapshots import (
    Address,
    AdjustmentSnapshot,
    AllocationSnapshot,
    CreditNoteSnapshot,
    CustomerSnapshot,
    DepositLineSnapshot,
    DepositSnapshot,
    InvoiceSnapshot,
    ItemSnapshot,
    Kind,
    Line,
    PaymentSnapshot,
    RefundSnapshot,
    RefundSource,
    Snapshot,
    TaxAmount,
)
from tests.contract.bench import Bench
from tests.contract.sending import Record, Sending

TODAY = date(2026, 11, 20)
DUE = date(2026, 12, 20)
PENNY = Decimal("0.01")


class Ours(Sending):
    """A company of ours beside one of theirs: what it sends, and what came of it."""

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench.connector, bench.courier, bench.home)
        self.bench = bench

    @property
    def has(self) -> Any:
        return self.connector.capabilities

    def objections(self, snapshot: Snapshot) -> tuple[str, ...]:
        """Why it will not be sent: for what the ledger has not, and by the connector's own rules."""
        lacks = lacking(self.has, self.bench.home, snapshot)
        return *lacks, *self.connector.objections(snapshot)

    # --- Reading --------------------------------------------------------------------------------

    def read(self, record: Record) -> RemoteObject:
        """What stands for it now, as one."""
        wanted = list(dict.fromkeys(key[:2] for key in record.stands))
        found = {
            (each.kind, each.remote_id, each.part): each
            for each in self.connector.read(wanted, self.courier)
        }
        own = [found[key] for key in record.stands if key in found]
        assert own, "nothing stands for it"
        for each in found.values():
            if not each.gone:
                assert self.connector.parse(each.kind, each.raw) == each
        return self.connector.together(own) if len(own) > 1 else own[0]

    # --- Snapshots: one record of each kind, with what it needs there --------------------------------

    def make(self, kind: Kind) -> Record:
        """A record that is not sent yet; what it names is."""
        return self.record(getattr(self, f"a_{kind.value}")())

    def made(self, kind: Kind) -> Record:
        return self.send(self.make(kind))

    def a_customer(self, name: str = "", **more: Any) -> CustomerSnapshot:
        return CustomerSnapshot(
            **{
                "marker": uuid4().hex,
                "name": name or f"Brass & Oak {next(self.refs)} Ltd",
                "email": "ap@brass.example",
                "phone": "+44 20 7946 0000",
                "address": Address(
                    lines=("1 Dock Street",), city="Leeds", postal_code="LS1 1AA", country="GB"
                ),
                "currency": self.bench.home,
                **more,
            }
        )

    def a_item(self, **more: Any) -> ItemSnapshot:
        place = next(self.refs)
        return ItemSnapshot(
            **{
                "marker": uuid4().hex,
                "code": f"ITEM-{place}",
                "name": f"Consulting {place}",
                "unit_price": Decimal("80.50"),
                "account_id": self.bench.account(Role.INCOME),
                **more,
            }
        )

    def a_invoice(self, *nets: str, **more: Any) -> InvoiceSnapshot:
        fields = self._document(nets or ("100.00",), more)
        return InvoiceSnapshot(**{"due_date": DUE} | fields)

    def a_credit_note(self, *nets: str, **more: Any) -> CreditNoteSnapshot:
        return CreditNoteSnapshot(**self._document(nets or ("50.00",), more))

    def _document(self, nets: Sequence[str], more: Mapping[str, Any]) -> dict[str, Any]:
        """Lines of these nets, each with the tax of these books."""
        tax = self.bench.tax
        item = self.sent(self.a_item()).id
        # Where an item need not stand on every line, the line names its account itself.
        account = "" if self.has.item_on_every_amount else self.bench.account(Role.INCOME)
        lines = tuple(
            Line(
                key=str(place),
                net=Decimal(net),
                description=f"Line {place}",
                quantity=Decimal(2),
                unit_price=Decimal(net) / 2,
                item_id=item,
                account_id=account,
                tax_code_id=tax.code_id,
                tax=(Decimal(net) * tax.percent / 100).quantize(PENNY),
            )
            for place, net in enumerate(nets, 1)
        )
        net = sum((each.net for each in lines), Decimal(0))
        due = sum((each.tax for each in lines), Decimal(0))
        taxes = (TaxAmount(rate_id=tax.rate_id, net=net, tax=due),) if due else ()
        return {
            "marker": uuid4().hex,
            "number": f"N-{next(self.refs)}",
            "customer_id": more.get("customer_id") or self.sent(self.a_customer()).id,
            "issue_date": TODAY,
            "currency": self.bench.home,
            "lines": lines,
            "net": net,
            "tax": due,
            "total": net + due,
            "taxes": taxes,
            **more,
        }

    def a_payment(
        self, amount: str = "120.00", *, against: Mapping[str, str] | None = None, **more: Any
    ) -> PaymentSnapshot:
        """`against`: id of an invoice → amount, where the payment itself says so. None: on account,
        or where a payment must pay one invoice, one of as much."""
        customer = more.get("customer_id") or self.sent(self.a_customer()).id
        if against is None and self.has.pays_one_invoice:
            owed = str(Decimal(amount).quantize(PENNY, ROUND_UP))
            against = {self.sent(self.a_invoice(owed, customer_id=customer)).id: amount}
        return PaymentSnapshot(
            **{
                "marker": uuid4().hex,
                "customer_id": customer,
                "paid_on": TODAY,
                "currency": self.bench.home,
                "amount": Decimal(amount),
                "account_id": self.bench.account(Role.CLEARING),
                "reference": "BACS 17",
                "allocations": tuple(
                    AllocationSnapshot(
                        marker=uuid4().hex,
                        source=Kind.PAYMENT,
                        source_id="",
                        target_kind=Kind.INVOICE,
                        target_id=target,
                        amount=Decimal(part),
                        currency=self.bench.home,
                        applied_on=TODAY,
                    )
                    for target, part in (against or {}).items()
                ),
                **more,
            }
        )

    def a_whole_payment(self, amount: str = "120.00") -> PaymentSnapshot:
        """All of it for one invoice, where payments say so themselves; else on account."""
        customer = self.sent(self.a_customer()).id
        if not self.has.payments_carry_allocations:
            return self.a_payment(amount, customer_id=customer)
        owed = self.sent(self.a_invoice(amount, customer_id=customer))
        return self.a_payment(amount, customer_id=customer, against={owed.id: amount})

    def a_allocation(self, amount: str = "40.00") -> AllocationSnapshot:
        """That is a record of its own: of a credit note, and where there is none of a payment."""
        customer = self.sent(self.a_customer()).id
        target = self.sent(self.a_invoice(customer_id=customer))
        credits = Kind.CREDIT_NOTE in self.has.kinds
        source = self.a_credit_note if credits else self.a_payment
        return self.set_against(self.sent(source(customer_id=customer)), target, amount)

    def paying(self, amount: str = "40.00") -> tuple[Record, str]:
        """What sets a part of the money against an invoice, not sent yet, and the invoice's id."""
        customer = self.sent(self.a_customer()).id
        target = self.sent(self.a_invoice(customer_id=customer))
        if not self.has.payments_carry_allocations:
            paid = self.sent(self.a_payment(customer_id=customer))
            return self.record(self.set_against(paid, target, amount)), target.id
        whole = amount if self.has.pays_one_invoice else "120.00"
        payment = self.a_payment(whole, customer_id=customer, against={target.id: amount})
        return self.record(payment), target.id

    def set_against(self, source: Record, target: Record, amount: str) -> AllocationSnapshot:
        return AllocationSnapshot(
            marker=uuid4().hex,
            source=source.kind,
            source_id=source.id,
            target_kind=target.kind,
            target_id=target.id,
            amount=Decimal(amount),
            currency=self.bench.home,
            applied_on=TODAY,
            customer_id=source.snapshot.customer_id,
        )

    def a_refund(self, amount: str = "30.00") -> RefundSnapshot:
        """Of a payment that stands there."""
        paid = self.sent(self.a_payment())
        named = self.has.refunds_name_sources
        source = RefundSource(kind=Kind.PAYMENT, source_id=paid.id, amount=Decimal(amount))
        return RefundSnapshot(
            marker=uuid4().hex,
            customer_id=paid.snapshot.customer_id,
            paid_on=TODAY,
            currency=self.bench.home,
            amount=Decimal(amount),
            account_id=self.bench.account(Role.BANK),
            receivable_id=self.bench.account(Role.RECEIVABLE),
            sources=(source,) if named else (),
        )

    def a_adjustment(self, amount: str = "3.00") -> AdjustmentSnapshot:
        return AdjustmentSnapshot(
            marker=uuid4().hex,
            customer_id=self.sent(self.a_customer()).id,
            dated=TODAY,
            currency=self.bench.home,
            amount=Decimal(amount),
            debits=False,
            account_id=self.bench.account(Role.EXPENSE),
            receivable_id=self.bench.account(Role.RECEIVABLE),
        )

    def a_deposit(self, amount: str = "120.00") -> DepositSnapshot:
        named = self.has.deposits_name_payments
        # Set against an invoice: money on account may lie in a bank alone.
        paid = self.sent(self.a_payment(amount) if named else self.a_whole_payment(amount))
        lies_on = "" if named else self.bench.account(Role.CLEARING)
        return DepositSnapshot(
            marker=uuid4().hex,
            account_id=self.bench.account(Role.BANK),
            dated=TODAY,
            currency=self.bench.home,
            lines=(
                DepositLineSnapshot(
                    payment_id=paid.id if named else "", account_id=lies_on, amount=Decimal(amount)
                ),
            ),
            total=Decimal(amount),
        )
