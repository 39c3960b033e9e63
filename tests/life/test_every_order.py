"""Every order of acts, tried: what the bookkeeper allows posts what the bookkeeper posts, and what
the bookkeeper forbids is refused with a sentence and changes nothing."""

import os
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction

from tests.life.bookkeeper import NothingThere, Paper, Refused
from tests.life.desk import Desk
from tests.life.ledger import books
from tests.life.table import Amounts
from tests.life.test_orders import together

pytestmark = pytest.mark.django_db

# Invoice, payment, credit note, refund: each at most once, in every order.
CORE = (
    *("issue", "pay 120", "receive 120", "apply money 120"),
    *("credit all", "apply credit 120", "refund credit 120", "refund money 120"),
)
# And in parts, taken back, given up, returned, banked.
ALL = (
    *("issue", "pay 120", "pay 60", "receive 60", "apply money 60", "un-apply"),
    *("credit all", "credit 50", "apply credit 60", "refund credit 60", "refund money 60"),
    *("return payment", "cancel payment", "cancel refund", "void", "void credit"),
    *("write off 60", "cancel adjustment", "bank everything", "undo deposit"),
)
WALKS = int(os.environ.get("TIEOUT_WALKS", "40"))


class TakenBack(Exception):
    """Leaves the savepoint."""


@contextmanager
def for_a_look() -> Iterator[None]:
    """Whatever happens inside is taken back at the end."""
    try:
        with transaction.atomic():
            yield
            raise TakenBack
    except TakenBack:
        pass


class Walk:
    """The desk and the bookkeeper, act by act, side by side."""

    def __init__(self) -> None:
        self.desk = Desk.opened()
        self.tried: Counter[str] = Counter()

    def step(
        self, paper: Paper, act: str, standing: Amounts, path: Sequence[str]
    ) -> Amounts | None:
        """What stands afterwards; None where it is refused, by both. `paper` is written on."""
        before = paper.copy()
        try:
            posted = paper.do(act)
        except NothingThere:
            return None
        except Refused as refusal:
            paper.__dict__.update(before.__dict__)
            self.refused(act, refusal.words, standing, path)
            return None
        self.tried["allowed"] += 1
        try:
            self.desk.do(act)
        except ValidationError as told:
            pytest.fail(
                f"{[*path, act]} is allowed by the bookkeeper, and refused: {told.messages}"
            )
        after = together(standing, posted)
        assert books(self.desk.company) == after, [*path, act]
        if paper.invoice == "issued":
            assert self.desk.due() == Decimal(paper.due()), [*path, act]
        return after

    def refused(
        self, act: str, words: Sequence[str], standing: Amounts, path: Sequence[str]
    ) -> None:
        self.tried["refused"] += 1
        with pytest.raises(ValidationError) as told, transaction.atomic():
            self.desk.do(act)
        sentence = " ".join(told.value.messages)
        for each in words:
            assert each in sentence, (*path, act, sentence)
        assert books(self.desk.company) == standing, [*path, act]

    def every(
        self,
        paper: Paper,
        standing: Amounts,
        path: tuple[str, ...],
        menu: Callable[[tuple[str, ...]], Sequence[str]],
    ) -> None:
        """Depth first, each branch taken back."""
        for act in menu(path):
            trial = paper.copy()
            day, invoice = self.desk.day, self.desk.invoice
            with for_a_look():
                after = self.step(trial, act, standing, path)
                if after is not None:
                    self.every(trial, after, (*path, act), menu)
            self.desk.day, self.desk.invoice = day, invoice
            self.desk.invoice.refresh_from_db()


@pytest.mark.slow
def test_invoice_payment_credit_note_and_refund_in_every_order() -> None:
    walk = Walk()
    walk.every(Paper(), {}, (), lambda path: [act for act in CORE if act not in path])
    assert walk.tried["allowed"] > 100
    assert walk.tried["refused"] > 200


@pytest.mark.slow
def test_every_two_acts_after_an_invoice_is_issued() -> None:
    every_after_issue(2)


@pytest.mark.slow
def test_every_three_acts_after_an_invoice_is_issued() -> None:
    every_after_issue(3)


def every_after_issue(depth: int) -> None:
    walk = Walk()

    def menu(path: tuple[str, ...]) -> Sequence[str]:
        if not path:
            return ("issue",)
        return ALL if len(path) <= depth else ()

    walk.every(Paper(), {}, (), menu)
    assert walk.tried["allowed"] > 10**depth / 10


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(WALKS))
def test_twelve_acts_in_any_order(seed: int) -> None:
    """Walks further than every order can be tried; what is refused is passed by."""
    chance = random.Random(seed)
    walk, paper, standing = Walk(), Paper(), {}
    path: tuple[str, ...] = ()
    for act in ("issue", *(chance.choice(ALL) for _ in range(30))):
        after = walk.step(paper, act, standing, path)
        if after is not None:
            standing, path = after, (*path, act)
        if len(path) == 12:
            break
    assert len(path) > 3
