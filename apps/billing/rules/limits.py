"""Limits: up to which amount a person acts alone, and how an act above it is put as a wish."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from decimal import Decimal

from django.core.exceptions import ValidationError

from apps.billing.changes import maker
from apps.billing.models import (
    ActLimit,
    Adjustment,
    Allocation,
    Company,
    Document,
    Payment,
    Refund,
)
from apps.core.money import ZERO, figure, rounded
from apps.staff.access import roles_of
from apps.staff.acts import ACTS, ActName, act_words

Subject = Document | Payment | Allocation | Adjustment | Refund


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """An act on a record that somebody wants done: amount in home currency, answers as JSON."""

    act: ActName
    record: Subject
    amount: Decimal
    answers: Mapping[str, str] = field(default_factory=dict)
    # What was done of the same before and still stands: a limit is not walked around in parts.
    before: Decimal = ZERO
    # Whatever it comes to, whoever does it: no limit of a role lets one person do it.
    needs_second: bool = False


class NeedsApproval(ValidationError):
    """The act is possible, but above the person's limit: `approving.ask(wish)` asks a second one."""

    def __init__(self, wish: Wish, limit: Decimal, currency: str) -> None:
        self.wish, self.limit = wish, limit
        if wish.needs_second:
            super().__init__(
                "A credit note without an invoice is a gift, whatever it comes to, so a second "
                "person has to approve it."
            )
            return
        parts = f", with {figure(wish.before, currency)} before it," if wish.before else ""
        super().__init__(
            f"{figure(wish.amount, currency)} {currency}{parts} is above your limit of "
            f"{figure(limit, currency)} {currency} to {act_words(wish.act)}, so a second person "
            "has to approve it."
        )


# What a second person is approving right now, in this context.
_approved: ContextVar[Wish | None] = ContextVar("approved", default=None)


@contextmanager
def approved(wish: Wish) -> Iterator[None]:
    """Inside, this one act on this one record is done up to this amount whatever the limit."""
    token = _approved.set(wish)
    try:
        yield
    finally:
        _approved.reset(token)


def refuse_above_limit(wish: Wish) -> None:
    """Raise `NeedsApproval` at the end of an act that its maker may not do alone.

    An act calls it last, inside its transaction: what a second person is asked for has then passed
    every other rule, and nothing of it stays.
    """
    seen = _approved.get()
    if seen is not None and _key(seen) == _key(wish):
        _refuse_more_than_seen(wish, seen)
        return
    limit = limit_now(wish.act, wish.record.company)
    if wish.needs_second and done_by_a_person():
        raise NeedsApproval(wish, limit or ZERO, wish.record.company.home_currency)
    if limit is not None and wish.amount + wish.before > limit:
        raise NeedsApproval(wish, limit, wish.record.company.home_currency)


def _refuse_more_than_seen(wish: Wish, seen: Wish) -> None:
    """A rate may have moved since it was asked for."""
    if wish.amount > seen.amount:
        home = wish.record.company.home_currency
        raise ValidationError(
            f"It comes to {figure(wish.amount, home)} {home} now, and "
            f"{figure(seen.amount, home)} {home} were asked for. Ask again."
        )


def limit_now(act: ActName, company: Company) -> Decimal | None:
    """The limit of whoever makes changes now, in home currency; None where there is none.

    Nobody's limit holds for what was done in a ledger and arrives from there, or for a task that
    no person stands behind.
    """
    made = maker()
    if made.user_id is None or made.origin:
        return None
    return limit_of(made.user_id, act, company)


def done_by_a_person() -> bool:
    """Whether somebody here stands behind the changes made now, and no ledger does."""
    return maker().user_id is not None and not maker().origin


def limit_of(user_id: int, act: ActName, company: Company) -> Decimal | None:
    """Of several roles the most generous counts; somebody without a role has the strictest limit."""
    by_role = {each.role: each.amount for each in ActLimit.objects.filter(company=company, act=act)}
    if not by_role:
        return None
    held = roles_of(user_id) & ACTS[act].roles
    if not held:
        return min((each for each in by_role.values() if each is not None), default=None)
    amounts = [by_role.get(role.value) for role in held]
    known = [each for each in amounts if each is not None]
    return max(known) if len(known) == len(amounts) else None


def home_amount(record: Subject) -> Decimal:
    """What the record comes to in its company's home currency."""
    if isinstance(record, Document):
        return record.home_total
    if isinstance(record, Refund):  # the whole line of the bank, with its fee
        return rounded(record.bank_amount * record.exchange_rate, record.company.home_currency)
    if isinstance(record, Payment | Adjustment):
        return rounded(record.amount * record.exchange_rate, record.company.home_currency)
    return rounded(record.amount * record.source.exchange_rate, record.company.home_currency)


def _key(wish: Wish) -> tuple[ActName, type[Subject], int]:
    return wish.act, type(wish.record), wish.record.pk
