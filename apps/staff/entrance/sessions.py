"""How long a session lasts: half an hour of silence, twelve hours in all; and how it is ended."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from allauth.core import context
from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

from apps.staff.entrance.records import last_proof
from apps.staff.models import User
from apps.staff.security import Kind, note

BEGAN: Final = "signed_in_at"
SEEN: Final = "seen_at"
FAULT: Final = 500  # with which Django keeps nothing of a session
TOUCH_AFTER: Final = 60.0  # seconds: a page is no write, a minute is

Answer = Callable[[HttpRequest], HttpResponse]


def begin(request: HttpRequest) -> None:
    """Start both clocks of a session; called as somebody signs in."""
    now = time.time()
    request.session[BEGAN] = now
    _touch(request, began=now, now=now)


def _touch(request: HttpRequest, *, began: float, now: float) -> None:
    """The session's own end: its row is gone by then for every process, whatever asks for it."""
    request.session[SEEN] = now
    end = min(now + settings.SESSION_IDLE, began + settings.SESSION_LONGEST)
    request.session.set_expiry(datetime.fromtimestamp(end, UTC))


def end_of(user: User, *, but: str = "") -> int:
    """End the sessions of a person, but for one (its key). How many were ended."""
    ended = 0
    for session in UserSession.objects.filter(user=user).exclude(session_key=but):
        ended += session.exists()
        session.end()
    return ended


def take_another_key(request: HttpRequest) -> None:
    """Go on under another key: whoever knew the one from before a sign-in gains nothing by it."""
    former = request.session.session_key
    request.session.cycle_key()
    # The list of one's own sessions goes along.
    rows = UserSession.objects.filter(session_key=former)
    rows.update(session_key=request.session.session_key)


class OwnSessions(DefaultUserSessionsAdapter):
    """What the page of one's own sessions ends is kept."""

    def end_sessions(self, sessions: list[UserSession]) -> None:
        super().end_sessions(sessions)
        if sessions:
            words = f"Signed out everywhere else ({len(sessions)})."
            note(Kind.SESSIONS_ENDED, words, request=context.request, count=len(sessions))


class EndSessions:
    """Ends a session that has been silent or has lasted too long, and notes that it is used."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        signed_in = request.user.is_authenticated
        # A cookie that opens nothing: the row has ended by itself.
        over = settings.SESSION_COOKIE_NAME in request.COOKIES and not request.session.session_key
        if isinstance(request.user, User):
            self._look_at(request, request.user)
        key, proved = request.session.session_key, last_proof(request)
        response = self.answer(request)
        # Signed in again within the session; a sign-in that begins one has taken another key already.
        stays = bool(key) and key == request.session.session_key
        if stays and response.status_code != FAULT and last_proof(request) > proved > 0:
            take_another_key(request)
        if (signed_in or over) and not request.user.is_authenticated:
            # The pages that somebody could go back to are gone, too.
            response["Clear-Site-Data"] = '"cache"'
        # allauth's form of sign-in sets an end of its own, after the session began.
        if SEEN in request.session and isinstance(request.session.get("_session_expiry"), int):
            _touch(request, began=request.session[BEGAN], now=request.session[SEEN])
        return response

    def _look_at(self, request: HttpRequest, user: User) -> None:
        if user.access_is_over:
            words = "The last day of this Auditor's access has passed: the session ended."
            note(Kind.SESSIONS_ENDED, words, request=request, person=user, count=1)
            logout(request)
            return
        now = time.time()
        began, seen = _clock(request, BEGAN), _clock(request, SEEN)
        over = now - began > settings.SESSION_LONGEST or now - seen > settings.SESSION_IDLE
        if over:
            logout(request)
        elif abs(now - seen) > TOUCH_AFTER:
            _touch(request, began=began, now=now)
            used = UserSession.objects.filter(session_key=request.session.session_key)
            used.update(last_seen_at=datetime.fromtimestamp(now, UTC))


def _clock(request: HttpRequest, name: str) -> float:
    """A session without its clocks is older than they are, so it is over."""
    found: Any = request.session.get(name)
    return float(found) if isinstance(found, int | float) else 0.0
