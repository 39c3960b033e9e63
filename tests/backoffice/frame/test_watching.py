"""Every file that leaves and every refusal of a page is kept, whichever page it was."""

from collections.abc import Callable
from typing import Any

from django.test import Client
from django.urls import reverse

from apps.staff.models import SecurityEvent, User
from tests.backoffice.world import WholeWorld

Browse = Callable[[str], Client]


def read(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else bytes(answer.content)


def files(whole: WholeWorld) -> dict[str, str]:
    """A page for each way in which a file leaves."""
    connection, invoice = whole.connection, whole.open_invoice
    proof = next(row for model, row in whole.records.items() if model.__name__ == "BooksProof")
    listed = "admin:billing_invoice_export"
    return {
        "a list as CSV": reverse(listed) + "?_format=csv&_columns=name",
        "a list as a workbook": reverse(listed) + "?_format=xlsx&_columns=name",
        "a print": reverse("admin:billing_invoice_pdf", args=[invoice.pk]),
        "a statement": reverse("admin:billing_customer_statement", args=[invoice.customer_id])
        + "?print=1&how=open&on=28+Nov+2026&language=en",
        "a proof": reverse("admin:reconciliation_booksproof_content", args=[proof.pk]),
        "postings": reverse(
            "admin:reconciliation_keptcomparison_proof", args=[whole.comparison.pk, "journal"]
        ),
        "the sync log": reverse("admin:sync_syncrecord_download"),
        "mappings": reverse("admin:connections_connection_map-file", args=[connection.pk])
        + "?file=mappings",
    }


def test_each_file_that_leaves_is_kept_with_who_took_it(
    whole: WholeWorld, people: dict[str, User], browse: Browse
) -> None:
    fay = browse("Fay")
    begun = SecurityEvent.objects.first()
    taken = []
    for name, address in files(whole).items():
        answer = fay.get(address, REMOTE_ADDR="203.0.113.9")
        assert answer.status_code == 200, (name, answer.status_code)
        if answer.has_header("Content-Disposition"):
            assert read(answer)
            taken.append(name)
    events = list(SecurityEvent.objects.filter(pk__gt=begun.pk if begun else 0))
    assert [each.kind for each in events] == ["downloaded"] * len(taken)
    assert {(each.person, each.address) for each in events} == {(people["Fay"], "203.0.113.9")}
    assert len(taken) >= 7, taken
    assert all(each.details["file"] for each in events)


def test_a_page_that_shows_something_is_no_download(whole: WholeWorld, browse: Browse) -> None:
    before = SecurityEvent.objects.count()
    fay = browse("Fay")
    for page in ("admin:index", "admin:billing_invoice_changelist", "admin:billing_invoice_export"):
        assert fay.get(reverse(page)).status_code == 200
    assert SecurityEvent.objects.count() == before


def test_a_refused_act_is_kept_though_what_it_did_is_rolled_back(
    whole: WholeWorld, people: dict[str, User], browse: Browse
) -> None:
    address = reverse("admin:billing_invoice_void", args=[whole.open_invoice.pk])
    answer = browse("Vera").post(
        address, {"reason": "Because", "one_time_key": "a" * 24}, REMOTE_ADDR="203.0.113.7"
    )
    assert answer.status_code == 403
    event = SecurityEvent.objects.filter(kind="act_refused").get()
    assert (event.person, event.address) == (people["Vera"], "203.0.113.7")
    assert event.words == f"Was refused Invoice {whole.open_invoice.pk}: Void."
    assert event.details["method"] == "POST"
    assert "Because" not in str(event.details) + event.words


def test_a_page_that_one_may_not_see_is_kept(people: dict[str, User], browse: Browse) -> None:
    assert browse("Vera").get(reverse("admin:sync_call_changelist")).status_code == 403
    assert SecurityEvent.objects.get().words == "Was refused Call: changelist."


def test_a_form_of_another_site_is_kept(people: dict[str, User]) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(people["Ada"])
    assert client.post(reverse("admin:staff_user_add"), {}).status_code == 403
    assert SecurityEvent.objects.get().person == people["Ada"]


def test_what_asks_a_second_person_is_no_refusal(
    whole: WholeWorld, people: dict[str, User], browse: Browse
) -> None:
    invoice = whole.open_invoice  # above the limit of an Accountant
    address = reverse("admin:billing_invoice_void", args=[invoice.pk])
    browse("Fay").post(address, {"on": "2026-11-28", "reason": "Typed twice"})
    assert not SecurityEvent.objects.filter(kind="act_refused").exists()


def test_nobody_who_is_not_signed_in_fills_the_list(whole: WholeWorld) -> None:
    before = SecurityEvent.objects.count()
    client = Client(enforce_csrf_checks=True)
    client.post("/accounts/login/", {})
    client.get(reverse("admin:sync_call_changelist"))
    assert SecurityEvent.objects.count() == before


def test_no_event_holds_what_lets_its_bearer_in(people: dict[str, User]) -> None:
    """Links are opened by people who are signed in as well, and refused to them."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(people["Vera"])
    secret = "c3v8x1-secret0token"
    reset = {"uidb36": "1", "key": secret}
    for address in (
        reverse("connections:invited", args=[secret]),
        reverse("staff_invitation", kwargs={"key": 7, "token": secret}),
        reverse("account_reset_password_from_key", kwargs=reset),
        reverse("account_confirm_email", args=[secret]),
    ):
        assert client.post(address, {}).status_code in (403, 405), address
        client.get(address)
    told = [f"{each.words} {each.details}" for each in SecurityEvent.objects.all()]
    assert len(told) >= 4
    assert not [each for each in told if secret[:8] in each]
