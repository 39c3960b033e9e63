"""Buttons on the page of a person: the invitation, rights that wait, and a company of one person."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpRequest

from apps.backoffice.frame.acts import ActForm, ButtonAct, OnRequest
from apps.backoffice.frame.asked_once import while_shown
from apps.backoffice.frame.permissions import SEE_PEOPLE
from apps.backoffice.frame.reasons import ReasonForm
from apps.staff import declaring, people
from apps.staff.acts import ActName
from apps.staff.entrance.company.links import got_in
from apps.staff.inviting import invite, withdraw_open
from apps.staff.models import RightsRequest, User
from apps.staff.reach import in_words, is_within
from apps.staff.roles import RoleName
from apps.staff.security import Kind, note


def me(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # the admin lets nobody else in
    return request.user


def is_new(person: User) -> bool:
    """Somebody who has not used an invitation yet (a program never does)."""
    return person.is_staff and not person.is_active and not got_in(person)


@while_shown
def asked_for(person: User) -> RightsRequest | None:
    """What waits for a second administrator."""
    rows = RightsRequest.objects.filter(person=person, state=RightsRequest.State.WAITING)
    return rows.select_related("asked_by", "person").first()


@while_shown
def has_open_invitation(person: User) -> bool:
    return any(each.is_open() for each in person.invitations.all()[:1])


@dataclass(frozen=True, kw_only=True)
class OnAnother(ButtonAct):
    """Not offered on one's own page, nor for somebody beyond one's companies, who may be shown because
    something of theirs waits."""

    def offered(self, request: HttpRequest, record: Any) -> bool:
        reached = record.pk != request.user.pk and is_within(record, me(request))
        return super().offered(request, record) and reached


@dataclass(frozen=True, kw_only=True)
class OnAnothersRequest(ButtonAct):
    """Offered to those who decide it, never to who asked (`staff/people.py` refuses it)."""

    def offered(self, request: HttpRequest, record: Any) -> bool:
        return super().offered(request, record) and record.pk in people.awaiting(me(request))


@dataclass(frozen=True, kw_only=True)
class OnOneself(ButtonAct):
    """Offered on one's own page alone."""

    def offered(self, request: HttpRequest, record: Any) -> bool:
        return super().offered(request, record) and record.pk == request.user.pk


# --- the invitation --------------------------------------------------------------------------------


def _invite(request: HttpRequest, person: User, answers: dict[str, Any]) -> str:
    invite(person, by=me(request))
    words = f"{me(request)} sent {person} an invitation."
    note(Kind.PERSON_CHANGED, words, request=request, subject=person)
    return (
        f"An invitation goes to {person.email}. It is good for three days; earlier links are over."
    )


def _withdraw_invitation(request: HttpRequest, person: User, answers: dict[str, Any]) -> str:
    withdraw_open(person)
    words = f"{me(request)} withdrew the invitation of {person}."
    note(Kind.PERSON_CHANGED, words, request=request, subject=person)
    return "Withdrawn. The link opens nothing any more."


INVITE = OnAnother(
    name="invite",
    words="Send the invitation again",
    permission=ActName.GIVE_ACCESS,
    when=lambda person: is_new(person) and asked_for(person) is None,
    do=_invite,
    means="A new link is mailed. It is good for three days, once; every earlier one is over.",
)
WITHDRAW_INVITATION = OnAnother(
    name="withdraw-invitation",
    words="Withdraw the invitation",
    permission=ActName.GIVE_ACCESS,
    when=lambda person: is_new(person) and has_open_invitation(person),
    do=_withdraw_invitation,
    danger=True,
    means="The link opens nothing any more, and nobody signs in with it.",
)

# --- rights that wait ------------------------------------------------------------------------------


def _waits(person: User) -> bool:
    return asked_for(person) is not None


def _asked(person: User) -> RightsRequest:
    found = asked_for(person)
    assert found is not None  # `when` has looked, under the same lock
    return found


def _agree(request: HttpRequest, person: User, answers: dict[str, Any]) -> str:
    people.agree(_asked(person), me(request), request=request)
    return f"Agreed: {_asked_words(person)}"


def _asked_words(person: User) -> str:
    stored = User.objects.get(pk=person.pk)
    return (
        f"{person} is {' and '.join(sorted(stored.role_names)) or 'without a role'}{until(stored)}."
    )


def how_many(companies: list[int] | None) -> str:
    return in_words(None if companies is None else frozenset(companies))


def until(rights: User | RightsRequest) -> str:
    """“ until 31 Mar 2027” of an Auditor, else nothing."""
    return f" until {rights.last_day:%-d %b %Y}" if rights.last_day else ""


def _refuse(request: HttpRequest, person: User, answers: dict[str, Any]) -> str:
    people.refuse(_asked(person), me(request), reason=answers["reason"])
    return "Refused. Nothing was given."


def _withdraw(request: HttpRequest, person: User, answers: dict[str, Any]) -> str:
    people.withdraw(_asked(person), me(request))
    return "Withdrawn. Nothing was given."


def _meaning(person: User) -> str:
    asked = _asked(person)
    active = "" if asked.active == asked.active_before else " They may sign in again."
    where = ""
    if asked.companies != asked.companies_before:
        where = f" They saw {how_many(asked.companies_before)}, and would see {how_many(asked.companies)}."
    return (
        f"{asked.asked_by} asked that {person} be {' and '.join(asked.roles) or 'without a role'}"
        f"{until(asked)} (now: {' and '.join(asked.roles_before) or 'without a role'}).{where}{active} It holds as soon as you"
        " agree, and a new person is invited then."
    )


AGREE = OnAnothersRequest(
    name="agree",
    words="Agree to the rights",
    permission=ActName.GIVE_ACCESS,
    when=_waits,
    do=_agree,
    main=True,
    means=_meaning,
)
REFUSE = OnAnothersRequest(
    name="refuse-rights",
    words="Refuse the rights",
    permission=ActName.GIVE_ACCESS,
    when=_waits,
    do=_refuse,
    asks=ReasonForm,
    danger=True,
)
WITHDRAW = OnRequest(
    request_of=asked_for,
    by_asker=True,
    name="withdraw-rights",
    words="Withdraw the request",
    permission=ActName.GIVE_ACCESS,
    when=_waits,
    do=_withdraw,
    means="Nothing is given, and nobody is asked any more.",
)

# --- a company of one person -----------------------------------------------------------------------


def _declare(request: HttpRequest, person: User, answers: dict[str, Any]) -> str:
    declaring.declare(person, answers["reason"], by=me(request), request=request)
    return "Declared. You give access and work on the books, until a second person is active."


class PartForm(ActForm):
    keep = forms.ChoiceField(label="You stay", widget=forms.RadioSelect)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        keep = self.fields["keep"]
        assert isinstance(keep, forms.ChoiceField)
        held = self.record.role_names - {RoleName.VIEWER}
        keep.choices = [(each.value, each.value) for each in sorted(held)]


def _part(request: HttpRequest, person: User, answers: dict[str, Any]) -> str:
    keep = RoleName(answers["keep"])
    declaring.part(me(request), keep, request=request)
    return f"Parted: you are {keep.value} from now on."


DECLARE = OnOneself(
    name="declare",
    words="We are one person",
    permission=ActName.GIVE_ACCESS,
    when=lambda person: not declaring.why_not_declare(person),
    do=_declare,
    asks=ReasonForm,
    means=(
        "Giving access and working on the books are for two people. Where there is only one, you declare it:"
        " you then do both. Who declared it, when and why is kept, shown on the first page, and printed on"
        " every proof of the books. It ends by itself when a second person is active who gives access or"
        " works on the books; you then choose which of the two you keep."
    ),
)
PART = OnOneself(
    name="part",
    words="Choose which role you keep",
    permission=SEE_PEOPLE,
    when=lambda person: person.must_part,
    do=_part,
    asks=PartForm,
    main=True,
    means=declaring.PART,
)

PERSON_ACTS = (PART, AGREE, REFUSE, WITHDRAW, INVITE, WITHDRAW_INVITATION, DECLARE)
