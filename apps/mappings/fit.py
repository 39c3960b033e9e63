"""Which code of theirs may stand for what of ours: the rule of each subject, in words."""

from collections.abc import Callable
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
from apps.mappings.models import Mapping, RemoteCode
from apps.mappings.taxes import mismatch

Subject = Mapping.Subject
Thing = Item | PaymentMethod | PaymentMethodPlace | PaymentTerm | TaxRate | BankAccount

KINDS: dict[str, CodeKind] = {
    **dict.fromkeys(Subject.values, CodeKind.ACCOUNT),
    Subject.METHOD: CodeKind.PAYMENT_METHOD,
    Subject.TERM: CodeKind.TERM,
    Subject.TAX: CodeKind.TAX_CODE,
    Subject.NO_TAX: CodeKind.TAX_CODE,
}
# An account with one of these never takes the sales of an item, whatever else it may serve as.
NEVER_SALES = frozenset({Role.RECEIVABLE, Role.BANK, Role.CLEARING})


@dataclass(frozen=True, slots=True)
class RoleRule:
    """Which accounts may serve a role of ours: one of `may`, and `words` that say so."""

    may: frozenset[Role]
    words: str


_COSTS = RoleRule(frozenset({Role.EXPENSE, Role.INCOME}), "an expense or an income account")
ROLES: dict[str, RoleRule] = {
    Subject.BANK_CHARGE: _COSTS,
    Subject.EARLY_DISCOUNT: _COSTS,
    Subject.BAD_DEBT: _COSTS,
    Subject.SMALL_DIFFERENCE: _COSTS,
    Subject.TAX_WITHHELD: RoleRule(
        frozenset({Role.CLEARING, Role.CURRENT_ASSET, Role.LIABILITY}),
        "a current asset or a liability",
    ),
    # Not what is owed to the agency: lines of a bank deposit stand on no liability.
    Subject.INPUT_TAX: RoleRule(frozenset({Role.CLEARING, Role.CURRENT_ASSET}), "a current asset"),
    Subject.RETAINER: RoleRule(frozenset({Role.LIABILITY}), "a liability"),
}
# Money lies there: nothing of a role is booked to it.
_NEVER_ROLE = frozenset({Role.RECEIVABLE, Role.BANK})


def unfit(connection: Connection, subject: str, code: RemoteCode, thing: Thing | None) -> str:
    """Why this code cannot stand for this thing of ours, in a sentence; "" where it can."""
    if subject not in KINDS:
        return f"“{subject}” is nothing that can be mapped."
    if code.kind != KINDS[subject]:
        return (
            f"{code} is of the kind “{_in_words(code.kind)}”, "
            f"and a “{_in_words(KINDS[subject])}” is needed here."
        )
    if not code.active:
        return f"{code} is inactive over there. Choose an active one."
    return _RULES.get(subject, _any)(connection, code, thing)


def _sales_of_item(_: Connection, code: RemoteCode, __: Thing | None) -> str:
    roles = set(code.roles)
    if roles & NEVER_SALES or not roles & {Role.INCOME, Role.LIABILITY}:
        return (
            f"{code} cannot take the sales of an item: choose an income account, or a liability "
            "for retainers, vouchers and deferred income."
        )
    return ""


def _sales_by_default(_: Connection, code: RemoteCode, __: Thing | None) -> str:
    if set(code.roles) & NEVER_SALES or Role.INCOME not in code.roles:
        return f"{code} cannot be the sales account by default: choose an income account."
    return ""


def _money_of_method(_: Connection, code: RemoteCode, method: Thing | None) -> str:
    if not isinstance(method, PaymentMethod | PaymentMethodPlace):
        return "Say which payment method this account is for."
    if method.posts_to == PaymentMethod.PostsTo.BANK and Role.BANK not in code.roles:
        return f"{method} posts to a bank account, and {code} is none. Choose one."
    if method.posts_to == PaymentMethod.PostsTo.CLEARING and Role.CLEARING not in code.roles:
        return f"{method} posts to a clearing account until it is banked, and {code} is none. Choose one."
    return _other_currency(method, method.currency, code)


def _bank(_: Connection, code: RemoteCode, account: Thing | None) -> str:
    if not isinstance(account, BankAccount):
        return "Say which bank account this is."
    if Role.BANK not in code.roles:
        return f"{account} is a bank account, and {code} is none. Choose one."
    return _other_currency(account, account.currency, code)


def _tax(connection: Connection, code: RemoteCode, rate: Thing | None) -> str:
    if not isinstance(rate, TaxRate):
        return "Say which tax rate this code is for."
    if Role.SALES_TAX not in code.roles:
        return f"{code} cannot stand on a sale: choose a tax code for sales."
    # By treatment a rate is called something; the percentage only shows a slip. Where they work
    # the tax out themselves a code has none.
    wrong = "" if connection.works_out_tax else mismatch(rate, code).rstrip(".")
    return f"{wrong}. Choose a code of the same rate." if wrong else ""


def _no_tax(_: Connection, code: RemoteCode, __: Thing | None) -> str:
    if Role.SALES_TAX not in code.roles:
        return f"{code} cannot stand on a sale: choose a tax code for sales."
    if any(part.percent for part in code.code_parts):
        return f"{code} asks tax: choose the code of a line that is not taxed at all."
    return ""


def _role(subject: str) -> Callable[[Connection, RemoteCode, Thing | None], str]:
    rule, words = ROLES[subject], Subject(subject).label

    def refusal(_: Connection, code: RemoteCode, __: Thing | None) -> str:
        roles = set(code.roles)
        if roles & _NEVER_ROLE or not roles & rule.may:
            return f"{code} cannot take “{words}”: choose {rule.words}."
        return ""

    return refusal


def _any(_: Connection, __: RemoteCode, ___: Thing | None) -> str:
    return ""


def _other_currency(thing: Thing, currency: str, code: RemoteCode) -> str:
    if code.currency and code.currency != currency:
        return f"{thing} is in {currency}, and {code} is kept in {code.currency}."
    return ""


_RULES: dict[str, Callable[[Connection, RemoteCode, Thing | None], str]] = {
    Subject.INCOME: _sales_by_default,
    Subject.ITEM_ACCOUNT: _sales_of_item,
    Subject.METHOD_ACCOUNT: _money_of_method,
    Subject.PLACE_ACCOUNT: _money_of_method,
    Subject.BANK_ACCOUNT: _bank,
    Subject.TAX: _tax,
    Subject.NO_TAX: _no_tax,
    **{subject: _role(subject) for subject in ROLES},
}


def _in_words(kind: str) -> str:
    return kind.replace("_", " ")
