"""Which records of ours are booked under one mapping, and how much of each."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import (
    BigIntegerField,
    Case,
    Exists,
    Expression,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from apps.billing.models import (
    AccountRole,
    CreditNoteLine,
    DepositLine,
    InvoiceLine,
    PaymentMethodPlace,
    Refund,
)
from apps.connections.models import Connection
from apps.connectors.snapshots import Kind
from apps.mappings.models import Mapping
from apps.mappings.names import Key
from apps.sync.models import SyncRecord, rows_of

Subject = Mapping.Subject
LINES: dict[Kind, Any] = {Kind.INVOICE: InvoiceLine, Kind.CREDIT_NOTE: CreditNoteLine}
# At which a line is booked: before its discounts where those are booked apart.
AT_ITS_NET = Case(
    When(document__discount_item__isnull=False, then=F("net") + F("discount_net")),
    default=F("net"),
)


@dataclass(frozen=True, slots=True)
class Part:
    """Rows that make up what is booked: `record` leads from one to the record, `amount` is what it
    books, in the currency of the record."""

    rows: QuerySet[Any]
    record: str
    amount: Expression | F


@dataclass(frozen=True, slots=True)
class Under:
    """Records of one kind that are booked under a mapping, whatever became of them."""

    kind: Kind
    records: QuerySet[Any]
    parts: tuple[Part, ...]
    dated: str  # the field with their accounting date


def booked_under(
    connection: Connection, key: Key, within: Callable[[Kind], QuerySet[Any]] | None = None
) -> list[Under]:
    """By kind, what the choice with this key is for; a kind that it never touches is left out.

    `within`: documents of a kind beside which no other is looked at.
    """
    subject, thing = key
    if subject in (Subject.METHOD_ACCOUNT, Subject.METHOD, Subject.PLACE_ACCOUNT):
        return _money(connection, subject, thing)
    if subject == Subject.BANK_ACCOUNT:
        found = _of_company(connection, Kind.DEPOSIT).filter(bank_account=thing)
        return [Under(Kind.DEPOSIT, found, (Part(found, "pk", F("total")),), "date")]
    if subject == Subject.TERM:
        found = _of_company(connection, Kind.INVOICE).filter(terms=thing)
        return [Under(Kind.INVOICE, found, (Part(found, "pk", F("total")),), "issue_date")]
    documents = [_documents(connection, kind, key, within) for kind in LINES]
    if subject in AccountRole.values:
        return [*_roles(connection, subject), *(documents if subject == Subject.BAD_DEBT else [])]
    return documents


def lines_of(connection: Connection, kind: Kind) -> QuerySet[Any]:
    """Lines of a company's documents with `through`, the item by which each goes over (None: by
    none). A line of words alone goes by none."""
    plain = None
    if connection.capabilities.item_on_every_amount:
        plain = connection.company.plain_item_id
    through = Case(
        When(item=None, net=0, then=Value(None)),
        default=Coalesce("item_id", Value(plain)) if plain else F("item_id"),
        output_field=BigIntegerField(),
    )
    rows = LINES[kind]._base_manager.filter(document__company=connection.company_id)
    found: QuerySet[Any] = rows.annotate(through=through)
    return found


def _documents(
    connection: Connection,
    kind: Kind,
    key: Key,
    within: Callable[[Kind], QuerySet[Any]] | None = None,
) -> Under:
    subject, thing = key
    lines, apart = lines_of(connection, kind), _booked_apart(connection, kind)
    if within is not None and kind in connection.capabilities.kinds:
        few = within(kind).values("pk")
        lines, apart = lines.filter(document__in=few), apart.filter(document__in=few)
    own = Mapping.objects.filter(connection=connection, subject=Subject.ITEM_ACCOUNT)
    losses = connection.company.bad_debt_item_id
    by_default = Q(through=None) | ~Q(through__in=own.values("item"))
    discounts = LINES[kind]._base_manager.none()
    match subject:
        case Subject.TAX:
            lines = lines.filter(tax_rate=thing)
        case Subject.NO_TAX:
            lines = lines.filter(tax_rate=None).exclude(item=None, net=0)
        case Subject.ITEM_ACCOUNT:
            lines = lines.filter(through=thing)
            discounts = apart.filter(document__discount_item=thing)
        case Subject.BAD_DEBT:
            lines = lines.filter(by_default, through=losses)
        case _:
            lines = lines.filter(by_default)
            discounts = apart.exclude(document__discount_item__in=own.values("item"))
            if losses:
                lines = lines.exclude(through__isnull=False, through=losses)
                discounts = discounts.exclude(document__discount_item=losses)
    # By keys and not by a look at each document: planners then read the lines once.
    any_of_it = Q(pk__in=lines.values("document"))
    if subject not in (Subject.TAX, Subject.NO_TAX, Subject.BAD_DEBT):
        any_of_it |= Q(pk__in=discounts.values("document"))
    parts: tuple[Part, ...] = (
        Part(lines, "document", AT_ITS_NET),
        Part(discounts, "document", -F("discount_net")),
    )
    if subject in (Subject.TAX, Subject.NO_TAX):
        parts = (Part(lines, "document", F("net")),)
    records = _of_company(connection, kind).filter(any_of_it)
    return Under(kind, records, parts, "issue_date")


def _booked_apart(connection: Connection, kind: Kind) -> QuerySet[Any]:
    """Lines whose discount is booked to the discount item of their document."""
    found: QuerySet[Any] = (
        LINES[kind]
        ._base_manager.filter(
            document__company=connection.company_id, document__discount_item__isnull=False
        )
        .exclude(discount_net=0)
    )
    return found


def _money(connection: Connection, subject: str, thing: int | None) -> list[Under]:
    """By method, and of an account only of the days on which it is in force."""
    of_method = Q(method=thing)
    if subject == Subject.METHOD_ACCOUNT:
        of_method &= ~Q(Exists(_places_by(OuterRef("method"), OuterRef("date"))))
    if subject == Subject.PLACE_ACCOUNT and thing is not None:
        place = PaymentMethodPlace.objects.filter(pk=thing)
        since = Subquery(place.values("since")[:1])
        later = _places_by(OuterRef("method"), OuterRef("date")).filter(since__gt=since)
        of_method = Q(method__in=place.values("method"), date__gte=since) & ~Q(Exists(later))
    found = []
    for kind in (Kind.PAYMENT, Kind.REFUND):
        rows = _of_company(connection, kind).filter(of_method)
        found.append(Under(kind, rows, (Part(rows, "pk", F("amount")),), "date"))
    return found


def _places_by(method: OuterRef, day: OuterRef) -> QuerySet[PaymentMethodPlace]:
    return PaymentMethodPlace.objects.filter(method=method, since__lte=day)


def _roles(connection: Connection, role: str) -> list[Under]:
    adjusted = _of_company(connection, Kind.ADJUSTMENT).filter(role=role)
    lines = DepositLine.objects.filter(deposit__company=connection.company_id, role=role)
    lines = lines.filter(standing=True)
    banked = _of_company(connection, Kind.DEPOSIT).filter(pk__in=lines.values("deposit"))
    found = [
        Under(Kind.ADJUSTMENT, adjusted, (Part(adjusted, "pk", F("amount")),), "date"),
        Under(Kind.DEPOSIT, banked, (Part(lines, "deposit", F("amount")),), "date"),
    ]
    fees: dict[str, tuple[Q, Any]] = {
        AccountRole.BANK_CHARGE: (Q(fee__gt=F("fee_tax")), F("fee") - F("fee_tax")),
        AccountRole.INPUT_TAX: (Q(fee_tax__gt=0), F("fee_tax")),
    }
    if role in fees:
        which, amount = fees[role]
        refunds = Refund._base_manager.filter(which, company=connection.company_id)
        found.append(Under(Kind.REFUND, refunds, (Part(refunds, "pk", amount),), "date"))
    return found


def _of_company(connection: Connection, kind: Kind) -> QuerySet[Any]:
    return rows_of(kind).filter(company=connection.company_id)


def sent_there(connection: Connection, kind: Kind) -> Exists:
    """Of a record of ours: whether any revision of it went over, or is settled without."""
    return Exists(
        SyncRecord.objects.filter(
            Q(sent__gt=0) | Q(state__in=("left_out", "gone")),
            connection=connection,
            **{kind.value: OuterRef("pk")},
        )
    )


def labels_of(kinds: Iterable[Kind]) -> str:
    """“invoices and credit notes”."""
    words = [f"{kind.value.replace('_', ' ')}s" for kind in kinds]
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1] if words else "")))
