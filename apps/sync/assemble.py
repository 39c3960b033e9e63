"""Make snapshots of our records, with their ids in them; or say at once what stands in the way."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from apps.billing.models import (
    Allocation,
    CreditNote,
    CreditNoteLine,
    Customer,
    Document,
    DocumentLine,
    Invoice,
    InvoiceLine,
    Item,
    Payment,
    Synced,
)
from apps.connections.models import Connection
from apps.connectors.port import Connector
from apps.connectors.snapshots import (
    Address,
    AllocationSnapshot,
    CreditNoteSnapshot,
    CustomerSnapshot,
    InvoiceSnapshot,
    ItemSnapshot,
    Kind,
    Line,
    PaymentSnapshot,
    Snapshot,
)
from apps.mappings.look_up import Mappings
from apps.sync.models import SUBJECTS, Reason, RemoteRecord


@dataclass(frozen=True, kw_only=True, slots=True)
class Obstacle:
    """One thing that must be put right before a record can leave.

    `waits_for` is what would let it be looked at again: "mapping:…", "record:customer:7",
    "closing_date"; "" needs the record itself changed.
    """

    reason: Reason
    sentence: str
    remedy: str
    waits_for: str = ""


@dataclass(slots=True)
class Assembled:
    """One record ready to be sent, or the obstacles in its way (all of them, found without a call)."""

    kind: Kind
    pk: int
    revision: int
    snapshot: Snapshot | None = None
    obstacles: list[Obstacle] = field(default_factory=list)
    # Allocations that its snapshot carries: (key of ours, revision, kind and id of their target).
    carried: list[tuple[int, int, str, str]] = field(default_factory=list)


class Assembler:
    """Snapshots of one connection's records. Loads what a batch needs in a few statements."""

    def __init__(
        self,
        connection: Connection,
        connector: Connector,
        mappings: Mappings,
        *,
        as_it_was: bool = False,
    ) -> None:
        self.as_it_was = as_it_was  # of what left already: also by ids that are gone since
        self.connection = connection
        self.connector = connector
        self.name = connector.capabilities.name
        self.mappings = mappings
        self._ids: dict[Kind, dict[int, str]] = defaultdict(dict)

    def snapshot(self, kind: Kind, pk: int) -> Snapshot | None:
        """One record's snapshot; None while something stands in its way."""
        return self.many(kind, [pk])[0].snapshot

    def many(self, kind: Kind, keys: Sequence[int]) -> list[Assembled]:
        """Assemble records of one kind, in the order of their keys."""
        return {
            Kind.CUSTOMER: self._customers,
            Kind.ITEM: self._items,
            Kind.INVOICE: self._documents,
            Kind.CREDIT_NOTE: self._documents,
            Kind.PAYMENT: self._payments,
            Kind.ALLOCATION: self._allocations,
        }[kind](kind, keys)

    # --- Masters ------------------------------------------------------------------------------

    def _customers(self, kind: Kind, keys: Sequence[int]) -> list[Assembled]:
        return [self._customer(each) for each in _loaded(Customer, keys)]

    def _customer(self, customer: Customer) -> Assembled:
        snapshot = CustomerSnapshot(
            marker=customer.public_id.hex,
            name=customer.name,
            email=customer.email,
            phone=customer.phone,
            address=Address(
                lines=tuple(customer.address_lines.splitlines()),
                city=customer.city,
                region=customer.region,
                postal_code=customer.postal_code,
                country=customer.country,
            ),
            currency=customer.currency,
            active=customer.active,
        )
        return self._checked(Kind.CUSTOMER, customer, snapshot, [])

    def _items(self, kind: Kind, keys: Sequence[int]) -> list[Assembled]:
        return [self._item(each) for each in _loaded(Item, keys)]

    def _item(self, item: Item) -> Assembled:
        account = self.mappings.income_account(item)
        obstacles = []
        if account is None:
            obstacles.append(
                self._unmapped(
                    "income", f"no {self.name} account is chosen for the sales of item {item.code}"
                )
            )
        snapshot = ItemSnapshot(
            marker=item.public_id.hex,
            code=item.code,
            name=item.name,
            description=item.description,
            unit_price=item.unit_price,
            account_id=account.remote_id if account else "",
            active=item.active,
        )
        return self._checked(Kind.ITEM, item, snapshot, obstacles)

    # --- Documents ----------------------------------------------------------------------------

    def _documents(self, kind: Kind, keys: Sequence[int]) -> list[Assembled]:
        model: type[Document] = Invoice if kind == Kind.INVOICE else CreditNote
        line_model: Any = InvoiceLine if kind == Kind.INVOICE else CreditNoteLine
        related = ["customer", "terms"] if kind == Kind.INVOICE else ["customer"]
        documents = list(_loaded(model, keys, *related))
        lines: dict[int, list[DocumentLine]] = defaultdict(list)
        for line in line_model._base_manager.filter(document_id__in=keys).order_by(
            "document_id", "position", "id"
        ):
            lines[line.document_id].append(line)
        self._learn(Kind.CUSTOMER, {each.customer_id for each in documents})
        self._learn(
            Kind.ITEM, {line.item_id for each in lines.values() for line in each if line.item_id}
        )
        items = Item._base_manager.in_bulk(
            {line.item_id for each in lines.values() for line in each if line.item_id}
        )
        return [self._document(kind, each, lines[each.pk], items) for each in documents]

    def _document(
        self,
        kind: Kind,
        document: Document,
        lines: Sequence[DocumentLine],
        items: dict[int, Item],
    ) -> Assembled:
        obstacles: list[Obstacle] = []
        closed = self.connection.remote_closing_date
        if closed and document.issue_date <= closed:
            obstacles.append(self._closed(document.issue_date.isoformat(), closed.isoformat()))
        customer_id = self._needed(Kind.CUSTOMER, document.customer_id, "customer", obstacles)
        common: dict[str, Any] = {
            "marker": document.public_id.hex,
            "number": document.number or "",
            "customer_id": customer_id,
            "issue_date": document.issue_date,
            "currency": document.currency,
            "lines": tuple(self._line(each, items, obstacles) for each in lines),
            "net": document.net,
            "tax": document.tax,
            "total": document.total,
            "exchange_rate": document.exchange_rate,
            "message": document.message,
            "address": Address(lines=tuple(document.customer_address.splitlines())),
            "void": document.status == Document.Status.VOID,
        }
        snapshot: Snapshot
        if isinstance(document, Invoice):
            term = self.mappings.term(document.terms) if document.terms else None
            snapshot = InvoiceSnapshot(
                **common,
                due_date=document.due_date,
                terms_id=term.remote_id if term else "",
                purchase_order_number=document.purchase_order_number,
            )
        else:
            snapshot = CreditNoteSnapshot(**common)
        return self._checked(kind, document, snapshot, obstacles)

    def _line(self, line: DocumentLine, items: dict[int, Item], obstacles: list[Obstacle]) -> Line:
        item = items.get(line.item_id) if line.item_id else None
        account = self.mappings.income_account(item)
        item_id = ""
        if item is not None:
            item_id = self._needed(Kind.ITEM, item.pk, f"item {item.code}", obstacles)
        if account is None:
            what = f"item {item.code}" if item else f"line {line.position}, which has no item"
            obstacles.append(
                self._unmapped(
                    "income", f"no {self.name} account is chosen for the sales of {what}"
                )
            )
        return Line(
            key=str(line.position),
            net=line.net,
            description=line.description,
            quantity=line.quantity,
            unit_price=line.unit_price,
            item_id=item_id,
            account_id=account.remote_id if account else "",
            tax=line.tax,
        )

    # --- Money --------------------------------------------------------------------------------

    def _payments(self, kind: Kind, keys: Sequence[int]) -> list[Assembled]:
        payments = list(_loaded(Payment, keys, "customer", "method"))
        standing: dict[int, list[Allocation]] = defaultdict(list)
        for each in Allocation._base_manager.filter(payment_id__in=keys, reversed_on=None).order_by(
            "payment_id", "id"
        ):
            standing[each.payment_id or 0].append(each)
        self._learn(Kind.CUSTOMER, {each.customer_id for each in payments})
        self._learn(
            Kind.INVOICE,
            {each.invoice_id for all_of in standing.values() for each in all_of if each.invoice_id},
        )
        return [self._payment(each, standing[each.pk]) for each in payments]

    def _payment(self, payment: Payment, standing: Sequence[Allocation]) -> Assembled:
        obstacles: list[Obstacle] = []
        closed = self.connection.remote_closing_date
        if closed and payment.date <= closed:
            obstacles.append(self._closed(payment.date.isoformat(), closed.isoformat()))
        customer_id = self._needed(Kind.CUSTOMER, payment.customer_id, "customer", obstacles)
        account = method = None
        if payment.method is None:
            if not payment.made_in:
                obstacles.append(
                    Obstacle(
                        reason=Reason.CANNOT_HOLD,
                        sentence="the payment has no payment method, so its account is not known",
                        remedy="Choose the payment method on the payment.",
                    )
                )
        else:
            account = self.mappings.method_account(payment.method)
            method = self.mappings.method(payment.method)
            if account is None:
                obstacles.append(
                    self._unmapped(
                        f"method:{payment.method.pk}",
                        f"no {self.name} account is chosen for payments by {payment.method}",
                    )
                )
        parts = [self._part(each, customer_id, obstacles) for each in standing]
        snapshot = PaymentSnapshot(
            marker=payment.public_id.hex,
            customer_id=customer_id,
            paid_on=payment.date,
            currency=payment.currency,
            amount=payment.amount,
            account_id=account.remote_id if account else "",
            method_id=method.remote_id if method else "",
            exchange_rate=payment.exchange_rate,
            reference=payment.reference,
            memo=payment.memo,
            allocations=tuple(parts),
            cancelled=payment.status == Payment.Status.CANCELLED,
        )
        made = self._checked(Kind.PAYMENT, payment, snapshot, obstacles)
        made.carried = [
            (each.pk, each.revision, part.target_kind, part.target_id)
            for each, part in zip(standing, parts, strict=True)
        ]
        return made

    def _part(
        self, allocation: Allocation, customer_id: str, obstacles: list[Obstacle]
    ) -> AllocationSnapshot:
        return AllocationSnapshot(
            marker=allocation.public_id.hex,
            source=Kind.PAYMENT if allocation.payment_id else Kind.CREDIT_NOTE,
            source_id="",
            target_kind=allocation.outside_kind or Kind.INVOICE,
            target_id=allocation.outside_id
            or self._needed(Kind.INVOICE, allocation.invoice_id or 0, "invoice", obstacles),
            amount=allocation.amount,
            currency=allocation.currency,
            applied_on=allocation.date,
            customer_id=customer_id,
            cancelled=not allocation.stands,
        )

    def _allocations(self, kind: Kind, keys: Sequence[int]) -> list[Assembled]:
        """Allocations of credit notes: those of payments travel inside their payment."""
        found = list(_loaded(Allocation, keys, "credit_note"))
        self._learn(Kind.INVOICE, {each.invoice_id for each in found if each.invoice_id})
        self._learn(
            Kind.CREDIT_NOTE, {each.credit_note_id for each in found if each.credit_note_id}
        )
        self._learn(
            Kind.CUSTOMER, {each.credit_note.customer_id for each in found if each.credit_note}
        )
        made = []
        for each in found:
            obstacles: list[Obstacle] = []
            closed = self.connection.remote_closing_date
            if closed and each.date <= closed:
                obstacles.append(self._closed(each.date.isoformat(), closed.isoformat()))
            assert each.credit_note is not None, "an allocation of a payment is carried inside it"
            customer_id = self._needed(
                Kind.CUSTOMER, each.credit_note.customer_id, "customer", obstacles
            )
            source_id = self._needed(
                Kind.CREDIT_NOTE, each.credit_note_id or 0, "credit note", obstacles
            )
            part = self._part(each, customer_id, obstacles)
            snapshot = AllocationSnapshot(
                marker=part.marker,
                source=part.source,
                source_id=source_id,
                target_kind=part.target_kind,
                target_id=part.target_id,
                amount=part.amount,
                currency=part.currency,
                applied_on=part.applied_on,
                customer_id=customer_id,
                cancelled=part.cancelled,
            )
            made.append(self._checked(Kind.ALLOCATION, each, snapshot, obstacles))
        return made

    # --- What stands in the way -----------------------------------------------------------------

    def _checked(
        self, kind: Kind, record: Synced, snapshot: Snapshot, obstacles: list[Obstacle]
    ) -> Assembled:
        """The record with every obstacle; each named once."""
        made = Assembled(kind=kind, pk=record.pk, revision=record.revision)
        # With an id still missing it is not what would be sent, so their rules are not asked yet.
        if not any(each.reason == Reason.WAITS_FOR_RECORD for each in obstacles):
            made.snapshot = self.connector.project(snapshot)
            obstacles += [
                Obstacle(
                    reason=Reason.CANNOT_HOLD,
                    sentence=sentence,
                    remedy="Change the record here, so that it fits.",
                )
                for sentence in self.connector.objections(snapshot)
            ]
        made.obstacles = list(dict.fromkeys(obstacles))
        return made

    def _needed(self, kind: Kind, pk: int, word: str, obstacles: list[Obstacle]) -> str:
        """Their id of another record of ours, or an obstacle."""
        if pk not in self._ids[kind]:
            self._learn(kind, {pk})
        found = self._ids[kind].get(pk, "")
        if not found:
            obstacles.append(
                Obstacle(
                    reason=Reason.WAITS_FOR_RECORD,
                    sentence=f"its {word} is not in {self.name} yet",
                    remedy=f"See what holds up the {word}.",
                    waits_for=f"record:{kind}:{pk}",
                )
            )
        return found

    def _unmapped(self, what: str, sentence: str) -> Obstacle:
        return Obstacle(
            reason=Reason.MAPPING_MISSING,
            sentence=sentence,
            remedy="Choose it on the mapping page.",
            waits_for=f"mapping:{what}",
        )

    def _closed(self, day: str, closed: str) -> Obstacle:
        return Obstacle(
            reason=Reason.PERIOD_CLOSED,
            sentence=f"it is dated {day} and {self.name}'s books are closed up to {closed}",
            remedy=f"Re-open the month in {self.name}, or correct it with a document of an open month.",
            waits_for="closing_date",
        )

    def _learn(self, kind: Kind, keys: Iterable[int]) -> None:
        """Load their ids of these records of ours."""
        unknown = {key for key in keys if key} - self._ids[kind].keys()
        if not unknown:
            return
        rows = RemoteRecord.objects.filter(
            connection=self.connection, part="", **{f"sync_record__{kind.value}__in": unknown}
        )
        if not self.as_it_was:
            rows = rows.filter(retired=False, gone=False)
        # What stands comes last, and so wins over what is gone.
        ids = rows.order_by("-retired", "-gone", "id").values_list(
            f"sync_record__{kind.value}_id", "remote_id"
        )
        self._ids[kind].update(dict(ids))

    def forget(self) -> None:
        """After a wave: what was not there may be there now."""
        self._ids.clear()


def _loaded(model: type[Synced], keys: Sequence[int], *related: str) -> list[Any]:
    """Rows by key, in the order of the keys."""
    rows = model._base_manager.select_related(*related) if related else model._base_manager.all()
    found = rows.in_bulk(list(keys))
    return [found[key] for key in keys if key in found]


assert set(SUBJECTS) == set(Kind), "every kind of the port has its foreign key"
