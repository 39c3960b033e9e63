"""From the test invoice to live: what is proposed, what would be sent, the first run and its progress."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.test import Client
from django.urls import reverse

from apps.backoffice.ledgers.trial import steps_beside
from apps.billing.models import Invoice
from apps.connections.models import Connection
from apps.mappings.fingerprint import fingerprint
from apps.mappings.models import Mapping
from apps.staff.models import User
from apps.sync.dry.first_run import first_run
from apps.sync.models import Call, State, SyncRecord
from apps.sync.trial.proposed import proposed
from apps.sync.trial.running import Ended, TrialResult
from tests.backoffice.ledgers.test_effect import page, words
from tests.backoffice.world import World
from tests.books import Books
from tests.factories import make_customer, make_invoice, make_item, make_tax_rate
from tests.sync.assemble.conftest import uk  # noqa: F401 # a fixture
from tests.sync.assemble.test_foretold import taxed
from tests.sync.conftest import ledger  # noqa: F401 # a fixture

Browse = Callable[[str], Client]


def after_a_match(connection: Connection) -> Connection:
    """As a matching test invoice leaves it."""
    used = fingerprint(connection)
    Connection.objects.filter(pk=connection.pk).update(
        trial_fingerprint=used, settings_fingerprint=used, trial_matched_at="2026-11-27T12:00Z"
    )
    connection.refresh_from_db()
    return connection


def test_the_invoice_with_the_most_to_go_wrong_is_proposed_and_said_why(
    people: Any,
    uk: Books,  # noqa: F811 # the fixture of that name
    browse: Browse,
) -> None:
    plain = make_invoice(company=uk.company, issue_date=date(2026, 11, 20))
    best = taxed(uk)
    found = proposed(uk.connection)
    assert found is not None
    assert found.invoice == best != plain
    assert found.why == "Proposed because it has tax, a discount, and 2 lines." or (
        found.why == "Proposed because it has tax, a discount and 2 lines."
    )
    calls = Call.objects.count()
    seen = words(browse("Fay").get(page(uk.connection, "test-invoice")))
    assert found.why in seen
    assert "1 invoice would be sent" in seen or "and 1 invoice would be sent" in seen
    assert "What QuickBooks would book" in seen
    assert "nobody gets an e-mail" in seen
    assert Call.objects.count() == calls
    Mapping.objects.filter(connection=uk.connection, subject="tax").delete()
    assert proposed(uk.connection).invoice == plain  # type: ignore[union-attr]


@pytest.mark.slow
def test_what_was_not_shown_is_shown_and_not_sent(
    people: Any,
    uk: Books,  # noqa: F811 # the fixture of that name
    browse: Browse,
) -> None:
    first, other = taxed(uk), make_invoice(company=uk.company)
    fay, address = browse("Fay"), page(uk.connection, "test-invoice")
    seen = words(fay.post(address, {"invoice": other.pk, "shown": first.pk}))
    assert f"Shown below: {other}" in seen
    assert not SyncRecord.objects.filter(invoice=other).exists()
    assert "It matched" in words(fay.post(address, {"invoice": other.pk, "shown": other.pk}))


def test_what_would_be_sent_is_shown_from_the_books_a_document_and_a_list(
    people: Any,
    uk: Books,  # noqa: F811 # the fixture of that name
    browse: Browse,
) -> None:
    customer, item = make_customer(uk.company, name="Harbour Lights"), make_item(uk.company)
    fits = make_invoice(customer=customer, lines=[(item, 2, "40.00")])
    untold = make_tax_rate(uk.company, 17, code="ODD")
    held = make_invoice(customer=customer, lines=[(item, 1, "10.00", untold)])
    fay, calls, records = browse("Fay"), Call.objects.count(), SyncRecord.objects.count()
    for seen in (
        words(fay.get(page(uk.connection, "dry-run"))),
        words(
            fay.post(
                reverse("admin:billing_invoice_changelist"),
                {"action": "show_what_would_be_sent", ACTION_CHECKBOX_NAME: [fits.pk, held.pk]},
            )
        ),
    ):
        assert "1 customer, 1 item and 1 invoice would be sent" in seen
        assert "Nothing was sent and nothing was written" in seen
        assert "Would be held: 1" in seen
        assert "No QuickBooks tax code is chosen for tax rate ODD" in seen
    alone = fay.get(page(fits, "dry-run"))
    assert "Harbour Lights" in words(alone)
    assert f"#id_tax-{untold.pk}" in fay.get(page(held, "dry-run")).content.decode()
    assert (Call.objects.count(), SyncRecord.objects.count()) == (calls, records)


def test_raw_requests_are_for_those_who_see_calls(
    people: Any,
    uk: Books,  # noqa: F811 # the fixture of that name
    browse: Browse,
) -> None:
    invoice = make_invoice(company=uk.company)
    for name in ("Fay", "Cleo", "Ada"):
        may = User.objects.get(pk=people[name].pk).has_perm("sync.view_call")
        answer = browse(name).get(page(invoice, "dry-run"))
        if answer.status_code == 200:
            assert ("Technical details: " in words(answer)) == may, name


def test_the_first_run_is_told_in_figures_before_going_live(world: World, browse: Browse) -> None:
    connection = after_a_match(world.connection)
    run = first_run(connection)
    issued = Invoice.objects.filter(status="issued", issue_date__gte=connection.starts_on)
    unsent = issued.exclude(sync_records__connection=connection, sync_records__sent__gt=0)
    told = {(part.kind, part.currency): (part.count, part.total) for part in run.parts}
    assert told[("invoice", "GBP")] == (unsent.count(), sum(each.total for each in unsent))
    assert sum(part.tax or 0 for part in run.parts) == sum(each.tax for each in unsent)
    assert run.first == min(each.issue_date for each in unsent)
    seen = words(browse("Fay").get(page(connection, "go-live")))
    assert "What the first run will do" in seen
    assert "Where a tax return of those months was filed" in seen
    assert "an invoice is taken back by voiding it here" in seen
    assert f"It takes about {run.minutes} minute" in seen
    assert f"(about {run.calls} call" in seen
    assert "press Pause on the connection" in seen
    assert Call.objects.count() == Call.objects.filter(connection=connection).count()


@pytest.mark.slow
def test_going_live_with_a_mapping_missing_says_what_waits_and_asks(
    people: Any,
    uk: Books,  # noqa: F811 # the fixture of that name
    browse: Browse,
) -> None:
    make_invoice(company=uk.company)
    untold = make_tax_rate(uk.company, 17, code="ODD")
    make_invoice(company=uk.company, lines=[(make_item(uk.company), 1, "10.00", untold)])
    connection, fay = uk.connection, browse("Fay")
    Connection.objects.filter(pk=connection.pk).update(stage=Connection.Stage.SETUP)
    address = page(connection, "go-live")

    shown = fay.get(address)
    seen = words(shown)
    assert "1 of 2 waiting documents can go" in seen
    assert "1 waits for what is still to be chosen" in seen
    assert "1 invoice: No QuickBooks tax code is chosen for tax rate ODD" in seen
    assert f"?show=tax-{untold.pk}#id_tax-{untold.pk}" in shown.content.decode()
    assert "1 waits for a mapping" in seen
    assert "Ready when you are" not in seen

    asked = fay.post(address, {"starts_on": "2026-01-01"})
    question = "1 of 2 waiting documents wait for a mapping that is still to be chosen."
    assert question in words(asked)
    assert not Connection.objects.get(pk=connection.pk).is_live
    [one] = asked.context["form"].asked
    answer = fay.post(address, {"starts_on": "2026-01-01", "sure": [one.key]}, follow=True)
    assert "Live, 1 waits for a mapping" in words(answer)


def test_the_cut_off_is_typed_only_where_its_preview_is(world: World, browse: Browse) -> None:
    connection, fay = world.connection, browse("Fay")
    shown = fay.get(page(connection, "change"))
    assert 'name="starts_on"' not in shown.content.decode()
    assert "Change it under What is whose" in words(shown)
    assert page(connection, "whose") in shown.content.decode()
    fay.post(page(connection, "change"), {"starts_on": "2026-03-01"})
    connection.refresh_from_db()
    assert connection.starts_on == date(2026, 1, 1)


def test_going_live_leads_to_its_progress_which_asks_again_while_anything_is_on_the_way(
    world: World, browse: Browse
) -> None:
    connection, fay = after_a_match(world.connection), browse("Fay")
    answer = fay.post(page(connection, "go-live"), {"starts_on": "2026-01-01"}, follow=True)
    seen = words(answer)
    assert f"{connection} is live." in seen
    assert "on the way to QuickBooks" in seen
    assert answer.headers["Refresh"] == "5"
    SyncRecord.objects.filter(connection=connection).exclude(call=None).update(call=None)
    SyncRecord.objects.filter(connection=connection).update(state=State.IN_THE_BOOKS)
    still = fay.get(page(connection, "progress"))
    assert "Refresh" not in still.headers
    assert "Everything is in the books" in words(still)
    # By kind, with one that has not arrived.
    of_invoices = SyncRecord.objects.filter(connection=connection, kind="invoice")
    count = of_invoices.count()
    SyncRecord.objects.filter(pk=of_invoices.earliest("pk").pk).update(state=State.WAITING)
    told = words(fay.get(page(connection, "progress")))
    assert f"Invoices {count - 1} {count}" in told


def test_beside_an_invoice_that_differs_no_step_says_that_it_matched(world: World) -> None:
    def note(result: TrialResult | None) -> tuple[str, bool]:
        (step,) = [
            each for each in steps_beside(after_a_match(world.connection), result) if each.now
        ]
        return step.note, step.done

    matched = note(None)
    assert matched == ("It matched", True)
    assert note(TrialResult(Ended.MATCHED, (), "It is there.")) == matched
    assert note(TrialResult(Ended.ASKS_WORD, (), "Look at it there.")) == matched
    differs = TrialResult(Ended.DIFFERS, (), "It went over.")
    assert note(differs) == ("Another matched, this one does not", False)
