"""What an import brought and holds back: documents as drafts, or money as plans. Counted, released,
taken back, whichever it is."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import models, transaction

from apps.billing.acts.batches import held_documents, release_batch, take_back_batch
from apps.billing.acts.bulk.masters import PORTION, delete_unused
from apps.billing.models import Customer, Item
from apps.connectors.profiles import Subject
from apps.exchange.imports.at_hand import subject_of
from apps.exchange.imports.money.holding import held_money
from apps.exchange.imports.money.releasing import release_money, take_back_money
from apps.exchange.models import BroughtMaster, BroughtMoney, FileImport


@dataclass(slots=True)
class TakenBack:
    """How many documents or movements, and by what staff call one, how many masters went with them and
    how many stay."""

    count: int
    masters: dict[str, int] = field(default_factory=dict)
    stay: dict[str, int] = field(default_factory=dict)


OF_MONEY = frozenset({Subject.PAYMENTS, Subject.PAYOUTS})


def brings_money(file_import: FileImport) -> bool:
    return subject_of(file_import) in OF_MONEY


def held(file_import: FileImport) -> dict[str, int]:
    """How many of each kind wait in its batch, by what staff call one of them."""
    batch = file_import.batch
    if batch is None:
        return {}
    if brings_money(file_import):
        return {act.label: count for act, count in held_money(batch).items()}
    return {str(model._meta.verbose_name): count for model, count in held_documents(batch)}


def release_now(file_import: FileImport) -> int:
    """Release all that waits; the number of what was. Of documents, raises ValidationError before any
    is issued where one is unfit; of money, what is refused stays on hold with its sentence."""
    batch = file_import.batch
    assert batch is not None, "what waits has a batch"
    if brings_money(file_import):
        return release_money(batch).done
    return release_batch(batch).issued


def take_back(file_import: FileImport) -> TakenBack:
    """Take all that waits back, and of documents the customers and items that came with them and that
    nothing else names by now. Raises ValidationError once its release has begun."""
    batch = file_import.batch
    assert batch is not None, "what waits has a batch"
    if brings_money(file_import):
        return TakenBack(take_back_money(batch))
    taken = TakenBack(take_back_batch(batch))
    came = BroughtMaster.objects.filter(batch=batch)
    _take_along(taken, "customer", Customer, came)
    _take_along(taken, "item", Item, came)
    return taken


def _named_by_plans(name: str, keys: Sequence[int]) -> set[int]:
    """Those that money on hold is of: no foreign key tells that."""
    if name != "customer":
        return set()
    waits = BroughtMoney.objects.filter(dropped=False, payment=None, refund=None, deposit=None)
    return set(waits.filter(plan__customer__in=keys).values_list("plan__customer", flat=True))


def is_left_to_take_back(file_import: FileImport) -> bool:
    """Whether taking it back was broken off: then it goes on."""
    batch = file_import.batch
    if batch is None or batch.taken_back_at is None:
        return False
    return bool(sum(held(file_import).values())) or batch.brought_masters.exists()


def _take_along(
    taken: TakenBack,
    name: str,
    model: type[Customer] | type[Item],
    came: "models.QuerySet[BroughtMaster]",
) -> None:
    keys = list(came.filter(**{f"{name}__isnull": False}).values_list(name, flat=True))
    gone = 0
    for start in range(0, len(keys), PORTION):
        some = keys[start : start + PORTION]
        with transaction.atomic():
            came.filter(**{f"{name}__in": some}).delete()
            gone += delete_unused(model, set(some) - _named_by_plans(name, some))
    taken.masters[name], taken.stay[name] = gone, len(keys) - gone
