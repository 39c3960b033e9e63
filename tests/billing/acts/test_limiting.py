"""Limits: lowered by one administrator, raised or emptied by two, whoever is first."""

from decimal import Decimal
from threading import Barrier, Thread
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.db import connection, transaction

from apps.billing.acts.limiting import (
    agree_to_limit,
    raises,
    refuse_limit,
    set_limit,
    withdraw_limit,
)
from apps.billing.models import ActLimit, LimitRequest
from apps.staff.access import add_member, set_up_roles
from apps.staff.declaring import declare
from apps.staff.models import SecurityEvent, User
from apps.staff.people import change_rights
from apps.staff.roles import RoleName
from tests.factories import make_company

pytestmark = pytest.mark.django_db

PASSWORD = "a-long-enough-password-1"


def member(name: str, role: RoleName) -> User:
    return add_member(f"{name.lower()}@example.com", role, PASSWORD, name=name)


@pytest.fixture
def ada() -> User:
    set_up_roles()
    return member("Ada", RoleName.ADMINISTRATOR)


@pytest.fixture
def limit(ada: User) -> ActLimit:
    return ActLimit.objects.create(
        company=make_company(), role="Accountant", act="billing.void_invoice", amount=100
    )


def now(limit: ActLimit) -> Decimal | None:
    return ActLimit.objects.get(pk=limit.pk).amount


@pytest.mark.parametrize(
    ("before", "after", "raised"),
    [("1", "2", True), ("0", "0.01", True), ("2", "1", False), ("2", None, True),
     (None, "1", False), (None, None, False), ("1", "1", False)],
)  # fmt: skip
def test_what_raises(before: str | None, after: str | None, raised: bool) -> None:
    first, then = (None if each is None else Decimal(each) for each in (before, after))
    assert raises(first, then) is raised


def test_lowering_waits_for_nobody(ada: User, limit: ActLimit) -> None:
    assert set_limit(limit, Decimal(50), by=ada) is None
    assert now(limit) == 50
    event = SecurityEvent.objects.get(kind="limit_changed")
    assert "was 100.00 GBP and is 50.00 GBP" in event.words
    newest = limit.history.first()
    assert (newest.amount, newest.history_user) == (50, ada)


@pytest.mark.parametrize("amount", [Decimal(500), None])
def test_raising_waits_for_a_second_administrator(
    ada: User, limit: ActLimit, amount: Decimal | None
) -> None:
    asked = set_limit(limit, amount, by=ada)
    assert asked is not None
    assert now(limit) == 100
    with pytest.raises(ValidationError, match="You asked for this yourself"):
        agree_to_limit(asked, ada)
    with pytest.raises(ValidationError, match="may not set limits"):
        agree_to_limit(asked, member("Fay", RoleName.ACCOUNTANT))
    assert now(limit) == 100
    agree_to_limit(asked, member("Bea", RoleName.ADMINISTRATOR))
    assert now(limit) == amount
    event = SecurityEvent.objects.filter(kind="limit_changed").first()
    assert event is not None
    assert event.details["before"] == "100.0000"
    assert "Bea agreed" in event.words


def test_what_moved_since_is_not_agreed_to(ada: User, limit: ActLimit) -> None:
    bea = member("Bea", RoleName.ADMINISTRATOR)
    asked = set_limit(limit, Decimal(500), by=ada)
    assert asked is not None
    set_limit(limit, Decimal(10), by=bea)
    with pytest.raises(ValidationError, match="changed since"):
        agree_to_limit(asked, bea)
    assert now(limit) == 10


def test_an_asker_who_lost_the_right_raises_nothing(ada: User, limit: ActLimit) -> None:
    bea = member("Bea", RoleName.ADMINISTRATOR)
    asked = set_limit(limit, Decimal(500), by=ada)
    assert asked is not None
    change_rights(ada, frozenset(), active=True, by=None)
    with pytest.raises(ValidationError, match="may not set limits any more"):
        agree_to_limit(asked, bea)


def test_it_is_decided_once(ada: User, limit: ActLimit) -> None:
    bea = member("Bea", RoleName.ADMINISTRATOR)
    asked = set_limit(limit, Decimal(500), by=ada)
    assert asked is not None
    with pytest.raises(ValidationError, match="waits already"):
        set_limit(limit, None, by=bea)
    with pytest.raises(ValidationError, match="Only whoever asked"):
        withdraw_limit(asked, bea)
    refuse_limit(asked, bea, reason="No")
    for act in (lambda: agree_to_limit(asked, bea), lambda: withdraw_limit(asked, ada)):
        with pytest.raises(ValidationError, match="refused already"):
            act()
    assert now(limit) == 100
    asked.refresh_from_db()
    with pytest.raises(ValidationError, match="decided already"):
        asked.save()


def test_a_declared_company_of_one_person_raises_alone(ada: User, limit: ActLimit) -> None:
    declare(ada, "Alone", by=ada)
    assert set_limit(limit, None, by=User.objects.get(pk=ada.pk)) is None
    assert now(limit) is None


@pytest.mark.skipif(connection.vendor == "sqlite", reason="one writer at a time there")
@pytest.mark.django_db(transaction=True)
def test_two_administrators_who_agree_at_once_raise_it_once(transactional_db: None) -> None:
    set_up_roles()
    ada, bea, cat = (member(each, RoleName.ADMINISTRATOR) for each in ("Ada", "Bea", "Cat"))
    limit = ActLimit.objects.create(
        company=make_company(), role="Accountant", act="billing.void_invoice", amount=100
    )
    asked = set_limit(limit, Decimal(500), by=ada)
    assert asked is not None
    at_once, said = Barrier(2), []

    def agree(by: User) -> None:
        at_once.wait()
        try:
            agree_to_limit(LimitRequest.objects.get(pk=asked.pk), by)
            said.append("agreed")
        except ValidationError as refusal:
            said.append(refusal.messages[0])
        finally:
            connection.close()

    threads = [Thread(target=agree, args=(each,)) for each in (bea, cat)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(said) == ["This request is agreed already.", "agreed"]
    assert limit.history.count() == 2
    assert transaction.get_autocommit()


def test_administrators_of_other_companies_are_told_nothing(
    ada: User,
    limit: ActLimit,
    mailoutbox: list[EmailMessage],
    django_capture_on_commit_callbacks: Any,
) -> None:
    bea = member("Bea", RoleName.ADMINISTRATOR)
    User.objects.filter(pk=bea.pk).update(every_company=False)
    dan = member("Dan", RoleName.ADMINISTRATOR)
    with django_capture_on_commit_callbacks(execute=True):
        set_limit(limit, Decimal(500), by=ada)
    assert [each.to for each in mailoutbox] == [[dan.email]]
