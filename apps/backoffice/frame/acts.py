"""Acts: what a person does to one record with a button, after seeing what it means.

There are two kinds: a button that does it, mostly after a form, and a page of its own. Their names
in the address and their words stand where the act is defined; who may do them, in `staff/acts.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from django import forms
from django.contrib.admin import AdminSite
from django.db.models import Model
from django.db.models.options import Options
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString

from apps.backoffice.frame.asking import Asking
from apps.backoffice.frame.permissions import may
from apps.backoffice.frame.versions import State


class Rehearses(Protocol):
    """Does it for a look, with copies of what is given: nothing of it stays."""

    def __call__(
        self, request: HttpRequest, record: Any, do: Callable[..., object], *given: Any
    ) -> SafeString: ...


class Screen(Protocol):
    """What an act and its page need of the screen that they stand on."""

    opts: "Options[Any]"
    admin_site: AdminSite

    def get_object(self, request: HttpRequest, object_id: str) -> Any:
        """The record, or None where there is none that this person may look for."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool: ...

    def url_name(self, name: str) -> str: ...

    def page(self, name: str, *args: Any) -> str:
        """The address of one of this model's pages: changelist, change, or an act's name."""

    def called(self, record: Any) -> str:
        """What staff call this record."""

    def trail(self, *steps: str, record: Model | None = None) -> list[tuple[str, str]]:
        """Where a page is: (words, address) from the list down; the last has no address."""


def always(record: Any) -> bool:
    return True


def as_typed(record: Any, typed: str) -> str:
    return typed


class ActForm(Asking, forms.Form):
    """What an act asks; subclasses add fields. `record` is what it is done to."""

    def __init__(self, *args: Any, record: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.record = record


@dataclass(frozen=True, kw_only=True)
class Act:
    """What both kinds have in common. `when` says for which records it is offered."""

    name: str  # in the address
    words: str  # on the button
    permission: str
    when: Callable[[Any], bool] = always
    danger: bool = False
    main: bool = False  # the button a person most likely wants
    group: str = ""  # what its row of buttons is called, where a record has many
    calls_out: bool = False  # speaks to an accounting system: no transaction is held meanwhile
    # What stands there of what it changes: the form carries it, and is refused once it has moved.
    edits: Callable[[Any], State] | None = None
    # In the words of `edits`, what was typed into the form of this record.
    reads_as: Callable[[Any, str], str] = as_typed

    def offered(self, request: HttpRequest, record: Any) -> bool:
        return may(request, self.permission) and self.when(record)

    @property
    def at_once(self) -> bool:
        """Whether the button does it, with nothing shown before."""
        return False


@dataclass(frozen=True, kw_only=True)
class ButtonAct(Act):
    """A button: `do(request, record, answers)` returns a sentence, or a response to show.

    With `asks` (a form) or `means` (a sentence that says what it will do) a page comes first;
    without either, the button does it.
    """

    do: Callable[[HttpRequest, Any, dict[str, Any]], str | HttpResponse]
    asks: type[ActForm] | None = None
    means: str | Callable[[Any], str] = ""
    doubts: Callable[[Any], list[str]] | None = None  # what to look at before it is done
    # What will come of it elsewhere, as a template has drawn it.
    foretells: Callable[[HttpRequest, Any], SafeString] | None = None
    # Likewise where it hangs on what is typed.
    rehearses: Rehearses | None = None

    @property
    def at_once(self) -> bool:
        return self.asks is None and not self.means

    def meaning(self, record: Any) -> str:
        return self.means(record) if callable(self.means) else self.means


@dataclass(frozen=True, kw_only=True)
class PageAct(Act):
    """A page of its own, which shows and does what it is for."""

    page: Callable[[Screen, HttpRequest, Any], HttpResponse]


@dataclass(frozen=True, kw_only=True)
class OnRequest(ButtonAct):
    """A button on what one person asked and a second one decides: offered to everybody but whoever
    asked, or `by_asker` to them alone. The rules behind refuse the others too."""

    request_of: Callable[[Any], Any]  # the request that waits on this record; None where none does
    by_asker: bool = False

    def offered(self, request: HttpRequest, record: Any) -> bool:
        if not super().offered(request, record):
            return False
        asked = self.request_of(record)
        return asked is not None and (asked.asked_by_id == request.user.pk) is self.by_asker
