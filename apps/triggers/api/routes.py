"""An address of the API, declared once: who may, what is asked for, what is given.

The gate, the versions, the keys of repetition and the description all follow from the declaration.
"""

import inspect
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import wraps
from typing import Annotated, Any, Final, get_args, get_origin

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from ninja import Router

from apps.billing.actions import NeedsApproval, ask
from apps.billing.changes import made_by
from apps.core.numbers import whole
from apps.triggers.api.answers import Answer
from apps.triggers.api.gate import Caller, Gate, Request
from apps.triggers.api.inputs import Input
from apps.triggers.api.once import key_in, once, once_sealed
from apps.triggers.api.paging import Asked
from apps.triggers.api.problems import Problem, of_refusal
from apps.triggers.models import Scope

logger = logging.getLogger(__name__)
View = Callable[..., Answer]
BEGIN: Final = "/api/v1"


class Header(Enum):
    """What becomes of a header: not looked at, heeded where it is sent, or asked for."""

    NONE = "none"
    HEEDED = "heeded"
    NEEDED = "needed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    name: str
    method: str
    path: str
    scope: Scope | None
    right: str | None
    by_scope: bool  # a service has the right with the scope, which an administrator gave it
    repeat: Header  # Idempotency-Key
    version: Header  # If-Match
    status: int
    gives: Any
    reads: bool  # a body
    versioned: bool  # whether an ETag is given
    may_double: bool
    beforehand: Callable[[Any], Any] | None  # of the body: what is looked up in no transaction
    holds_secret: bool  # the answer: it is kept sealed, for a repetition


ROUTES: list[Route] = []


def route(
    router: Router,
    method: str,
    path: str,
    *,
    scope: Scope | None,
    right: str | None,
    gives: Any,
    by_scope: bool = False,
    status: int = 200,
    repeat: Header = Header.NONE,
    version: Header = Header.NONE,
    versioned: bool = False,
    holds_secret: bool = False,
    beforehand: Callable[[Any], Any] | None = None,
) -> Callable[[View], View]:
    """Declare the view as the answer of this address. Its docstring is the description, its first
    sentence the summary."""

    def declare(view: View) -> View:
        parameters = inspect.signature(view).parameters.values()
        kinds = [_plain(each.annotation) for each in parameters]
        body = next((each for each in kinds if _is(each, Input)), None)
        query = next((each for each in kinds if _is(each, Asked)), None)
        gate = Gate(
            scope=scope,
            right=right,
            by_scope=by_scope,
            query=frozenset() if query is None else frozenset(query.model_fields),
            body=body is not None,
        )
        made = Route(
            name=view.__name__,
            method=method,
            path=BEGIN + path,
            scope=scope,
            right=right,
            by_scope=by_scope,
            repeat=repeat,
            version=version,
            status=status,
            gives=gives,
            reads=body is not None,
            versioned=versioned,
            may_double=body is not None and "allow_duplicate" in body.model_fields,
            holds_secret=holds_secret,
            beforehand=beforehand,
        )
        ROUTES.append(made)
        summary, _, rest = " ".join((view.__doc__ or "").split()).partition(". ")
        router.api_operation(
            [method],
            path,
            auth=gate,
            response={status: gives},
            operation_id=view.__name__,
            summary=summary.removesuffix("."),
            description=rest,
        )(_guarded(view, made))
        return view

    return declare


def _plain(kind: Any) -> Any:
    """Without what ninja is told beside the type."""
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind


def _is(kind: Any, of: type) -> bool:
    return isinstance(kind, type) and issubclass(kind, of)


def _guarded(view: View, made: Route) -> Callable[..., HttpResponse]:
    @wraps(view)
    def guarded(request: Request, **given: Any) -> HttpResponse:
        request.matches = _matches(request, made.version)
        if made.method == "GET":
            return view(request, **given).as_response()
        key = None
        if made.repeat is not Header.NONE:
            key = key_in(request, needed=made.repeat is Header.NEEDED)
        if made.beforehand is not None:
            request.found_beforehand = made.beforehand(given["given"])
        try:
            with made_by(request.auth.user.pk), transaction.atomic():
                if key is None:
                    return view(request, **given).as_response()
                kept = once_sealed if made.holds_secret else once
                return kept(request, key, lambda: view(request, **given).as_response())
        except NeedsApproval as above:
            raise _asked_a_second_person(above, request.auth) from above
        except ValidationError as refusal:
            raise of_refusal(refusal) from refusal
        except IntegrityError as clash:
            logger.warning("Refused by the database: %s %s", made.method, made.path, exc_info=clash)
            raise Problem(
                "conflict", "Somebody did the same at the same moment. Read it again."
            ) from clash

    return guarded


def _asked_a_second_person(above: NeedsApproval, caller: Caller) -> Problem:
    try:
        with made_by(caller.user.pk):
            ask(above)
    except ValidationError as refusal:
        return Problem("needs-approval", " ".join(refusal.messages))
    waits = "It waits under “Approvals”; nothing is posted until then."
    return Problem("needs-approval", f"{' '.join(above.messages)} {waits}")


def _matches(request: Request, version: Header) -> frozenset[int] | None:
    sent = request.headers.get("If-Match")
    if version is Header.NONE or (sent is None and version is Header.HEEDED):
        return None
    if sent is None:
        raise Problem(
            "if-match-missing",
            "Read the record, and send its ETag as If-Match: then nobody's change is overwritten.",
            errors=[("If-Match", "It is missing.")],
        )
    if sent.strip() == "*":
        return None
    tags = [each.strip() for each in sent.split(",")]
    if not all(re.fullmatch(r'(W/)?"[\x21\x23-\x7e]*"', each) for each in tags):
        words = 'It is the ETag that was read, in quotes, such as "3".'
        raise Problem("malformed", f"If-Match is not right. {words}", errors=[("If-Match", words)])
    # A weak one never matches, and one that is no revision of ours names none.
    return frozenset(revision for each in tags if (revision := whole(each.strip('"'))) is not None)
