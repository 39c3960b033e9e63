"""Odd requests at every address: none is answered by a fault, none takes long."""

import logging
import time
from collections.abc import Callable
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import reverse

from apps.billing.models import PaymentTerm
from apps.staff.models import User
from tests.all_rights import make_almighty
from tests.backoffice.fuzzing import Fuzzer, keys_of
from tests.backoffice.world import WholeWorld

Browse = Callable[[str], Client]
REQUESTS = 2_000


@pytest.mark.parametrize(
    "address",
    [
        "/admin/billing/invoice/?q=%00",
        "/admin/billing/invoice/?status__exact=a%00",
        "/admin/billing/invoice/%00/change/",
        "/accounts/login/?next=%00",
        "/admin/billing/customer/?%00=1",
    ],
)
def test_an_address_with_nul_asks_for_nothing(address: str, db: None) -> None:
    assert Client().get(address).status_code == 400


@pytest.mark.parametrize("method", ["TRACE", "TRACK", "CONNECT", "FOO"])
@pytest.mark.parametrize("address", ["/accounts/login/", "/admin/", "/health/", "/api/v1/me"])
def test_no_page_answers_a_method_that_none_has(method: str, address: str, db: None) -> None:
    assert Client().generic(method, address).status_code == 405


@pytest.mark.parametrize("length", ["x", "-1", "1.5", "²", "9" * 5_000])
@pytest.mark.parametrize(
    "address", ["/accounts/login/", "/api/v1/customers", "/webhooks/quickbooks/"]
)
def test_a_length_that_is_no_number_is_refused(length: str, address: str, db: None) -> None:
    client = Client(raise_request_exception=False)
    answer = client.generic("POST", address, b"a=1", CONTENT_LENGTH=length)
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "address",
    ["/.git/config", "/%2egit/HEAD", "/static/", "/static/../.git/config", "/static/%2e%2e/manage.py",
     "/.env", "/.local/tieout.sqlite3", "/config/settings.py", "/media/", "/files/"],
)  # fmt: skip
def test_no_file_of_the_host_and_no_list_of_files_has_an_address(address: str, db: None) -> None:
    assert Client().get(address).status_code == 404


@pytest.mark.parametrize("name", ["sessionid", "tieout_device"])
def test_a_cookie_with_nul_asks_for_nothing(name: str, db: None) -> None:
    """Django reads an octal sign within quotes; PostgreSQL refuses to look such a session up."""
    answer = Client().get("/accounts/login/", headers={"cookie": f'{name}="abcdefgh\\000"'})
    assert answer.status_code == 400


def test_a_text_with_nul_is_typed_by_nobody(
    whole: WholeWorld, people: dict[str, User], browse: Browse
) -> None:
    """Reasons that a page reads itself would meet the database."""
    page = reverse("admin:connections_connection_map", args=[whole.connection.pk])
    for address in (page, reverse("admin:billing_customer_add"), reverse("account_login")):
        answer = browse("Fay").post(address, {"reason": "a\0b", "one_time_key": "k" * 24})
        assert answer.status_code == 400, address


@pytest.mark.parametrize("typed", [{}, {"last": "x"}, {"last": "2026-03-31", "compare": "x"}])
def test_a_month_that_is_not_said_is_not_closed(
    typed: dict[str, str], whole: WholeWorld, browse: Browse
) -> None:
    page = reverse("admin:billing_company_month-end", args=[whole.connection.company_id])
    answer = browse("Fay").post(page, {**typed, "one_time_key": "k" * 24})
    assert answer.status_code in (302, 404)


@pytest.mark.parametrize("key", ["x", "9" * 20, "9" * 5_000, "2026-13-45"])
def test_what_no_record_has_for_a_key_is_chosen_by_nobody(
    key: str, whole: WholeWorld, browse: Browse
) -> None:
    fay, once = browse("Fay"), {"one_time_key": "k" * 24}
    chosen = {"action": "show_what_would_be_sent", "_selected_action": key, **once}
    assert fay.post(reverse("admin:billing_invoice_changelist"), chosen).status_code == 404
    added = fay.post(reverse("admin:billing_paymentterm_add"), {"company": key, **once})
    assert added.status_code == 200
    picked = fay.post(reverse("admin:billing_customer_add"), {"company": key, **once})
    assert picked.status_code == 200


@pytest.mark.parametrize("year", ["2147483648", "1" + "0" * 30, "0", "-1", "x"])
def test_a_year_that_no_calendar_has_lists_nothing_else(
    year: str, people: dict[str, User], browse: Browse
) -> None:
    for listing in ("invoice", "exchangerate", "payment"):
        name = "issue_date" if listing == "invoice" else "date"
        address = reverse(f"admin:billing_{listing}_changelist")
        answer = browse("Fay").get(f"{address}?{name}__year={year}", follow=True)
        assert answer.status_code in (200, 400), address


@pytest.mark.parametrize("field", ["+", "x", "customer", "company__legal_name"])
def test_a_page_that_is_asked_for_by_no_field_refuses(
    field: str, whole: WholeWorld, browse: Browse
) -> None:
    key = whole.records[PaymentTerm].pk
    page = reverse("admin:billing_paymentterm_change", args=[key])
    assert browse("Fay").get(page, {"_to_field": field}).status_code == 400


@pytest.mark.parametrize("said", ["2147483648", "9" * 20, "-1", "x", "3"])
def test_no_more_lines_are_shown_than_were_posted(
    said: str, whole: WholeWorld, browse: Browse
) -> None:
    """Each line that a page makes up for it would be filled, checked and shown."""
    line = {f"lines-0-{name}": "1" for name in ("quantity", "unit_price")}
    counts = {"lines-TOTAL_FORMS": said, "lines-INITIAL_FORMS": "0"}
    page = reverse("admin:billing_creditnote_add")
    answer = browse("Cleo").post(page, {**counts, **line, "one_time_key": "k" * 24})
    assert answer.status_code == 200
    assert "lines-3-quantity" not in answer.content.decode()


@pytest.mark.parametrize("key", ["x", "½", "-", "1e400", "../../etc/passwd", "9" * 40, "-1"])
def test_a_key_that_no_record_has_leads_nowhere(key: str, people: dict[str, User]) -> None:
    client = Client()
    client.force_login(make_almighty("root@example.com", "a-long-password-1"))
    of = f"/admin/billing/customer/{quote(key, safe='')}"
    for address in (f"{of}/change/", f"{of}/history/", f"{of}/history/1/", f"{of}/delete/"):
        assert client.get(address).status_code in (302, 404), address
    assert client.post(f"{of}/delete/", {"_to_field": ""}).status_code in (302, 404)


def test_a_picker_that_was_given_no_key_says_so(people: dict[str, User], browse: Browse) -> None:
    add = reverse("admin:billing_customer_add")
    answer = browse("Fay").post(add, {"name": "Bell", "company": "../etc"})
    assert answer.status_code == 200
    assert "Select a valid choice" in answer.content.decode()


@pytest.mark.slow
def test_two_thousand_odd_requests_meet_no_fault(
    whole: WholeWorld, people: dict[str, User]
) -> None:
    logging.getLogger("django.request").setLevel(logging.CRITICAL)
    people["Root"] = make_almighty("root@example.com", "a-long-password-1")
    found = Fuzzer(people, keys_of(whole.records), seed=11).run(REQUESTS)
    assert found.requests == REQUESTS
    assert not found.faults, found.told()
    assert not found.slow, found.told()
    assert found.statuses[200] > REQUESTS / 10, found.told()  # pages were met, not only refusals


@pytest.mark.parametrize(
    "number",
    [
        "9" * 20,
        "9" * 5_000,
        *(pytest.param(each, marks=pytest.mark.slow) for each in ("1e999999", "٣", "²")),
    ],
)
def test_a_number_that_is_none_is_typed_into_every_page_that_reads_one(
    number: str, whole: WholeWorld, people: dict[str, User], browse: Browse
) -> None:
    """Keys, places and amounts: each is refused in words, at once."""
    pk, fay, ada = whole.connection.pk, browse("Fay"), browse("Ada")
    customer, invoice = whole.open_invoice.customer_id, whole.open_invoice.pk
    asked: list[tuple[Client, str, list[object], dict[str, object]]] = [
        (ada, "staff_user_change", [people["Vera"].pk], {"companies": [number], "name": "Vera"}),
        (fay, "exchange_scheduledexport_add", [], {"people": [number], "kind": number}),
        (ada, "triggers_apikey_make_service", [], {"companies": [number], "name": "x"}),
        (fay, "billing_customer_maybe_the_same", [], {"keys": number, "reason": "x"}),
        (fay, "billing_customer_merge", [customer], {"into": number, "reason": "x"}),
        (fay, "billing_invoice_receive-payment", [invoice], {"amount": number, "exchange_rate": number}),
        (fay, "billing_taxrate_add", [], {"components-0-percent": number, "name": "x",
                                          "components-TOTAL_FORMS": number}),
        (fay, "connections_connection_files", [pk], {"again": number}),
        (fay, "connections_connection_files", [pk], {"take": number}),
        (fay, "connections_connection_match", [pk], {"act": "link", "ours": number, "theirs": number}),
        (fay, "connections_connection_map", [pk], {f"income-{number}": number}),
    ]  # fmt: skip
    begun = time.perf_counter()
    for client, name, args, typed in asked:
        page = reverse(f"admin:{name}", args=args)
        for answer in (
            client.post(page, {**typed, "one_time_key": "k" * 24}),
            client.get(page, {**typed, "company": number, "p": number, "page": number}),
        ):
            assert answer.status_code < 500, (name, answer.status_code)
    assert time.perf_counter() - begun < 20
