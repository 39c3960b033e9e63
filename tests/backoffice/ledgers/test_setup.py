"""Connect and What is whose: confirmed by a person before anything else, with what follows."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from django.core import mail
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.backoffice.ledgers.whose import beside_a_feed
from apps.billing.models import PaymentMethod
from apps.connections.inviting import link_of
from apps.connections.models import Connection, Invitation
from apps.sync.models import RemoteRecord, packed
from apps.sync.opening.preview import preview_of
from tests.backoffice.world import World
from tests.factories import make_invoice, make_method

Browse = Callable[[str], Client]


def page(connection: Connection, name: str) -> str:
    return reverse(f"admin:connections_connection_{name}", args=[connection.pk])


def fresh(world: World, **fields: object) -> Connection:
    """As it is after consent, with everything read."""
    begun = {"confirmed_at": None, "confirmed_by": None, "checked": {}, "starts_on": None,
             "sides_settled_at": None, "sides_settled_by": None,
             "company_read_at": timezone.now()}  # fmt: skip
    Connection.objects.filter(pk=world.connection.pk).update(**{**begun, **fields})
    world.connection.refresh_from_db()
    return world.connection


def test_nothing_can_be_done_before_a_person_says_that_it_is_the_right_company(
    world: World, browse: Browse
) -> None:
    connection, fay = fresh(world), browse("Fay")
    for name in ("whose", "map", "test-invoice", "go-live"):
        assert fay.get(page(connection, name)).status_code == 302, name
    shown = fay.get(page(connection, "connect")).content.decode()
    assert "Is this the right company?" in shown
    fay.post(page(connection, "connect"), {"act": "right"})
    connection.refresh_from_db()
    assert str(connection.confirmed_by) == "Fay"
    assert connection.history.first().confirmed_at == connection.confirmed_at
    assert fay.get(page(connection, "map")).status_code == 302  # the check is still open
    checks = dict.fromkeys(connection.capabilities.checks, "no")
    connection.settings_there = {**connection.settings_there, "auto_apply_credit": "yes"}
    connection.save(update_fields=["settings_there"])
    assert "It is on there." in fay.get(page(connection, "connect")).content.decode()
    left = fay.post(page(connection, "connect"), {"act": "check", "reminders": "yes"})
    assert "Say of each whether it is so" in left.content.decode()
    fay.post(page(connection, "connect"), {"act": "check", **checks})
    assert fay.get(page(connection, "whose")).status_code == 200


def test_a_locked_company_and_another_currency_are_not_confirmed(
    world: World, browse: Browse
) -> None:
    fay = browse("Fay")
    for fields, words in (
        ({"remote_closing_date": date(2027, 1, 31)}, "Open the books in"),
        ({"remote_closing_date": None, "home_currency": "CAD"}, "Choose books in GBP there"),
    ):
        connection = fresh(world, **fields)
        assert words in fay.get(page(connection, "connect")).content.decode()
        fay.post(page(connection, "connect"), {"act": "right"})
        connection.refresh_from_db()
        assert connection.confirmed_at is None


def test_a_reading_that_is_under_way_asks_for_itself_again_and_a_failed_one_does_not(
    world: World, browse: Browse
) -> None:
    connection, fay = fresh(world, first_read_at=None, codes_read_at=None), browse("Fay")
    shown = fay.get(page(connection, "connect"))
    assert shown.headers["Refresh"] == "3"
    connection = fresh(world, first_read_at=None, last_error="The subscription has ended.")
    stopped = fay.get(page(connection, "connect"))
    assert "Refresh" not in stopped.headers
    assert "The subscription has ended." in stopped.content.decode()


def test_the_answers_are_kept_and_nothing_is_sent(world: World, browse: Browse) -> None:
    connection, fay = fresh(world, confirmed_at=timezone.now(), confirmed_by=world.run.asked_by,
                            checked=dict.fromkeys(world.connection.capabilities.checks, "yes")), browse("Fay")  # fmt: skip
    method = PaymentMethod.objects.get(company=world.company, name="Bank transfer")
    shown = fay.get(page(connection, "whose"))
    answers = {field.html_name: field.value() for field in shown.context["form"]}
    told = {**answers, "starts_on": "2026-12-01", f"records_{method.pk}": "ledger"}
    looked = fay.post(page(connection, "whose"), {**told, "show": "yes"})
    assert "Tuesday 1 December 2026" in looked.content.decode()
    early = fay.post(page(connection, "whose"), {**told, "starts_on": "2026-03-01", "show": "yes"})
    assert "This is earlier than" in early.content.decode()
    connection.refresh_from_db()
    assert connection.starts_on is None
    done = fay.post(page(connection, "whose"), told)
    assert done.status_code == 302
    connection.refresh_from_db()
    method.refresh_from_db()
    assert (connection.starts_on, str(connection.sides_settled_by)) == (date(2026, 12, 1), "Fay")
    assert method.recorded_by == "ledger"


def test_the_preview_adds_up_each_side_in_a_fixed_number_of_queries(world: World) -> None:
    connection = world.connection

    def theirs(remote_id: str, dated: date, balance: str) -> None:
        RemoteRecord.objects.create(
            connection=connection, kind="Invoice", remote_id=remote_id, of_kind="invoice",
            currency="GBP", amount=Decimal(100), balance=Decimal(balance), dated=dated,
            packed_raw=packed({"Id": remote_id}), read_at=timezone.now(),
        )  # fmt: skip

    theirs("901", date(2026, 10, 1), "40")
    theirs("902", date(2026, 11, 1), "0")
    with CaptureQueriesContext(
        database,
    ) as few:
        found = preview_of(connection, date(2026, 11, 1))
    invoices = found.rows[0]
    assert (invoices.there_before.count, invoices.there_before.amounts) == (1, {"GBP": 100})
    assert (invoices.there_since.count, found.open_there) == (1, 1)
    assert [each.open for each in found.listed_there] == [Decimal(40)]
    assert invoices.here_before.amounts["GBP"] == sum(
        each.total for each in (world.invoice, world.open_invoice) if each.issue_date < found.day
    )
    for each in range(12):
        make_invoice(company=world.company, issue_date=date(2026, 10, 2))
        theirs(f"91{each}", date(2026, 10, 2), "5")
    with CaptureQueriesContext(database) as many:
        preview_of(connection, date(2026, 11, 1))
    assert len(many) == len(few)


def test_a_link_leads_who_may_connect_to_consent_and_nobody_else(
    world: World, browse: Browse, settings: object
) -> None:
    settings.SIMULATED_LEDGERS_URL = "http://127.0.0.1:1"  # type: ignore[attr-defined] # so that one can be connected
    vera = browse("Vera")
    asked = {
        "company": world.company.pk,
        "app": "quickbooks/simulated",
        "email": "owner@example.com",
    }
    address = reverse("admin:connections_connection_ask")
    assert vera.post(address, asked).status_code == 302
    row = Invitation.objects.get()
    assert link_of(row) in mail.outbox[0].body
    assert "owner@example.com" in vera.get(address).content.decode()
    link = "/connections/" + link_of(row).partition("/connections/")[2]
    assert browse("").get(link).status_code == 302  # to sign in
    assert vera.get(link).status_code == 403
    led = browse("Fay").get(link)
    assert led["Location"] == reverse(
        "connections:start", args=[world.company.pk, "quickbooks", "simulated"]
    )
    row.refresh_from_db()
    assert str(row.opened_by) == "Fay"
    Invitation.objects.update(expires_at=timezone.now())
    assert browse("Fay").get(link).status_code == 410
    assert browse("Fay").get(link[:-4] + "/").status_code == 410


def test_what_a_bank_feed_must_not_book_again_is_said_where_money_is_placed(
    world: World, browse: Browse
) -> None:
    """A method that goes through clearing meets the bank's line twice: by the bank deposit that
    Tieout sends and by the feed."""
    make_method(world.company, name="Card machine", posts_to="clearing")
    make_method(world.company, name="Standing order", posts_to="bank")
    fay = browse("Fay")
    shown = fay.get(page(world.connection, "whose"))
    found = {each.method.name: each.feed for each in shown.context["lines"]}
    assert "match the bank's line with the bank deposit" in found["Card machine"]
    assert "books the same money twice" in found["Card machine"]
    assert "match the feed's line with the payment" in found["Standing order"]
    assert shown.content.decode().count("Mind the bank feed") == len(found)

    books = Connection(system="freshbooks", company=world.company)
    told = beside_a_feed(PaymentMethod(name="Card", posts_to="clearing"), books)
    assert "as a transfer out of the clearing account" in told, "where bank deposits are made there"

    form = fay.get(reverse("admin:billing_paymentmethod_add")).content.decode()
    assert "matched with the payment or the bank deposit, and never added" in form
