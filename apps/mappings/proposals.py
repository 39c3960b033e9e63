"""What a mapping most likely is, by name, by the days of a term, or because there is only one."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from apps.billing.models import (
    BankAccount,
    Item,
    PaymentMethod,
    PaymentMethodPlace,
    PaymentTerm,
    TaxRate,
)
from apps.connections.models import Connection
from apps.connectors.port import CodeKind, Role
from apps.mappings.fit import NEVER_SALES, ROLES, Thing, unfit
from apps.mappings.look_up import Mappings
from apps.mappings.models import THINGS, Mapping, RemoteCode
from apps.mappings.taxes import asks_for_tax_codes, fitting, fitting_no_tax, said

Subject = Mapping.Subject
# Names of a general sales account, as charts of accounts have them.
GENERAL_SALES = ("sales", "sales of product income", "sales income", "services", "income")
SAME_NAME = "It has the same name."
GENERAL_CLEARING = ("undeposited funds", "payments to deposit")
# How charts of accounts call the account of a role.
GENERAL_ROLES: dict[str, tuple[str, ...]] = {
    Subject.BANK_CHARGE: ("bank charges", "bank charges & fees", "bank charges and fees"),
    Subject.EARLY_DISCOUNT: ("discounts given", "discounts allowed", "early-payment discounts"),
    Subject.BAD_DEBT: ("bad debts", "bad debt"),
    Subject.SMALL_DIFFERENCE: ("small differences", "rounding differences"),
    Subject.TAX_WITHHELD: ("tax withheld", "withholding tax"),
    Subject.INPUT_TAX: ("input tax", "input vat", "tax on fees", "vat on fees"),
    Subject.RETAINER: ("retainers", "customer deposits", "customer prepayments"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Proposal:
    """A choice offered to a person, with what speaks for it. Nothing is chosen by itself."""

    subject: str
    thing: Thing | None
    code: RemoteCode
    why: str

    @property
    def argument(self) -> str:
        """The argument of `set_mapping` that takes the thing; "" for the default."""
        return next((name for name, subjects in THINGS.items() if self.subject in subjects), "")


def propose(connection: Connection) -> list[Proposal]:
    """One proposal at most for each thing that is not mapped yet.

    Where two of their codes fit equally well there is none: a person chooses.
    """
    known = Mappings.of(connection)
    codes = list(RemoteCode.objects.filter(connection=connection, active=True))
    company = connection.company_id
    methods = PaymentMethod.objects.filter(company=company, active=True)
    terms = PaymentTerm.objects.filter(company=company, active=True)
    items = Item.objects.filter(company=company, active=True)
    sales = _accounts(codes, Role.INCOME, barred=NEVER_SALES)
    found = [
        _sales_by_default(sales, known),
        *_of_taxes(connection, codes, known),
        *(_of_role(connection, role, codes, known) for role in ROLES),
        *(
            _of_bank(connection, account, codes, known)
            for account in BankAccount.objects.filter(company=company, active=True)
        ),
        *(_of_item(item, sales, known) for item in items),
        *(_of_method_account(method, codes, known) for method in methods),
        *(
            _of_method_account(place, codes, known)
            for method in methods
            for place in known.places.of_method.get(method.pk, [])
        ),
        *(
            _named(Subject.METHOD, method, _of_kind(codes, CodeKind.PAYMENT_METHOD), known)
            for method in methods
        ),
        *(_of_term(term, _of_kind(codes, CodeKind.TERM), known) for term in terms),
    ]
    return _each_bank_once([each for each in found if each is not None], known)


def _each_bank_once(found: list[Proposal], known: Mappings) -> list[Proposal]:
    """A bank account of theirs is one of ours: what another has, or is called like, is not proposed
    for being the only one, and neither is one that two of ours could be."""
    banks = [each for each in found if each.subject == Subject.BANK_ACCOUNT]
    named = [each for each in banks if each.why == SAME_NAME]
    mapped = [code for (subject, _), code in known.codes.items() if subject == Subject.BANK_ACCOUNT]
    taken = {*(code.pk for code in mapped), *(each.code.pk for each in named)}
    for_want_of_others = Counter(each.code.pk for each in banks if each not in named)
    taken |= {code for code, count in for_want_of_others.items() if count > 1}
    return [
        each
        for each in found
        if each.subject != Subject.BANK_ACCOUNT or each in named or each.code.pk not in taken
    ]


def _sales_by_default(sales: list[RemoteCode], known: Mappings) -> Proposal | None:
    if (Subject.INCOME, None) in known.codes:
        return None
    return _called(
        Subject.INCOME, None, sales, GENERAL_SALES, "It is called like a sales account."
    ) or _only(Subject.INCOME, None, sales, "It is the only income account.")


def _of_item(item: Item, sales: list[RemoteCode], known: Mappings) -> Proposal | None:
    return _named(Subject.ITEM_ACCOUNT, item, sales, known)


def _of_method_account(
    method: PaymentMethod | PaymentMethodPlace, codes: list[RemoteCode], known: Mappings
) -> Proposal | None:
    dated = isinstance(method, PaymentMethodPlace)
    subject = Subject.PLACE_ACCOUNT if dated else Subject.METHOD_ACCOUNT
    if (subject, method.pk) in known.codes:
        return None
    banked = method.posts_to == PaymentMethod.PostsTo.BANK
    # A bank account may serve as clearing too; nobody would propose it for that.
    fits = (
        _accounts(codes, Role.BANK, barred=frozenset())
        if banked
        else _accounts(codes, Role.CLEARING, barred=frozenset({Role.BANK}))
    )
    fits = [code for code in fits if code.currency in ("", method.currency)]
    kind = "bank" if banked else "clearing"
    return (
        _named(subject, method, fits, known)
        or _called(
            subject,
            method,
            [] if banked else fits,
            GENERAL_CLEARING,
            "Money received lies there until it is banked.",
        )
        or _only(subject, method, fits, f"It is the only {kind} account.")
    )


def _of_taxes(
    connection: Connection, codes: list[RemoteCode], known: Mappings
) -> list[Proposal | None]:
    """By percentage and by how the treatment is called over there."""
    if not asks_for_tax_codes(connection):
        return []
    sold = [each for each in _of_kind(codes, CodeKind.TAX_CODE) if Role.SALES_TAX in each.roles]
    rates = TaxRate.objects.filter(company=connection.company_id, active=True)
    found = [
        _of_rate(connection, rate, sold)
        for rate in rates.prefetch_related("components")
        if (Subject.TAX, rate.pk) not in known.codes
    ]
    if (Subject.NO_TAX, None) not in known.codes:
        code = fitting_no_tax(sold)
        why = "It charges no tax."
        found.append(_proposal(Subject.NO_TAX, None, code, why) if code else None)
    return found


def _of_rate(connection: Connection, rate: TaxRate, sold: Sequence[RemoteCode]) -> Proposal | None:
    code = fitting(rate, sold, by_percent=not connection.works_out_tax)
    if code is None:
        return None
    percents = said(each.percent for each in rate.components.all())
    why = (
        "It says whether tax is due; they work out how much."
        if connection.works_out_tax
        else f"It is {rate.get_treatment_display().lower()} and {percents} too."
    )
    return _proposal(Subject.TAX, rate, code, why)


def _of_role(
    connection: Connection, role: str, codes: list[RemoteCode], known: Mappings
) -> Proposal | None:
    if (role, None) in known.codes:
        return None
    fits = [each for each in codes if not unfit(connection, role, each, None)]
    return _called(role, None, fits, GENERAL_ROLES[role], "It is called like it.")


def _of_bank(
    connection: Connection, account: BankAccount, codes: list[RemoteCode], known: Mappings
) -> Proposal | None:
    subject = Subject.BANK_ACCOUNT
    if (subject, account.pk) in known.codes:
        return None
    fits = [each for each in codes if not unfit(connection, subject, each, account)]
    return _named(subject, account, fits, known) or _only(
        subject, account, fits, "It is the only bank account."
    )


def _of_term(term: PaymentTerm, codes: list[RemoteCode], known: Mappings) -> Proposal | None:
    same_days = [code for code in codes if code.detail.get("due_days") == str(term.due_days)]
    if (Subject.TERM, term.pk) in known.codes:
        return None
    return _named(Subject.TERM, term, same_days, known) or _only(
        Subject.TERM, term, same_days, f"It is due after {term.due_days} days too."
    )


def _named(
    subject: str, thing: Thing, codes: Iterable[RemoteCode], known: Mappings
) -> Proposal | None:
    if (subject, thing.pk) in known.codes:
        return None
    named = [code for code in codes if _plain(code.name) == _plain(thing.name)]
    return _only(subject, thing, named, SAME_NAME)


def _called(
    subject: str,
    thing: Thing | None,
    codes: list[RemoteCode],
    names: tuple[str, ...],
    why: str,
) -> Proposal | None:
    """By the first of these names that exactly one of the codes has."""
    for name in names:
        named = [code for code in codes if _plain(code.name) == name]
        if len(named) == 1:
            return _proposal(subject, thing, named[0], why)
    return None


def _only(subject: str, thing: Thing | None, codes: list[RemoteCode], why: str) -> Proposal | None:
    return _proposal(subject, thing, codes[0], why) if len(codes) == 1 else None


def _proposal(subject: str, thing: Thing | None, code: RemoteCode, why: str) -> Proposal:
    return Proposal(subject=subject, thing=thing, code=code, why=why)


def _of_kind(codes: list[RemoteCode], kind: CodeKind) -> list[RemoteCode]:
    return [code for code in codes if code.kind == kind]


def _accounts(codes: list[RemoteCode], role: Role, *, barred: frozenset[Role]) -> list[RemoteCode]:
    return [
        code
        for code in _of_kind(codes, CodeKind.ACCOUNT)
        if role in code.roles and not barred & set(code.roles)
    ]


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())
