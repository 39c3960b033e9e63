"""Gives people and roles their access: what the commands and the screens do."""

import uuid
from dataclasses import dataclass
from datetime import date

from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group, Permission
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from apps.staff.models import User
from apps.staff.roles import ROLES, RoleName, why_apart

NO_LAST_DAY = "An Auditor's access ends by itself: say its last day."


@dataclass(frozen=True, kw_only=True, slots=True)
class Changed:
    """What a role gained and lost."""

    role: RoleName
    given: frozenset[str]
    taken: frozenset[str]

    def __bool__(self) -> bool:
        return bool(self.given or self.taken)


def set_up_roles() -> list[Changed]:
    """Make the groups of the roles have exactly the permissions of the table.

    Raises `LookupError` for a permission that no model declares: a typing error in the table would
    otherwise quietly give a role less than it says.
    """
    known = {
        f"{permission.content_type.app_label}.{permission.codename}": permission
        for permission in Permission.objects.select_related("content_type")
    }
    unknown = sorted({name for names in ROLES.values() for name in names} - known.keys())
    if unknown:
        raise LookupError(f"No model declares {', '.join(unknown)}. Run migrate first.")
    with transaction.atomic():
        return [_set_up(role, names, known) for role, names in ROLES.items()]


def _set_up(role: RoleName, names: frozenset[str], known: dict[str, Permission]) -> Changed:
    group, _ = Group.objects.get_or_create(name=role.value)
    held = {
        f"{permission.content_type.app_label}.{permission.codename}"
        for permission in group.permissions.select_related("content_type")
    }
    changed = Changed(role=role, given=names - held, taken=frozenset(held - names))
    if changed:
        group.permissions.set([known[name] for name in names])
    return changed


def add_member(
    email: str,
    role: RoleName,
    password: str,
    *,
    name: str = "",
    every_company: bool = True,
    last_day: date | None = None,
) -> User:
    """Somebody who may sign in with this password: the person of the demo, who has no mailbox. Whoever
    else comes is invited (`people.py`). Raises `ValidationError` with sentences.

    Without `every_company` they see none until companies are given to them.
    """
    email = email.strip().lower()
    refuse_address(email)
    validate_password(password, User(email=email, name=name))
    with transaction.atomic():
        user = User.objects.create_user(
            email, password, name=name, every_company=every_company, last_day=last_day
        )
        # Without a verified address allauth would not let them reset a password or add a factor.
        EmailAddress.objects.create(user=user, email=email, primary=True, verified=True)
        give_role(user, role)
    return user


def refuse_address(email: str) -> None:
    """Raises `ValidationError` for what is no address, or somebody's already."""
    validate_email(email)
    if User.objects.filter(email=email).exists():
        raise ValidationError(f"{email} is a member of staff already.")


def add_service(name: str, role: RoleName) -> User:
    """A program that acts under a name of its own with one role, and cannot sign in: it has no
    password, and an address that no mail reaches (RFC 2606). Its key says for which companies."""
    with transaction.atomic():
        user = User.objects.create_user(
            f"{uuid.uuid4().hex}@service.invalid",
            None,
            name=name.strip(),
            is_staff=False,
            every_company=True,
        )
        give_role(user, role)
    return user


def give_role(user: User, role: RoleName) -> None:
    """This role and no other; groups that are not roles stay."""
    put_roles(user, frozenset({role}))
    user.save()  # its history tells the roles


def put_roles(user: User, roles: frozenset[RoleName]) -> None:
    """These roles and no other, without a word about it: `people.py` asks, notes and tells. The caller
    saves the person. Raises `ValidationError` for an Auditor without a last day, or with another role."""
    if refused := why_apart(roles):
        raise ValidationError(refused)
    if RoleName.AUDITOR not in roles:
        user.last_day = None
    elif user.last_day is None:
        raise ValidationError(NO_LAST_DAY)
    groups = list(Group.objects.filter(name__in=[each.value for each in roles]))
    if len(groups) < len(roles):
        raise ValidationError("The roles are not set up yet. Run manage.py roles first.")
    with transaction.atomic():  # nobody sees them without a role, their keys neither
        user.groups.remove(*user.groups.filter(name__in=[each.value for each in RoleName]))
        user.groups.add(*groups)


def roles_of(user_id: int) -> frozenset[RoleName]:
    """The roles that a person has now."""
    names = Group.objects.filter(
        user=user_id, name__in=[each.value for each in RoleName]
    ).values_list("name", flat=True)
    return frozenset(RoleName(name) for name in names)
