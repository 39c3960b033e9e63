"""The gate of each address: who asks, whether they may, and whether what they send can be read."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any, Final, NoReturn

from django.http import HttpRequest
from ninja.parser import Parser
from ninja.security import HttpBearer

from apps.billing.models import Company
from apps.billing.sight import companies_of, in_sight
from apps.core.numbers import SIGNS, whole
from apps.staff.models import User
from apps.triggers.api.calls import refuse_too_many
from apps.triggers.api.keys import key_of
from apps.triggers.api.problems import Problem
from apps.triggers.models import READS_EVENTS, ApiKey, Scope

LARGEST_BODY: Final = 2**20
DEEPEST: Final = 20
ASK_FOR_KEY: Final = {"WWW-Authenticate": 'Bearer realm="Tieout"'}


@dataclass
class Caller:
    """Who asks: a key that is alive, and the person behind it."""

    key: ApiKey

    @property
    def user(self) -> User:
        return self.key.user

    @cached_property
    def companies(self) -> list[Company]:
        """Of the key, those that its person sees now."""
        return list(in_sight(self.user, self.key.companies.order_by("pk")))

    @cached_property
    def company_ids(self) -> list[int]:
        return [each.pk for each in self.companies]

    def company(self, number: int | None, field: str = "company") -> Company:
        """The one that is named; without a name the key's only one. Raises `Problem`."""
        if number is None and len(self.companies) == 1:
            return self.companies[0]
        listed = ", ".join(f"{each.pk} ({each.legal_name})" for each in self.companies)
        if number is None:
            words = f"This key is for several companies, so say which: {listed}."
            raise Problem("invalid", words, errors=[(field, words)])
        for each in self.companies:
            if each.pk == number:
                return each
        words = f"This key is for no company {number}. It is for {listed}."
        raise Problem("invalid", words, errors=[(field, words)])


class Request(HttpRequest):
    """One that passed the gate. `matches` are the revisions that `If-Match` names; None: not sent, or
    any. `found_beforehand` is what the route looked up before any row was locked."""

    auth: Caller
    matches: frozenset[int] | None
    found_beforehand: Any


class Gate(HttpBearer):
    """Of one address and method. Runs before anything of the request is read otherwise."""

    def __init__(
        self,
        *,
        scope: Scope | None,
        right: str | None,
        by_scope: bool,
        query: frozenset[str],
        body: bool,
    ) -> None:
        super().__init__()
        self.scope, self.right, self.by_scope = scope, right, by_scope
        self.query, self.body = query, body

    def __call__(self, request: HttpRequest) -> Caller:
        caller = Caller(self._key(request))
        refuse_too_many(caller.key)
        if not request.accepts("application/json"):
            raise Problem("not-acceptable", "Answers are application/json: let Accept name it.")
        self._refuse_without_right(caller)
        _refuse_without_company(caller)
        _refuse_query(request, self.query)
        if self.body:
            request.api_body = _read(request)  # type: ignore[attr-defined] # for the parser below
        return caller

    def authenticate(self, request: HttpRequest, token: str) -> NoReturn:
        raise NotImplementedError  # asked for by the base class; `__call__` does it all

    def _key(self, request: HttpRequest) -> ApiKey:
        scheme, _, text = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not text.strip():
            raise Problem(
                "not-authenticated",
                "Send the key as “Authorization: Bearer tie_…”.",
                headers=ASK_FOR_KEY,
            )
        key = key_of(text.strip())
        if key is not None and key.waits_for_release and key.revoked_at is None:
            raise Problem(
                "not-authenticated",
                "This key waits for an accountant to release it under “API keys”, and opens nothing "
                "until then.",
                headers=ASK_FOR_KEY,
            )
        if key is None or not key.is_alive():
            raise Problem(
                "not-authenticated",
                "This key opens nothing: it is unknown, expired or revoked, or its person is "
                "inactive. Make another one under “API keys”.",
                headers=ASK_FOR_KEY,
            )
        request.api_key = key  # type: ignore[attr-defined] # read at the door, for the list of calls
        return key

    def _refuse_without_right(self, caller: Caller) -> None:
        if self.scope is not None and self.scope not in caller.key.scopes:
            raise Problem(
                "not-allowed",
                f"This key lacks the scope “{self.scope.value}”. Make one that has it.",
            )
        right = self.right
        if self.by_scope and caller.key.kind == ApiKey.Kind.SERVICE:
            right = READS_EVENTS  # whatever its role does, it has one
        if right is not None and not caller.user.has_perm(right):
            raise Problem(
                "not-allowed",
                f"{caller.user} may not do this in Tieout, so their key may not either.",
            )


def _refuse_without_company(caller: Caller) -> None:
    """A key reaches no further than its person does now, who may have been moved out of all of its."""
    if companies_of(caller.user) is not None and not caller.companies:
        raise Problem(
            "not-allowed",
            f"{caller.user} sees no company of this key any more, so the key opens nothing.",
        )


class BodyAsRead(Parser):
    """Gives ninja what the gate has read: its own reading would lose our words."""

    def parse_body(self, request: HttpRequest) -> Any:
        return request.api_body  # type: ignore[attr-defined] # set at the gate


def _refuse_query(request: HttpRequest, known: frozenset[str]) -> None:
    errors = [
        (name, "There is no such parameter.") for name in sorted(request.GET) if name not in known
    ]
    errors += [
        (name, "It is given more than once.")
        for name in sorted(request.GET)
        if name in known and len(request.GET.getlist(name)) > 1
    ]
    errors += [
        (name, "It holds a character that no text has.")
        for name, value in request.GET.items()
        if name in known and not _is_text(str(value))
    ]
    if errors:
        words = "Some parameters of the address are not right."
        raise Problem("invalid", words, errors=errors)


def _read(request: HttpRequest) -> Any:
    if request.content_type != "application/json":
        raise Problem("media-type", "Send the body as application/json.")
    length = whole(request.META.get("CONTENT_LENGTH") or "0")
    if length is None or length > LARGEST_BODY:
        raise Problem("too-large", "A body holds at most 1 MiB. Send it in parts.")
    try:
        text = request.body.decode("utf-8")
    except UnicodeDecodeError:
        raise Problem("malformed", "The body is not UTF-8.") from None
    try:
        body = json.loads(
            text,
            parse_float=_figure,
            parse_int=_whole,
            parse_constant=_no_figure,
            object_pairs_hook=_once_each,
        )
    except RecursionError:
        raise Problem("malformed", "The body is nested too deeply.") from None
    except InvalidOperation:
        raise Problem("malformed", "A figure of the body is larger than any amount.") from None
    except ValueError as error:
        raise Problem("malformed", f"The body is no JSON: {error}") from None
    if not isinstance(body, dict):
        raise Problem("malformed", "The body is to be one JSON object.")
    errors = list(_odd(body, (), 0))
    if errors:
        raise Problem("invalid", "Some texts of the body are not right.", errors=errors)
    return body


def _figure(text: str) -> Decimal:
    """Raises InvalidOperation for one that is too long; how far it may be from the point is said by its
    field."""
    if len(text) > SIGNS:
        raise InvalidOperation
    return Decimal(text)


def _whole(text: str) -> int:
    """The same of a number without a point."""
    if len(text) > SIGNS:
        raise InvalidOperation
    return int(text)


def _no_figure(word: str) -> NoReturn:
    raise ValueError(f"{word} is no figure")


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("a name is given twice in one object")
    return made


def _odd(value: Any, place: tuple[str, ...], depth: int) -> Iterator[tuple[str, str]]:
    """Texts that no database holds: with NUL, or with half of a surrogate pair."""
    if depth > DEEPEST:
        raise Problem("malformed", "The body is nested too deeply.")
    if isinstance(value, str) and not _is_text(value):
        yield ".".join(place), "It holds a character that no text has."
    elif isinstance(value, dict):
        for name, each in value.items():
            if not _is_text(name):
                yield ".".join(place), "A name in it holds a character that no text has."
            else:
                yield from _odd(each, (*place, name), depth + 1)
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from _odd(each, (*place, str(number)), depth + 1)


def _is_text(value: str) -> bool:
    return "\0" not in value and not any("\ud800" <= each <= "\udfff" for each in value)
