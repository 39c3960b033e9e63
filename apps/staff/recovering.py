"""A lost last Administrator: whoever operates the host gives one access again, loudly."""

from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from apps.staff.access import put_roles
from apps.staff.entrance.company.links import end_links, got_in
from apps.staff.entrance.sessions import end_of
from apps.staff.inviting import invite
from apps.staff.letters import write_to
from apps.staff.models import Invitation, User
from apps.staff.people import active_with, hold_administrators
from apps.staff.roles import RoleName
from apps.staff.security import Kind, note


def start_anew(email: str, *, mailed: bool) -> Invitation:
    """Somebody who has no way in any more comes in by an invitation: who lost a password and the mailbox's
    link at once, or whose company moved to another provider. What they may do stays.

    Their password, link with the company's sign-in and sessions end, and they are inactive until the link
    is used. They and every administrator are told. Raises `ValidationError`, and `User.DoesNotExist`.
    """
    with transaction.atomic():
        hold_administrators()
        person = User.objects.select_for_update().get(email=email)
        if not person.is_staff:
            raise ValidationError(f"{email} is a program, which is invited to nothing.")
        if not person.is_active and got_in(person):
            raise ValidationError(
                f"{email} was made inactive. An administrator lets them in again under “Staff” first."
            )
        told = {*active_with(RoleName.ADMINISTRATOR), person}
        person.set_unusable_password()
        person.is_active = False
        person.save()
        end_links(person)
        end_of(person)
        row = invite(person, by=None, mailed=mailed)
        words = (
            f"The operator of the host invites {email} anew, by command. Their password, their link with"
            " the company's sign-in and their sessions ended; their roles and second factors stay."
        )
        note(Kind.OPERATED, words, subject=person, command="staff invite")
        write_to(told, "Somebody is invited anew at the host", words)
    return row


def recover(email: str, *, mailed: bool) -> Invitation:
    """Make the person of this address an Administrator and nothing else, by an invitation.

    Their password, second factors and link with the company's sign-in end, and they are let in by the
    invitation alone. Every administrator
    and accountant is told. Raises `ValidationError` for what is no address.
    """
    email = email.strip().lower()
    validate_email(email)
    with transaction.atomic():
        hold_administrators()
        told = {*active_with(RoleName.ADMINISTRATOR, RoleName.ACCOUNTANT)}
        person = User.objects.select_for_update().filter(email=email).first()
        if person is None:
            person = User.objects.create_user(email, is_active=False)
        if person.pk is not None and not person.is_staff:
            raise ValidationError(f"{email} is a program, which gives nobody access.")
        before = person.role_names
        person.set_unusable_password()
        person.is_active = False
        put_roles(person, frozenset({RoleName.ADMINISTRATOR}))
        person.save()
        Authenticator.objects.filter(user=person).delete()
        end_links(person)
        row = invite(person, by=None, mailed=mailed, recovers=True)
        words = (
            f"The operator of the host recovers {email} as Administrator, by command. Their password and"
            " second factors ended."
        )
        note(
            Kind.OPERATED,
            words,
            subject=person,
            command="staff recover",
            before=sorted(each.value for each in before),
            after=[RoleName.ADMINISTRATOR.value],
        )
        write_to(told, "An administrator is recovered at the host", words)
    return row
