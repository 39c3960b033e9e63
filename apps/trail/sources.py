"""What is sealed: every row that is written once, found by itself, and what is over of the rest."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from django.apps import apps
from django.db import models
from django.db.models import Q, QuerySet

from apps.billing.models import Approval, Company
from apps.core.kept import Kept
from apps.reconciliation.models import KeptComparison
from apps.sync.models import (
    Attempt,
    Call,
    Candidate,
    Conflict,
    CustomerMerge,
    MatchDecision,
    Run,
    UndoPart,
)
from apps.trail.models import AuditorPack, Entry, RuledDeed, Shape

OWN: Final = (Entry, Shape)  # the chain itself is no source of the chain
FAR: Final = 4  # foreign keys between a row and its company


@dataclass(frozen=True, kw_only=True)
class Source:
    """Rows of one model, or one part of them. `kind` is its name in the trail.

    `over` says from when on nothing of the `columns` changes any more; None: from the beginning.
    `at` is the column that says when a row was written, "" where none does.
    """

    model: type[models.Model]
    columns: tuple[str, ...]
    part: str = ""
    over: Q | None = None
    at: str = ""

    @property
    def kind(self) -> str:
        label = self.model._meta.label
        return f"{label}:{self.part}" if self.part else label

    @property
    def words(self) -> str:
        """What people call such a row."""
        name = str(self.model._meta.verbose_name)
        return f"{self.part} of {name}" if self.part else name

    @property
    def table_words(self) -> str:
        """What people call all of them."""
        if is_history(self.model):
            return f"history of {remembers(self.model)._meta.verbose_name_plural}"
        return (
            f"{self.part} of {self.model._meta.verbose_name_plural}"
            if self.part
            else str(self.model._meta.verbose_name_plural)
        )

    @property
    def company(self) -> str:
        """The path to its company's key, "" where it is nobody's."""
        return path_to_company(self.model)

    def rows(self) -> QuerySet[Any]:
        """All of them, past any guard; in the order of their keys."""
        return models.QuerySet(self.model).order_by("pk")

    def ended(self) -> QuerySet[Any]:
        """Those that are over."""
        return self.rows() if self.over is None else self.rows().filter(self.over)

    def read(self, rows: QuerySet[Any], columns: Sequence[str]) -> "QuerySet[Any, tuple[Any, ...]]":
        """(key, company, time, *columns) of each."""
        # A path of its own stands in for what a model lacks, so that each row has the same shape.
        return rows.values_list("pk", self.company or "pk", self.at or "pk", *columns)


def sources() -> Mapping[str, Source]:
    """By kind, in an order of its own."""
    return _sources()


@cache
def _sources() -> Mapping[str, Source]:
    found = {each.kind: each for each in (*_written_once(), *_over())}
    return dict(sorted(found.items()))


def is_history(model: type[models.Model]) -> bool:
    """Whether simple-history keeps rows of another model there, guarded by us or not."""
    return hasattr(model, "history_object")


def remembers(history: type[models.Model]) -> type[models.Model]:
    """The model whose records this history is of."""
    of: type[models.Model] = vars(history)["history_object"].model
    return of


def kept_models() -> Iterator[type[models.Model]]:
    """Every model whose rows are written once."""
    for model in apps.get_models(include_auto_created=True):
        if issubclass(model, Kept) or is_history(model):
            yield model


def _written_once() -> Iterator[Source]:
    for model in kept_models():
        if model not in OWN:
            yield Source(model=model, columns=_columns(model), at=_written_at(model))


def _written_at(model: type[models.Model]) -> str:
    for each in model._meta.concrete_fields:
        if each.name == "history_date":
            return each.name
        if isinstance(each, models.DateTimeField) and each.auto_now_add:
            return each.name
    return ""


def _over() -> Iterator[Source]:
    """Rows that change until they are over."""
    # A replay moves the first, and settling the second, of a call whose answer is known.
    moves = ("may_have_left_until", "state")
    answered = Q(state__in=[Call.State.ANSWERED, Call.State.UNSENT, Call.State.SETTLED])
    bodies = ("body", "answer")
    yield Source(model=Call, columns=_columns(Call, *bodies, *moves), over=answered)
    yield Source(
        model=Call, part=Call.BODIES, columns=bodies, over=answered & ~Q(body=b"", answer=b"")
    )
    yield Source(model=Attempt, columns=_columns(Attempt))
    yield Source(
        model=Run,
        columns=_columns(Run),
        over=Q(ended_at__isnull=False) & ~Q(outcome=Run.Outcome.RUNNING),
    )
    yield Source(model=Conflict, columns=_columns(Conflict), over=~Q(decision=""))
    yield Source(
        model=Candidate,
        columns=_columns(Candidate, "evidence"),
        # What is to be taken back over there is asked anew where that is refused.
        over=Q(decision__in=[Candidate.Decision.LINK, Candidate.Decision.KEEP_BOTH])
        | Q(taken_back_at__isnull=False),
    )
    yield Source(model=CustomerMerge, columns=_columns(CustomerMerge), over=~Q(decision=""))
    withdrawn = ("withdrawn_at", "withdrawn_by_id")
    yield Source(model=MatchDecision, columns=_columns(MatchDecision, *withdrawn))
    yield Source(
        model=MatchDecision,
        part="withdrawal",
        columns=withdrawn,
        over=Q(withdrawn_at__isnull=False),
    )
    left = ("left_at", "left_by_id")
    yield Source(model=UndoPart, columns=_columns(UndoPart, *left))
    yield Source(model=UndoPart, part="leaving", columns=left, over=Q(left_at__isnull=False))
    asked = (
        *("company_id", "act", "answers", "fingerprint", "amount", "limit"),
        *("requested_by_id", "requested_at"),
        *("invoice_id", "credit_note_id", "payment_id", "allocation_id"),
        *("adjustment_id", "refund_id"),
    )
    yield Source(model=Approval, part="request", columns=asked)
    yield Source(model=Approval, columns=_columns(Approval), over=~Q(state=Approval.State.WAITING))
    yield Source(
        model=KeptComparison,
        columns=_columns(KeptComparison, "held_until", "journal"),
        over=Q(state__in=[KeptComparison.State.DONE, KeptComparison.State.STOPPED]),
    )
    # By its checksum a pack is known again, also years later.
    yield Source(
        model=AuditorPack,
        columns=_columns(AuditorPack),
        over=Q(state__in=[AuditorPack.State.READY, AuditorPack.State.BROKEN]),
    )


def _columns(model: type[models.Model], *without: str) -> tuple[str, ...]:
    return tuple(
        each.attname for each in model._meta.concrete_fields if each.attname not in without
    )


@cache
def path_to_company(model: type[models.Model]) -> str:
    """The shortest way over foreign keys to the key of a company, as a look-up; "" without one."""
    if model is Company:
        return "pk"
    if is_history(model) and remembers(model) is Company:
        return "id"
    if model is RuledDeed:
        return "company_id"
    ways: list[tuple[str, type[models.Model]]] = [("", model)]
    for _ in range(FAR):
        further = []
        for way, here in ways:
            for field in _foreign_keys(here):
                step = f"{way}{field.name}"
                if field.related_model is Company:
                    return f"{step}_id"
                further.append((f"{step}__", field.related_model))
        ways = further
    return ""


def _foreign_keys(model: type[models.Model]) -> Iterator[Any]:
    """Those that every row has, first; people and the row that a history is of lead to no company."""
    from django.contrib.auth import get_user_model

    found = [
        each
        for each in model._meta.concrete_fields
        if isinstance(each, models.ForeignKey)
        and each.related_model not in (get_user_model(), model)
    ]
    yield from sorted(found, key=lambda each: each.null and not is_history(model))
