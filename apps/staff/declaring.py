"""A company of one person: declared with a reason, printed on proofs, over with the second person."""

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from apps.staff.access import put_roles
from apps.staff.entrance.company.links import got_in
from apps.staff.letters import write_to
from apps.staff.models import OnePersonDeclaration, User
from apps.staff.models.users import BESIDE_NOBODY
from apps.staff.roles import WORKS_ON_BOOKS, RoleName, in_both_hands
from apps.staff.security import Kind, note

PART = (
    "You give access and work on the books, and you are not alone any more, so nothing of either is"
    " done until your roles are parted: open your own page under “Staff” and choose which you keep."
)

NOT_ON_A_PAGE = (
    "Others signed in here before. Where one person is left, whoever operates the host declares it:"
    " manage.py staff declare EMAIL --reason WHY."
)


def people() -> "QuerySet[User]":
    """Who may sign in at all, programs aside."""
    return User.objects.filter(is_active=True, is_staff=True)


def why_not_declare(person: User, *, at_host: bool = False) -> str:
    """Why this person cannot declare to be alone; empty where they can.

    On a page only where nobody else ever chose a password: an Administrator makes all others inactive
    without anybody's word, and would then be both hands.
    """
    alone = [each.pk for each in people()] == [person.pk]
    if not alone:
        return "A company of one person has exactly one person who may sign in."
    if person.does_everything:
        return "It is declared already."
    others = User.objects.filter(is_staff=True).exclude(pk=person.pk)
    # Whoever starts anew has no way in for the moment, and was here all the same.
    came = others.filter(invitations__used_at__isnull=False)
    if not at_host and (came.exists() or any(got_in(each) for each in others)):
        return NOT_ON_A_PAGE
    return ""


def declare(
    person: User, reason: str, *, by: User | None, request: HttpRequest | None = None
) -> OnePersonDeclaration:
    """From now on this one person gives access and works on the books; `by` is None for the command.
    Raises `ValidationError`."""
    reason = reason.strip()
    if not reason:
        raise ValidationError("Say why: the reason is printed on every proof.")
    with transaction.atomic():
        Group.objects.select_for_update().filter(name=RoleName.ADMINISTRATOR.value).first()
        if refused := why_not_declare(person, at_host=by is None):
            raise ValidationError(refused)
        made = OnePersonDeclaration(person=person, reason=reason)
        made.save()
        put_roles(person, frozenset({RoleName.ADMINISTRATOR, RoleName.ACCOUNTANT}))
        person._history_user = by  # type: ignore[attr-defined] # read by simple-history
        person.save()
        words = f"{person} declared to be the only person, who does everything: {reason}"
        note(Kind.RIGHTS_CHANGED, words, request=request, person=by, subject=person, reason=reason)
    return made


def standing() -> OnePersonDeclaration | None:
    """The declaration that holds now."""
    found = OnePersonDeclaration.objects.filter(ended_at=None).select_related("person").first()
    return found if found is not None and found.person.does_everything else None


def end_where_a_second_is_active() -> None:
    """End every declaration beside whose person another one with a role of access or books is active.
    It never stands again, also where that one leaves."""
    for each in OnePersonDeclaration.objects.filter(ended_at=None).select_related("person"):
        others = people().filter(groups__name__in=BESIDE_NOBODY).exclude(pk=each.person_id)
        if not others.exists():
            continue
        each.ended_at = timezone.now()
        each.save()
        words = f"{each.person} is not the only person any more: the declaration has ended."
        note(Kind.RIGHTS_CHANGED, words, subject=each.person)
        write_to([each.person], "You are not alone any more", f"{words} {PART}")


def part(person: User, keep: RoleName, *, request: HttpRequest | None = None) -> None:
    """Give up one of two roles that exclude each other: the one change of their own rights that
    somebody makes, and it gives nothing. Raises `ValidationError`."""
    with transaction.atomic():
        Group.objects.select_for_update().filter(name=RoleName.ADMINISTRATOR.value).first()
        person = User.objects.select_for_update().get(pk=person.pk)
        held = person.role_names
        if not in_both_hands(held) or keep not in held:
            raise ValidationError("Only one of two roles that exclude each other is given up.")
        other = people().filter(groups__name=RoleName.ADMINISTRATOR.value).exclude(pk=person.pk)
        if keep in WORKS_ON_BOOKS and not other.exists():
            raise ValidationError(
                "Nobody else is an Administrator, so you stay one. Keep that, or make somebody one first."
            )
        gone = held & WORKS_ON_BOOKS if keep == RoleName.ADMINISTRATOR else {RoleName.ADMINISTRATOR}
        put_roles(person, held - gone)
        person._history_user = person  # type: ignore[attr-defined] # read by simple-history
        person.save()
        words = f"{person} parted two roles and is {keep.value} from now on."
        note(
            Kind.RIGHTS_CHANGED,
            words,
            request=request,
            person=person,
            subject=person,
            before=sorted(each.value for each in held),
            after=sorted(each.value for each in held - gone),
        )
