"""A lost last Administrator: whoever operates the host gives one access again, loudly."""

from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from apps.staff.access import put_roles
from apps.staff.entrance.company.links import end_links
from apps.staff.inviting import invite
from apps.staff.letters import write_to
from apps.staff.models import Invitation, User
from apps.staff.people import active_with, hold_administrators
from apps.staff.roles import RoleName
from apps.staff.security import Kind, note


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
