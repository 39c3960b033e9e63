"""Money that a file brings waits in its batch, each movement once, whichever file tells of it."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db import models, transaction

from apps.billing.models import Batch, Company
from apps.core.rows import insert_rows
from apps.exchange.imports.money.plans import ACT_OF, Plan, stored
from apps.exchange.models import BroughtMoney

ASKED_AT_ONCE = 500  # keys in one query


@dataclass(frozen=True, kw_only=True, slots=True)
class Movement:
    """A movement of money as its file tells it. `key` is `key_of` what makes it that one; `called` what
    staff find in the file."""

    row: int
    key: str
    called: str
    plan: Plan


def key_of(*told: object) -> str:
    """The key of what is told so: the same texts in the same order give the same one."""
    parts = [str(each) for each in told]
    told_apart = "".join(f"{len(each)}:{each}" for each in parts)
    return hashlib.sha256(told_apart.encode()).hexdigest()


def known(company: Company, keys: Collection[str]) -> dict[str, BroughtMoney]:
    """Those of them that were brought before and not taken back: they wait, or are made."""
    wanted, found = sorted(set(keys)), dict[str, BroughtMoney]()
    for start in range(0, len(wanted), ASKED_AT_ONCE):
        some = wanted[start : start + ASKED_AT_ONCE]
        rows = BroughtMoney.objects.filter(company=company, dropped=False, key__in=some)
        rows = rows.select_related("batch", "payment")
        found.update((each.key, each) for each in rows)
    return found


def hold(batch: Batch, movements: Sequence[Movement]) -> int:
    """Put them on hold; the number of those that were not brought before. A key that is told twice is
    one movement."""
    with transaction.atomic():
        company = Company.locked(batch.company_id)  # two files at once do not bring one twice
        fresh = {each.key: each for each in reversed(movements)}
        for key in known(company, fresh):
            del fresh[key]
        return insert_rows(
            BroughtMoney,
            [
                BroughtMoney(
                    company=company,
                    batch=batch,
                    row=each.row,
                    act=ACT_OF[type(each.plan)].value,
                    key=each.key,
                    called=each.called[:200],
                    plan=stored(each.plan),
                )
                for each in reversed(fresh.values())
            ],
        )


def waiting(batch: Batch) -> "models.QuerySet[BroughtMoney]":
    """What of it is neither made nor taken back."""
    return _waiting().filter(batch=batch)


def waiting_of(company: Company, act: BroughtMoney.Act) -> "models.QuerySet[BroughtMoney]":
    """The same of all batches of a company, of one kind."""
    return _waiting().filter(company=company, act=act)


def _waiting() -> "models.QuerySet[BroughtMoney]":
    return BroughtMoney.objects.filter(dropped=False, payment=None, refund=None, deposit=None)


def held_money(batch: Batch) -> dict[BroughtMoney.Act, int]:
    """How many movements of each kind wait in it."""
    counts = waiting(batch).order_by().values_list("act").annotate(models.Count("pk"))
    return {BroughtMoney.Act(act): count for act, count in counts}
