"""The first page: what needs a person today, and only what this person may see."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.utils import timezone

from apps.alerts.models import AlertRule
from apps.backoffice.worklist.first_page import first_page
from apps.connections.models import Connection, Grant
from apps.staff.models import User
from tests.backoffice.world import World
from tests.factories import make_company, make_customer, make_invoice

Browse = Callable[[str], Client]


def asked_by(user: User) -> HttpRequest:
    request = RequestFactory().get("/admin/")
    request.user = user
    return request


def lines(user: User) -> dict[str, int]:
    return {line.what: line.count for line in first_page(asked_by(user)).work}


def test_everything_that_waits_is_counted_and_leads_to_its_list(
    world: World, people: dict[str, User], browse: Browse
) -> None:
    found = lines(people["Fay"])
    assert found["Records that failed"] == 2
    assert found["Changed on both sides"] == 1
    assert found["Maybe the same"] == 1
    assert found["Arrived, and could not be applied"] == 1
    assert found["Draft invoices"] == 1
    assert found["Overdue invoices"] == 1
    fay = browse("Fay")
    request = RequestFactory().get("/admin/")
    request.user = people["Fay"]
    for line in first_page(request).work:
        answer = fay.get(line.url)
        assert answer.status_code == 200, line.url
        if "cl" in (answer.context or {}):
            assert answer.context["cl"].result_count == line.count, line.what


def test_a_lost_connection_is_said(world: World, people: dict[str, User]) -> None:
    Grant.objects.update(status=Grant.Status.LOST, lost_reason="The consent was withdrawn.")
    assert lines(people["Vera"])[f"Connection to {world.connection} is lost"] == 1


def test_otto_is_shown_no_figure(world: World, people: dict[str, User], browse: Browse) -> None:
    assert lines(people["Otto"]) == {}
    text = browse("Otto").get("/admin/").content.decode()
    assert "92.00" not in text
    assert "Thornfield" not in text


def test_currencies_are_never_added_up(world: World, people: dict[str, User]) -> None:
    swiss = make_company(legal_name="Thornfield AG", home_currency="CHF")
    make_invoice(
        customer=make_customer(swiss), lines=[("Advice", 1, 80)], issue_date=date(2026, 11, 2)
    )
    assert [
        (each.currency, each.outstanding) for each in first_page(asked_by(people["Vera"])).owed
    ] == [
        ("CHF", Decimal(80)),
        ("GBP", Decimal(92)),
    ]


def test_an_empty_installation_says_what_to_do_first(
    people: dict[str, User], browse: Browse
) -> None:
    text = browse("Fay").get("/admin/").content.decode()
    assert "Add your company" in text
    assert "Nothing waits for you" in text


def test_who_is_told_of_failures_is_asked_until_a_rule_says_so(
    world: World, people: dict[str, User]
) -> None:
    def asked(who: str) -> bool:
        request = RequestFactory().get("/admin/")
        request.user = people[who]
        return "Say who is told when something fails" in [
            what for what, _, _ in first_page(request).start
        ]

    assert not asked("Ada")  # nothing is live
    Connection.objects.update(
        stage=Connection.Stage.LIVE,
        trial_matched_at=timezone.now(),
        trial_fingerprint="as it is",
        settings_fingerprint="as it is",
    )
    assert (asked("Ada"), asked("Fay")) == (True, False)
    rule = AlertRule.objects.create(company=world.company, role="Accountant", active=False)
    assert asked("Ada")
    rule.active = True
    rule.save()
    assert not asked("Ada")
