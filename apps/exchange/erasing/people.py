"""Erasing a member of staff who left: what they did stays with their number, and nothing says who it was.

Their row is erased at once; what was copied from it, by the queue. Until that is done their history
says what is looked for, and by it what a worker left behind is found again.
"""

from collections.abc import Sequence
from typing import Any, Final

from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django_q.tasks import async_task

from apps.billing.models import Customer
from apps.core.lifting import lifted
from apps.exchange.erasing.changing import fitting, told, write
from apps.exchange.erasing.redaction import Redaction
from apps.exchange.erasing.tables import columns_of, rows, walked
from apps.exchange.erasing.walking import AT_ONCE, READ_AT_ONCE, for_seconds
from apps.exchange.erasing.words import Words
from apps.staff.models import User
from apps.staff.security import Kind, note

TASK: Final = "apps.exchange.erasing.people.go_on"
RULE: Final = "Personal data of a member of staff who left, erased"
ADDRESSES: Final = "@erased.invalid"  # a domain that nobody can have
# How they sign in: addresses, second factors, sessions with their devices.
SIGN_IN: Final = ("account", "mfa", "usersessions", "socialaccount")
# Tables that copy the names of people who work here. A name elsewhere is a customer's, or an item's.
NAMED_IN: Final = frozenset(
    {"admin", "alerts", "connections", "exchange", "reconciliation", "staff", "triggers"}
)
# Letters to customers: the name in one may be theirs.
LETTERS: Final = frozenset({"exchange.MailedPrint"})


def is_erased(person: User) -> bool:
    return person.email.endswith(ADDRESSES)


def placeholder_of(person: User) -> str:
    return f"Former member of staff {person.pk}"


def erase_person(person: User, by: User, reason: str) -> None:
    """Raises `ValidationError` for who can still sign in, and who is erased already."""
    with transaction.atomic():
        person = User.objects.select_for_update().get(pk=person.pk)
        if person.is_active:
            raise ValidationError("Whoever can still sign in is not erased: switch them off first.")
        if is_erased(person):
            raise ValidationError("This person is erased already.")
        redaction = _redaction_of(person)
        _forget_sign_in(person)
        person.set_unusable_password()
        rows(User).filter(pk=person.pk).update(**_said_of(person), password=person.password)
        person.refresh_from_db()
        User.history.bulk_history_create(
            [person], update=True, default_user=by, default_change_reason="Erased"
        )
        note(
            Kind.ERASURE,
            f"{placeholder_of(person)}: who this was is being erased.",
            person=by,
            subject=person,
            reason=redaction.value(reason, is_own=True),
        )
        transaction.on_commit(lambda: async_task(TASK, person.pk, "", 0))


def go_on(key: int, table: str, after: int) -> str:
    """Go on through all tables for a slice of a task's time; a successor is queued while there is
    more."""
    person = User.objects.get(pk=key)
    redaction, goes_on = _redaction_of(person), for_seconds(settings.SYNC_TASK_BUDGET)
    for model in walked():
        label = model._meta.label
        if label < table:
            continue
        last = after if label == table else 0
        while (place := _portion(person, model, redaction, last)) is not None:
            last = place
            if not goes_on():
                async_task(TASK, key, label, last)
                return f"At {label}"
    _end(person)
    return "Done."


def take_up_again() -> int:
    """Queue those that a worker left behind; how many. Each day."""
    history = rows(User.history.model).exclude(email__endswith=ADDRESSES).values("id")
    left = rows(User).filter(email__endswith=ADDRESSES, pk__in=history)
    keys = list(left.values_list("pk", flat=True))
    for key in keys:
        async_task(TASK, key, "", 0)
    return len(keys)


def _redaction_of(person: User) -> Redaction:
    """Every name and address that they have or had; an address that a customer or a colleague has
    too stays where it stands."""
    by = placeholder_of(person)
    history = rows(User.history.model).filter(id=person.pk)
    said = [(person.name, person.email), *history.values_list("name", "email").distinct()]
    names = {name for name, _ in said if name} - {by}
    addresses = {email for _, email in said if email and not email.endswith(ADDRESSES)}
    condition = Q()
    for each in addresses:
        condition |= Q(email__iexact=each)
    taken: set[str] = set()
    if addresses:
        customers = Customer.objects.filter(condition, erased_at=None)
        colleagues = User.objects.filter(condition).exclude(pk=person.pk)
        taken |= {each.casefold() for each in customers.values_list("email", flat=True)}
        taken |= {each.casefold() for each in colleagues.values_list("email", flat=True)}
    others = User.objects.exclude(pk=person.pk).values_list("name", flat=True)
    spared = {each for each in others if any(name.casefold() in each.casefold() for name in names)}
    alone = {each for each in addresses if each.casefold() not in taken}
    return Redaction(own=Words(names, by, spared=spared), strong=Words(alone, by))


def _portion(
    person: User, model: type[models.Model], redaction: Redaction, after: int
) -> int | None:
    """Go through some rows after this key; the last of them, None where there were no more."""
    fields = columns_of(model)
    names = [each.attname for each in fields]
    hits: list[int] = []
    count = 0
    some = rows(model).filter(pk__gt=after).order_by("pk").values_list("pk", *names)[:AT_ONCE]
    for key, *values in some.iterator(chunk_size=READ_AT_ONCE):
        count, after = count + 1, key
        if any(redaction.may_stand_in(each) for each in values if each):
            hits.append(key)
    if hits:
        with transaction.atomic(), lifted():
            write(model, _said(person, model, fields, redaction, hits), RULE)
    return after if count == AT_ONCE else None


def _said(
    person: User, model: Any, fields: Sequence[Any], redaction: Redaction, hits: list[int]
) -> dict[int, dict[str, Any]]:
    theirs = _theirs(person, model, hits)
    record = "id" if hasattr(model, "history_object") else "pk"
    locked = rows(model).filter(pk__in=hits).order_by("pk").select_for_update()
    said: dict[int, dict[str, Any]] = {}
    names = ["pk", record, *(each.attname for each in fields)]
    for key, of, *values in locked.values_list(*names).iterator(chunk_size=READ_AT_ONCE):
        for field, value in zip(fields, values, strict=True):
            cleaned = redaction.value(value, is_own=key in theirs) if value else value
            if cleaned != value:
                fit = fitting(field, cleaned, of, redaction.own.by)
                said.setdefault(key, {})[field.attname] = fit
    return said


def _theirs(person: User, model: Any, hits: list[int]) -> set[int]:
    """Rows that say by a key who did it, or to whom: a name there is theirs."""
    if model._meta.app_label not in NAMED_IN or model._meta.label in LETTERS:
        return set()
    condition = Q()
    for field in model._meta.concrete_fields:
        if isinstance(field, models.ForeignKey) and field.related_model is User:
            condition |= Q(**{field.name: person.pk})
    if not condition:
        return set()
    return set(rows(model).filter(condition, pk__in=hits).values_list("pk", flat=True))


def _end(person: User) -> None:
    with transaction.atomic(), lifted():
        history = rows(User.history.model).filter(id=person.pk)
        keys = list(history.values_list("pk", flat=True))
        history.update(**_said_of(person))
        told(User.history.model, keys, RULE)
        note(
            Kind.ERASURE,
            f"{placeholder_of(person)}: who this was is erased.",
            subject=person,
        )


def _said_of(person: User) -> dict[str, Any]:
    return {"name": placeholder_of(person), "email": f"former-{person.pk}{ADDRESSES}"}


def _forget_sign_in(person: User) -> None:
    for relation in User._meta.related_objects:
        model: Any = relation.related_model
        if model._meta.app_label not in SIGN_IN:
            continue
        found = rows(model).filter(**{relation.field.name: person})
        if model._meta.label == "usersessions.UserSession":
            keys = found.values_list("session_key", flat=True)
            Session.objects.filter(session_key__in=list(keys)).delete()
        found.delete()
