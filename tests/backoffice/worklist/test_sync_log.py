"""The sync log: what failed stands first, in the right words, and leaves as safe CSV."""

import csv
import io
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.connections.models import Connection
from apps.sync.models import Conflict, Reason, State, SyncRecord
from tests.backoffice.world import World
from tests.factories import make_credit_note, make_customer, make_invoice, make_payment

Browse = Callable[[str], Client]
LOG = "/admin/sync/syncrecord/"


def test_what_needs_a_person_stands_first(world: World, browse: Browse) -> None:
    shown = list(browse("Vera").get(LOG).context["cl"].result_list)
    states = [record.state for record in shown]
    assert states[:2] == [State.NEEDS_PERSON] * 2
    assert states[-1] == State.IN_THE_BOOKS


def test_holding_and_rejecting_are_never_confused(world: World, browse: Browse) -> None:
    text = browse("Vera").get(LOG).content.decode()
    assert "QuickBooks rejected it: Duplicate Document Number" in text
    assert "Tieout is holding it: The books are closed up to 31 October 2026." in text


def test_the_record_shows_where_it_stands_on_its_own_page(world: World, browse: Browse) -> None:
    text = browse("Fay").get(f"/admin/billing/invoice/{world.open_invoice.pk}/change/").content
    assert "Status in QuickBooks" in text.decode()
    assert "Rename that invoice in QuickBooks, then press Retry." in text.decode()
    draft = browse("Fay").get(f"/admin/billing/invoice/{world.draft.pk}/change/").content.decode()
    assert "Drafts are never sent." in draft


def test_what_waits_for_another_says_on_its_own_page_why_that_is_held(
    world: World, browse: Browse
) -> None:
    """A payment waits for its invoice, and that for a customer that a person must look at."""
    customer = make_customer(world.company, name="Old Mill Stores")
    invoice = make_invoice(customer=customer)
    of = {"connection": world.connection, "wanted": 1}
    held = SyncRecord.objects.create(
        kind="customer", customer=customer, state=State.NEEDS_PERSON, reason="cannot_hold",
        sentence="It holds names of 100 characters.", **of,
    )  # fmt: skip
    SyncRecord.objects.create(
        kind="invoice", invoice=invoice, state=State.WAITING, reason="waits_for_record",
        sentence="Its customer is not in QuickBooks yet.", waits_for=f"record:customer:{customer.pk}",
        **of,
    )  # fmt: skip
    fay, page = browse("Fay"), reverse("admin:billing_invoice_change", args=[invoice.pk])
    shown = fay.get(page).content.decode()
    assert "Its customer is not in QuickBooks yet." in shown
    assert (
        "customer Old Mill Stores</a>, which needs a person. Tieout is holding it: It holds"
        in shown
    )
    assert reverse("admin:sync_syncrecord_change", args=[held.pk]) in shown
    SyncRecord.objects.filter(pk=held.pk).update(sentence="Its name is taken.")
    assert "Tieout is holding it: Its name is taken." in fay.get(page).content.decode()


@pytest.mark.parametrize(
    ("fields", "way"),
    [
        ({"state": "waiting", "reason": "not_by_itself", "waits_for": "by_hand:on_issue",
          "sentence": "Sending what is issued is switched off."}, "Send it there"),
        ({"state": "needs_person", "reason": "first_of_its_kind", "waits_for": "first:credit_note",
          "sentence": "no credit note was tried yet"}, "Send the first of its kind"),
    ],
)  # fmt: skip
def test_what_hangs_on_a_record_that_a_person_must_send_says_so_and_leads_there(
    fields: dict[str, str], way: str, world: World, browse: Browse
) -> None:
    """An allocation waits for its payment, and that for an invoice, or a credit note, that is kept
    back: nothing is wrong with it."""
    Connection.objects.filter(pk=world.connection.pk).update(
        stage="live",
        trial_matched_at=timezone.now(),
        trial_fingerprint="in force",
        settings_fingerprint="in force",
    )
    note = make_credit_note(company=world.company)
    payment = make_payment(customer=note.customer)
    of = {"connection": world.connection, "wanted": 1}
    kept = SyncRecord.objects.create(kind="credit_note", credit_note=note, **fields, **of)
    behind = SyncRecord.objects.create(
        kind="payment", payment=payment, state=State.WAITING, reason="waits_for_record",
        sentence="Its credit note is not in QuickBooks yet.", waits_for=f"record:credit_note:{note.pk}",
        **of,
    )  # fmt: skip
    for page in (
        reverse("admin:billing_payment_change", args=[payment.pk]),
        reverse("admin:sync_syncrecord_change", args=[behind.pk]),
    ):
        shown = browse("Fay").get(page).content.decode()
        assert f"credit note {note}</a>, <strong>which a person must send</strong>" in shown
        assert reverse("admin:sync_syncrecord_change", args=[kept.pk]) in shown
        assert f">{way}</a>" in shown
    SyncRecord.objects.filter(pk=kept.pk).update(state="waiting", reason="", waits_for="")
    assert "which a person must send" not in browse("Fay").get(page).content.decode()


def test_the_log_is_filtered_by_state_and_reason(world: World, browse: Browse) -> None:
    vera = browse("Vera")

    def kinds(query: str) -> list[str]:
        return sorted(row.kind for row in vera.get(f"{LOG}?{query}").context["cl"].result_list)

    assert kinds("state__exact=needs_person") == ["credit_note", "invoice"]
    assert kinds("reason=held") == ["credit_note"]
    assert kinds("reason=number_taken") == ["invoice"]
    assert kinds("kind=customer") == ["customer"]
    assert kinds("q=INV-2026-00002") == ["invoice"]


def test_retry_plans_the_record_again_and_goes_back_to_where_the_button_stood(
    world: World, browse: Browse
) -> None:
    there = f"/admin/billing/invoice/{world.open_invoice.pk}/change/"
    address = reverse("admin:sync_syncrecord_retry", args=[world.record.pk])
    answer = browse("Fay").post(address, {"next": there})
    assert answer["Location"] == there
    world.record.refresh_from_db()
    assert (world.record.state, world.record.reason) == (State.WAITING, Reason.NONE)
    assert browse("Vera").post(address).status_code == 403


def test_retry_never_leads_to_another_site(world: World, browse: Browse) -> None:
    address = reverse("admin:sync_syncrecord_retry", args=[world.record.pk])
    answer = browse("Fay").post(address, {"next": "https://elsewhere.example/"})
    assert answer["Location"].startswith("/admin/sync/syncrecord/")


def test_the_selected_are_retried_by_those_who_may(world: World, browse: Browse) -> None:
    form = {"action": "retry_selected", "_selected_action": [world.record.pk]}
    browse("Cleo").post(LOG, form)
    world.record.refresh_from_db()
    assert world.record.state == State.NEEDS_PERSON
    browse("Fay").post(LOG, form)
    world.record.refresh_from_db()
    assert world.record.state == State.WAITING


def test_the_csv_holds_what_the_list_shows_and_runs_nothing(world: World, browse: Browse) -> None:
    SyncRecord.objects.filter(pk=world.record.pk).update(sentence="=HYPERLINK(1)", reason="")
    answer = browse("Vera").get(f"{LOG}download/?state__exact=needs_person")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(rows) == 3
    assert "'=HYPERLINK(1)" in rows[1] + rows[2]
    assert browse("Otto").get(f"{LOG}download/").status_code == 403


def test_a_decision_belongs_to_those_who_may_decide(world: World, browse: Browse) -> None:
    address = reverse("admin:sync_conflict_ours", args=[world.conflict.pk])
    assert browse("Cleo").post(address).status_code == 403
    assert Conflict.objects.get().decision == ""


def test_bodies_of_calls_are_shown_as_kept(world: World, browse: Browse) -> None:
    text = browse("Fay").get(f"/admin/sync/call/{world.call.pk}/change/").content.decode()
    assert "Duplicate Document Number" in text
    assert "BatchItemRequest" in text


def test_the_list_asks_the_database_the_same_few_questions_however_long_it_is(
    world: World, browse: Browse, django_assert_max_num_queries: Callable[[int], object]
) -> None:
    with django_assert_max_num_queries(28):
        browse("Vera").get(LOG)
