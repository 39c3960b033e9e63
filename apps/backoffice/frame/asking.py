"""Questions: what is not refused, but done only after a person said that it is meant."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.db import transaction

from apps.backoffice.frame import day_sense
from apps.backoffice.frame.days import DayField
from apps.billing.models import Company
from apps.staff.entrance.kept_forms import SIGNED_OUT

if TYPE_CHECKING:
    Base = forms.BaseForm
else:
    Base = object

TICKED: Final = "sure"
_only_shown: ContextVar[bool] = ContextVar("only_shown", default=False)
CONFIRM = "Look at what is asked, and tick it where it is meant. Nothing was done yet."


@contextmanager
def only_shown() -> Iterator[None]:
    """Forms that were sent are drawn as they were typed, and none of them is valid."""
    token = _only_shown.set(True)
    try:
        yield
    finally:
        _only_shown.reset(token)


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """A sentence to tick. Another sentence is another question, so another tick."""

    words: str
    ticked: bool

    @property
    def key(self) -> str:
        return key_of(self.words)


def key_of(words: str) -> str:
    return hashlib.sha256(words.encode()).hexdigest()[:20]


class Asking(Base):
    """A form that asks before it does what is rarely meant; first about days without sense."""

    asked: Sequence[Question] = ()

    def questions(self) -> Iterator[str]:
        """What to ask of the answers in `cleaned_data`, each as a sentence that ends in a yes."""
        company = self.company_asked()
        for name, field in self.fields.items():
            day = self.cleaned_data.get(name)
            if not isinstance(field, DayField) or not isinstance(day, date) or company is None:
                continue
            if not self._is_stored() or name in self.changed_data:
                label = str(field.label or name.replace("_", " ").capitalize())
                yield from day_sense.doubts(label, day, field.sense, company.today())

    def asked_now(self) -> Sequence[Question]:
        """What it asks, once it has been looked through."""
        self.is_valid()
        return self.asked

    def company_asked(self) -> Company | None:
        """The company by whose calendar days are judged."""
        for holder in (getattr(self, "record", None), getattr(self, "instance", None)):
            if isinstance(holder, Company):
                return holder
            if holder is not None and getattr(holder, "company_id", None):
                return Company.objects.get(pk=holder.company_id)
        found = self.cleaned_data.get("company")
        return found if isinstance(found, Company) else None

    def _hold_the_company(self) -> None:
        """What a question is about must not come about while it is asked: the lock that every act
        which posts takes is taken before it, where a transaction is open to hold it."""
        company = self.company_asked()
        if company is not None and transaction.get_connection().in_atomic_block:
            Company.locked(company.pk)

    def _is_stored(self) -> bool:
        """A day that stood there already was asked about when it was typed."""
        instance = getattr(self, "instance", None)
        return instance is not None and instance.pk is not None

    def full_clean(self) -> None:
        super().full_clean()
        self.asked = ()
        if self.is_bound and _only_shown.get():
            self.add_error(None, SIGNED_OUT)
        if not self.is_bound or self.errors:
            return
        self._hold_the_company()
        data: Any = self.data
        ticks = set(data.getlist(TICKED) if hasattr(data, "getlist") else data.get(TICKED, []))
        self.asked = [
            Question(words=words, ticked=key_of(words) in ticks)
            for words in dict.fromkeys(self.questions())
        ]
        if not all(each.ticked for each in self.asked):
            self.add_error(None, CONFIRM)


__all__ = ["CONFIRM", "TICKED", "Asking", "Question", "key_of"]
