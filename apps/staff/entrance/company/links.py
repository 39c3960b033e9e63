"""Who of ours is who of theirs: linked by issuer and subject, never again by an address."""

from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone

from apps.core.company_sign_in import the_company
from apps.staff.entrance import sessions
from apps.staff.entrance.company.provider import Somebody
from apps.staff.letters import write_to
from apps.staff.models import Invitation, User
from apps.staff.security import Kind, note


class NotLinked(Exception):
    """Why somebody is not linked, as a sentence for them."""


def link_of(person: User) -> SocialAccount | None:
    """The link of this person to the provider that is set up."""
    if settings.OIDC is None:
        return None
    return SocialAccount.objects.filter(user=person, provider=settings.OIDC.issuer).first()


def got_in(person: User) -> bool:
    """Whether they have a way in of their own: they chose a password, or their company names them."""
    return person.has_usable_password() or SocialAccount.objects.filter(user=person).exists()


def person_of(somebody: Somebody) -> User | None:
    """Whoever is linked with exactly this account; seen now."""
    link = (
        SocialAccount.objects.filter(provider=somebody.issuer, uid=somebody.subject)
        .select_related("user")
        .first()
    )
    if link is None:
        return None
    SocialAccount.objects.filter(pk=link.pk).update(last_login=timezone.now())
    person: User = link.user
    return person


def person_to_link(somebody: Somebody) -> User | None:
    """Whose verified address it is: active, and linked with nobody over there yet."""
    if not somebody.email:
        return None
    person = User.objects.filter(email=somebody.email, is_active=True, is_staff=True).first()
    return None if person is None or link_of(person) is not None else person


def link(
    person: User, somebody: Somebody, *, request: HttpRequest, how: str, anew: bool = False
) -> None:
    """Link them. `how` says what proved it is the same person. `anew`: in place of a link before it,
    which an invitation may. Raises `NotLinked`."""
    if somebody.email != person.email:
        raise NotLinked(
            f"That account has no verified e-mail address {person.email}, so it is not linked."
        )
    with transaction.atomic():
        User.objects.select_for_update().get(pk=person.pk)
        theirs = SocialAccount.objects.filter(user=person, provider=somebody.issuer)
        if anew:
            theirs.delete()
        if theirs.exists():
            raise NotLinked("You are linked already. Unlink first, then link the other account.")
        try:
            with transaction.atomic():
                SocialAccount.objects.create(
                    user=person, provider=somebody.issuer, uid=somebody.subject
                )
        except IntegrityError:
            raise NotLinked("That account is linked with somebody else here.") from None
        words = f"{person} was linked with the company's sign-in, by {how}."
        note(Kind.PERSON_CHANGED, words, request=request, person=person, subject=person, how=how)
        write_to([person], "Your account is linked with the company's sign-in", words)


def unlink(person: User, *, request: HttpRequest) -> bool:
    """Whether there was a link to take away. Raises `NotLinked` where nothing else would let them in."""
    with transaction.atomic():
        held = User.objects.select_for_update().get(pk=person.pk)
        if the_company().only or not held.has_usable_password():
            raise NotLinked("It is your only way in, so it stays. Set a password first.")
        gone, _ = SocialAccount.objects.filter(user=person, provider=the_company().issuer).delete()
        if gone:
            # Whoever came by that account is out as well; this session goes on.
            sessions.end_of(person, but=request.session.session_key or "")
            words = f"{person} unlinked themselves from the company's sign-in."
            note(Kind.PERSON_CHANGED, words, request=request, person=person, subject=person)
            write_to([person], "Your account was unlinked from the company's sign-in", words)
    return bool(gone)


def end_links(person: User) -> None:
    """Whoever is recovered or starts anew comes by nobody's account over there."""
    SocialAccount.objects.filter(user=person).delete()


def may_use_password(person: User | None) -> bool:
    """Where only the company's sign-in counts: whoever the operator recovered, until they are linked."""
    if settings.OIDC is None or not settings.OIDC.only:
        return True
    if person is None or link_of(person) is not None:
        return False
    used = Invitation.objects.filter(person=person, used_at__isnull=False).first()
    return used is not None and used.recovers
