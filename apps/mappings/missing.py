"""What is still to be chosen before something can be sent: all at once, and before any call."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from apps.billing.models import (
    AccountRole,
    Adjustment,
    BankAccount,
    Customer,
    DepositLine,
    Document,
    Invoice,
    InvoiceLine,
    Item,
    PaymentMethod,
    PaymentMethodPlace,
    Refund,
    TaxRate,
)
from apps.connections.models import Connection
from apps.connectors.port import CodeKind
from apps.mappings.fit import KINDS, Thing
from apps.mappings.look_up import Mappings
from apps.mappings.models import Mapping
from apps.mappings.taxes import asks_for_tax_codes

Subject = Mapping.Subject


@dataclass(frozen=True, kw_only=True, slots=True)
class Missing:
    """A choice that is still to be made. `key` is what a record waits for ("mapping:item:12")."""

    subject: str
    thing: Thing | None
    key: str
    sentence: str

    def __str__(self) -> str:
        return self.sentence


@dataclass(frozen=True, kw_only=True, slots=True)
class _Needs:
    """What of ours must be called something over there."""

    items: Iterable[Item]
    default: bool  # some lines have no item
    rates: Iterable[TaxRate]
    no_tax: bool  # some lines have no rate
    methods: Iterable[PaymentMethod] = ()
    banks: Iterable[BankAccount] = ()
    roles: frozenset[str] = frozenset()


def missing(connection: Connection, invoices: Iterable[Invoice] | None = None) -> list[Missing]:
    """Every mapping without which something could not be sent.

    With `invoices`: what these need. Without: what the active items, the tax rates in use, the
    payment methods whose money Tieout records, their bank accounts and the roles that were booked
    to need. Payment terms and the name of a method may stay unmapped: the due date and the money
    are sent all the same. A ledger without a chart of accounts asks for no account, one without tax
    codes for no code.
    """
    needs = _of_company(connection) if invoices is None else _of_invoices(connection, invoices)
    known, look = Mappings.of(connection), _Look(connection)
    found: list[Missing] = []
    for item in needs.items:
        if known.income_account(item) is None:
            lacking = known.default_of(item) == Subject.BAD_DEBT
            found.append(
                look.role(known, AccountRole.BAD_DEBT) if lacking else look.item(known, item)
            )
    if needs.default and known.income_account(None) is None:
        found.append(look.default(known))
    for rate in needs.rates:
        if known.tax_code(rate) is None:
            found.append(look.rate(known, rate))
    if needs.no_tax and known.no_tax() is None:
        found.append(look.no_tax(known))
    for method in needs.methods:
        if known.first_account(method) is None:
            found.append(look.method(known, method))
        for place in known.places.of_method.get(method.pk, []):
            if known.place_account(place) is None:
                found.append(look.place(known, place))
    for bank in needs.banks:
        if known.bank_account(bank) is None:
            found.append(look.bank(known, bank))
    named = {each.subject for each in found}
    for role in AccountRole:
        if role.value in needs.roles - named and known.role_account(role) is None:
            found.append(look.role(known, role))
    if not connection.capabilities.accounts:
        found = [each for each in found if KINDS[each.subject] is not CodeKind.ACCOUNT]
    return found


def missing_one(
    connection: Connection, known: Mappings, subject: str, thing: Thing | None, wrong: str = ""
) -> Missing:
    """One choice that is to be made, in its sentence; `wrong` says why the one in force is none."""
    look = _Look(connection)
    found: Missing
    match thing:
        case Item():
            found = look.item(known, thing)
        case TaxRate():
            found = look.rate(known, thing)
        case PaymentMethod():
            found = look.method(known, thing)
        case PaymentMethodPlace():
            found = look.place(known, thing)
        case BankAccount():
            found = look.bank(known, thing)
        case _ if subject == Subject.INCOME:
            found = look.for_all(known)
        case _ if subject == Subject.NO_TAX:
            found = look.no_tax(known)
        case _:
            found = look.role(known, AccountRole(subject))
    return replace(found, sentence=f"{wrong} Choose another.") if wrong else found


def _of_invoices(connection: Connection, invoices: Iterable[Invoice]) -> _Needs:
    keys = [invoice.pk for invoice in invoices]
    lines = InvoiceLine.objects.filter(document__in=keys)
    discounts = Invoice.objects.filter(pk__in=keys, discount_item__isnull=False)
    taxed = asks_for_tax_codes(connection)
    return _Needs(
        items=Item.objects.filter(
            Q(pk__in=lines.values("item")) | Q(pk__in=discounts.values("discount_item"))
        ),
        default=lines.filter(item=None).exists(),
        rates=TaxRate.objects.filter(pk__in=lines.values("tax_rate")) if taxed else (),
        no_tax=taxed and connection.tax_code_on_every_line and lines.filter(tax_rate=None).exists(),
    )


def _of_company(connection: Connection) -> _Needs:
    company = connection.company_id
    items = Item.objects.filter(company=company, active=True)
    methods = PaymentMethod.objects.filter(
        company=company, active=True, recorded_by=PaymentMethod.RecordedBy.TIEOUT
    )
    return _Needs(
        items=items,
        default=False,
        rates=rates_in_use(connection).prefetch_related("components"),
        no_tax=asks_for_tax_codes(connection) and connection.tax_code_on_every_line,
        methods=list(methods),
        banks=BankAccount.objects.filter(
            pk__in=methods.filter(posts_to=PaymentMethod.PostsTo.CLEARING).values("bank_account")
        ),
        roles=_roles_in_use(company),
    )


def rates_in_use(connection: Connection) -> "QuerySet[TaxRate]":
    """Of active items and customers, and of drafts: what the next documents will bear. One by one, since
    a company has few rates and may have very many customers."""
    if not asks_for_tax_codes(connection):
        return TaxRate.objects.none()
    company = connection.company_id
    bears = {"tax_rate": OuterRef("pk")}
    draft = Q(document__company=company, document__status=Document.Status.DRAFT)
    return TaxRate.objects.filter(
        Q(Exists(Item.objects.filter(company=company, active=True, **bears)))
        | Q(Exists(Customer.objects.filter(company=company, active=True, **bears)))
        | Q(Exists(InvoiceLine.objects.filter(draft, **bears)))
    )


def _roles_in_use(company: int) -> frozenset[str]:
    roles: set[str] = set()
    for rows in rows_with_roles(company):
        roles |= {*rows.values_list("role", flat=True)}
    roles |= {role for role, rows in refunds_with_fees(company).items() if rows.exists()}
    return frozenset(roles)


def rows_with_roles(company: int) -> "list[QuerySet[Any]]":
    """What was booked to roles: each of them once."""
    adjusted = Adjustment.objects.filter(company=company, status=Adjustment.Status.MADE)
    banked = DepositLine.objects.filter(deposit__company=company, standing=True, role__gt="")
    return [rows.order_by().values("role").distinct() for rows in (adjusted, banked)]


def refunds_with_fees(company: int) -> "dict[str, QuerySet[Refund]]":
    """Refunds by the role to which something of theirs is booked."""
    refunded = Refund.objects.filter(company=company, status=Refund.Status.MADE)
    return {
        AccountRole.BANK_CHARGE.value: refunded.filter(fee__gt=F("fee_tax")),
        AccountRole.INPUT_TAX.value: refunded.filter(fee_tax__gt=0),
    }


class _Look:
    """The sentence of each kind of choice; an account that went inactive is named."""

    def __init__(self, connection: Connection) -> None:
        self.name = connection.system_name

    def item(self, known: Mappings, item: Item) -> Missing:
        key = (Subject.ITEM_ACCOUNT, item.pk)
        return self._missing(
            known,
            key,
            item,
            f"mapping:item:{item.pk}",
            f"account for the sales of item {item}",
            f"No {self.name} account is chosen for the sales of item {item}, "
            "and there is no default.",
        )

    def default(self, known: Mappings) -> Missing:
        none = f"No default {self.name} sales account is chosen, and some lines have no item."
        own = known.codes.get((Subject.INCOME, None))
        if own is not None:
            none = (
                f"{own}, the default {self.name} sales account, is inactive there. Choose another."
            )
        return Missing(subject=Subject.INCOME, thing=None, key="mapping:income", sentence=none)

    def for_all(self, known: Mappings) -> Missing:
        none = "No default {} sales account is chosen, and something sold has none of its own."
        found = self.default(known)
        unset = (Subject.INCOME, None) not in known.codes
        return replace(found, sentence=none.format(self.name)) if unset else found

    def rate(self, known: Mappings, rate: TaxRate) -> Missing:
        what = f"tax code for tax rate {rate}"
        return self._missing(known, (Subject.TAX, rate.pk), rate, f"mapping:tax:{rate.pk}", what)

    def no_tax(self, known: Mappings) -> Missing:
        what = "tax code for lines without tax"
        return self._missing(known, (Subject.NO_TAX, None), None, "mapping:no_tax", what)

    def method(self, known: Mappings, method: PaymentMethod) -> Missing:
        key, what = f"mapping:method:{method.pk}", f"account for payments by {method}"
        return self._missing(known, (Subject.METHOD_ACCOUNT, method.pk), method, key, what)

    def place(self, known: Mappings, place: PaymentMethodPlace) -> Missing:
        key, what = f"mapping:method_place:{place.pk}", f"account for payments by {place}"
        return self._missing(known, (Subject.PLACE_ACCOUNT, place.pk), place, key, what)

    def bank(self, known: Mappings, bank: BankAccount) -> Missing:
        key, what = f"mapping:bank_account:{bank.pk}", f"account for bank account {bank}"
        return self._missing(known, (Subject.BANK_ACCOUNT, bank.pk), bank, key, what)

    def role(self, known: Mappings, role: AccountRole) -> Missing:
        what = f"account for “{role.label}”"
        return self._missing(known, (role.value, None), None, f"mapping:{role.value}", what)

    def _missing(
        self,
        known: Mappings,
        chosen: tuple[str, int | None],
        thing: Thing | None,
        key: str,
        what: str,
        none: str = "",
    ) -> Missing:
        noun, _, rest = what.partition(" for ")
        sentence = none or f"No {self.name} {noun} is chosen for {rest}."
        if (old := known.codes.get(chosen)) is not None:
            sentence = f"{old}, the {self.name} {what}, is inactive there. Choose another."
        return Missing(subject=chosen[0], thing=thing, key=key, sentence=sentence)
