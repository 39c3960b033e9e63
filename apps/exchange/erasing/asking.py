"""Asked for by one person, agreed to by another; refused or withdrawn until then."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django_q.tasks import async_task

from apps.billing.models import Company, Customer, Erasure
from apps.billing.sight import sees
from apps.exchange.erasing.ending import add_history, rest_kept_until
from apps.exchange.erasing.obstacles import in_the_way
from apps.exchange.erasing.tables import rows
from apps.staff.acts import ActName
from apps.staff.models import User
from apps.staff.security import Kind, note

TASK = "apps.exchange.erasing.tasks.go_on"


def erasure_of(customer: Customer) -> Erasure | None:
    """The last that was asked for."""
    found = Erasure.objects.filter(customer=customer).select_related("asked_by", "decided_by")
    return found.order_by("-pk").first()


def ask(customer: Customer, by: User, why: str) -> Erasure:
    """Raises `ValidationError` where something has to be done first, or it was asked for already."""
    with transaction.atomic():
        customer = _held(customer)
        _refuse_obstacles(customer)
        before = erasure_of(customer)
        if before is not None and before.state in (
            Erasure.State.WAITING,
            Erasure.State.APPROVED,
        ):
            raise ValidationError("This was asked for already.")
        asked = Erasure(customer=customer, asked_by=by, why=why)
        asked.save()
        _tell(asked, by, "asked for")
    return asked


def agree(asked: Erasure, by: User) -> None:
    """From now on it is neither changed nor sent nor read back, and the queue erases it.

    Raises `ValidationError` for one's own request, where whoever asked may not ask any more, and
    where something has to be done first.
    """
    with transaction.atomic():
        customer = _held(asked.customer)
        asked = _waiting(asked)
        _refuse_unfit(asked, by)
        who = asked.asked_by
        if who is None or not (who.has_perm(ActName.ASK_ERASURE) and sees(who, customer)):
            raise ValidationError(f"{who}, who asked, may not ask for it any more.")
        _refuse_obstacles(customer)
        asked.rest_kept_until = rest_kept_until(customer)
        asked.decide(by, Erasure.State.APPROVED)
        begin(asked)
        _tell(asked, by, "agreed to")


def refuse(asked: Erasure, by: User, reason: str) -> None:
    with transaction.atomic():
        asked = _waiting(asked)
        _refuse_unfit(asked, by)
        asked.decide(by, Erasure.State.REFUSED, reason)
        _tell(asked, by, "refused")


def withdraw(asked: Erasure, by: User, reason: str) -> None:
    """Raises `ValidationError` for another's request."""
    with transaction.atomic():
        asked = _waiting(asked)
        if asked.asked_by_id != by.pk:
            raise ValidationError("Only whoever asked can withdraw it.")
        asked.decide(by, Erasure.State.WITHDRAWN, reason)
        _tell(asked, by, "withdrawn")


def begin(asked: Erasure) -> None:
    """Close its customer, and queue the walk. Nothing of it goes over to any books, so that no
    revision is made."""
    customer, now = asked.customer, timezone.now()
    family = rows(Customer).filter(pk=customer.pk) | rows(Customer).filter(merged_into=customer.pk)
    family.update(active=False, erased_at=now)
    rows(Erasure).filter(pk=asked.pk).update(moved_at=now)
    for each in Customer.objects.filter(pk__in=family.values("pk")):
        add_history(each, asked.decided_by, "Closed to be erased")
    transaction.on_commit(lambda: async_task(TASK, asked.pk))


def _held(customer: Customer) -> Customer:
    """As it stands, under the company's lock and its own."""
    Company.locked(customer.company_id)
    return Customer.locked(customer.pk)


def _waiting(asked: Erasure) -> Erasure:
    found = Erasure.objects.select_for_update().get(pk=asked.pk)
    found.refuse_decided()
    return found


def _refuse_unfit(asked: Erasure, by: User) -> None:
    asked.refuse_own(by)
    if not (by.has_perm(ActName.ERASE_CUSTOMER) and sees(by, asked.customer)):
        raise ValidationError("You may not decide this.")


def _refuse_obstacles(customer: Customer) -> None:
    if found := in_the_way(customer):
        raise ValidationError(found)


def _tell(asked: Erasure, by: User, what: str) -> None:
    """As a security event and in its history; the reason, which may name somebody, is the request's."""
    words = f"The erasure of customer {asked.customer_id} was {what}."
    note(Kind.ERASURE, words, person=by, customer=asked.customer_id, erasure=asked.pk)
    if what != "agreed to":  # `begin` has said it
        add_history(Customer.objects.get(pk=asked.customer_id), by, f"Erasure {what}")
