"""How the API is spoken: formats, limits, keys, lists and what becomes of a bad element."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.xero_twin import XeroCaller, XeroTwin, sale


def test_json_is_answered_to_whom_it_was_asked_of(xero: XeroCaller) -> None:
    plain = xero.call("GET", "Organisation", headers={"Accept": "*/*"})
    assert plain.headers["Content-Type"].startswith("text/xml")
    assert plain.text.startswith("<Response><Id>")
    told = xero.call("GET", "Organisation")
    assert told.headers["Content-Type"].startswith("application/json")
    assert told.headers["Xero-Correlation-Id"]


@pytest.mark.parametrize(
    "path", ["Invoices/00000000-0000-0000-0000-0000000000aa", "Nothing", "Contacts/none"]
)
def test_404_is_a_web_page_without_a_byte(xero: XeroCaller, path: str) -> None:
    answer = xero.call("GET", path)
    assert (answer.status_code, answer.content) == (404, b"")
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"


def test_a_list_that_names_one_unknown_id_is_404_as_a_whole(xero: XeroCaller) -> None:
    known = xero.invoice(xero.contact())["InvoiceID"]
    assert len(xero.get("Invoices", IDs=known)["Invoices"]) == 1
    unknown = "00000000-0000-0000-0000-0000000000aa"
    assert xero.call("GET", "Invoices", IDs=f"{known},{unknown}").status_code == 404


# --- limits -------------------------------------------------------------------------------------
LEFT = ("X-MinLimit-Remaining", "X-DayLimit-Remaining", "X-AppMinLimit-Remaining")


@pytest.mark.parametrize(
    ("limits", "problem", "most_seconds"),
    [
        ({"per_minute": 2}, "minute", 61),
        ({"per_day": 2}, "day", 86_401),
        ({"app_minute": 0}, "appminute", 61),
        ({"in_flight": 0}, "concurrent", None),
    ],
)
def test_429_has_no_body_and_says_which_limit(
    twin: XeroTwin, xero: XeroCaller, tenant: str, limits: Any, problem: str, most_seconds: Any
) -> None:
    twin.set_up(tenant, limits=limits, minute_window="sliding")
    allowed = 0
    while (answer := xero.call("GET", "Organisation")).status_code == 200:
        allowed += 1
        assert set(LEFT) <= set(answer.headers)
    assert allowed == max(limits.values())
    assert (answer.status_code, answer.content) == (429, b"")
    assert "Content-Type" not in answer.headers
    assert answer.headers["X-Rate-Limit-Problem"] == problem
    if most_seconds:
        assert 1 <= int(answer.headers["Retry-After"]) <= most_seconds
    else:
        assert "Retry-After" not in answer.headers


def test_a_clock_that_is_set_back_leaves_no_call_to_come_yet(
    twin: XeroTwin, xero: XeroCaller, tenant: str
) -> None:
    twin.set_up(tenant, limits={"app_minute": 1}, minute_window="sliding")
    twin.control("POST", "clock", {"offset_seconds": 300})
    try:
        assert xero.call("GET", "Organisation").status_code == 200
    finally:
        twin.control("POST", "clock", {"offset_seconds": 0})
    assert xero.call("GET", "Organisation").status_code == 200
    refused = xero.call("GET", "Organisation")
    assert (refused.status_code, int(refused.headers["Retry-After"]) <= 61) == (429, True)


def test_what_is_left_counts_down(twin: XeroTwin, xero: XeroCaller, tenant: str) -> None:
    twin.set_up(tenant, limits={"starter": True}, minute_window="sliding")
    seen = [xero.call("GET", "Organisation").headers for _ in range(2)]
    assert [one["X-DayLimit-Remaining"] for one in seen] == ["999", "998"]
    assert [one["X-MinLimit-Remaining"] for one in seen] == ["59", "58"]


def test_a_call_without_an_organisation_is_told_the_apps_limit_alone(
    twin: XeroTwin, xero: XeroCaller
) -> None:
    headers = {"Authorization": f"Bearer {xero.tokens['access_token']}"}
    answer = twin.http.get(f"{twin.url}/connections", headers=headers)
    assert [name for name in LEFT if name in answer.headers] == ["X-AppMinLimit-Remaining"]


# --- Idempotency-Key --------------------------------------------------------------------------------
def test_the_same_key_and_request_give_the_first_answer(twin: XeroTwin, xero: XeroCaller) -> None:
    body = {"Contacts": [{"Name": "Once"}]}
    key = {"Idempotency-Key": "one"}
    first = xero.call("PUT", "Contacts", body, headers=key)
    again = xero.call("PUT", "Contacts", body, headers=key)
    assert first.json() == again.json()
    assert twin.state(xero.tenant)["replays"] == 1
    other = xero.call("PUT", "Contacts", {"Contacts": [{"Name": "Other"}]}, headers=key)
    assert other.status_code == 400
    url = xero.call("PUT", "Contacts", body, headers=key, summarizeErrors="false")
    assert url.status_code == 400


def test_errors_are_replayed_too_and_a_new_key_asks_anew(xero: XeroCaller) -> None:
    xero.contact("Taken")
    body = {"Contacts": [{"Name": "taken"}]}
    first = xero.call("PUT", "Contacts", body, headers={"Idempotency-Key": "k"})
    assert first.status_code == 400
    held = xero.get("Contacts")["Contacts"][0]
    xero.post("Contacts", {"ContactID": held["ContactID"], "Name": "Free"})
    again = xero.call("PUT", "Contacts", body, headers={"Idempotency-Key": "k"})
    assert (again.status_code, again.json()) == (400, first.json())
    anew = xero.call("PUT", "Contacts", body, headers={"Idempotency-Key": "k2"})
    assert anew.status_code == 200


def test_a_key_lives_six_minutes_from_the_first_call(twin: XeroTwin, xero: XeroCaller) -> None:
    body = {"Invoices": [sale(xero.contact())]}
    key = {"Idempotency-Key": "six"}
    first = xero.call("PUT", "Invoices", body, headers=key).json()["Invoices"][0]
    try:
        twin.control("POST", "clock", {"offset_seconds": 355})
        same = xero.call("PUT", "Invoices", body, headers=key).json()["Invoices"][0]
        twin.control("POST", "clock", {"offset_seconds": 365})
        other = xero.call("PUT", "Invoices", body, headers=key).json()["Invoices"][0]
    finally:
        twin.control("POST", "clock", {"offset_seconds": 0})
    assert same["InvoiceID"] == first["InvoiceID"]
    assert other["InvoiceID"] != first["InvoiceID"]


def test_limits_are_counted_before_the_key(twin: XeroTwin, xero: XeroCaller, tenant: str) -> None:
    body = {"Contacts": [{"Name": "Once"}]}
    key = {"Idempotency-Key": "one"}
    assert xero.call("PUT", "Contacts", body, headers=key).status_code == 200
    twin.set_up(tenant, limits={"per_day": 0})
    assert xero.call("PUT", "Contacts", body, headers=key).status_code == 429


# --- what is answered --------------------------------------------------------------------------------
def nulls(content: Any, path: str = "") -> list[str]:
    if isinstance(content, dict):
        return [one for key, value in content.items() for one in nulls(value, f"{path}.{key}")]
    if isinstance(content, list):
        return [one for value in content for one in nulls(value, path)]
    return [path] if content is None else []


def test_what_has_no_value_is_absent_and_dates_come_twice(xero: XeroCaller) -> None:
    made = xero.invoice(xero.contact(), Date="2019-03-11", DueDate="2019-03-12")
    assert made["Date"] == "/Date(1552262400000+0000)/"
    assert made["DateString"] == "2019-03-11T00:00:00"
    read = xero.get("Invoices", page="1")
    assert nulls(read) == []
    assert nulls(made) == []
    assert "FullyPaidOnDate" not in read["Invoices"][0]
    assert set(read) == {
        "Id",
        "Status",
        "ProviderName",
        "DateTimeUTC",
        "pagination",
        "Invoices",
    }
    assert read["pagination"] == {"page": 1, "pageSize": 100, "pageCount": 1, "itemCount": 1}


@pytest.mark.parametrize("told", ["2026-03-02", "2026-03-02T11:22:33", "/Date(1772409600000)/"])
def test_a_date_may_be_written_in_three_ways(xero: XeroCaller, told: str) -> None:
    made = xero.invoice(xero.contact(), Date=told)
    assert made["DateString"] == "2026-03-02T00:00:00"


def test_unit_amounts_have_two_decimals_unless_four_are_asked_for(xero: XeroCaller) -> None:
    contact = xero.contact()
    line = {**sale(contact)["LineItems"][0], "Quantity": 7000, "UnitAmount": 0.1648}
    fine = xero.put("Invoices", sale(contact, LineItems=[line]))
    assert (fine["LineItems"][0]["UnitAmount"], fine["SubTotal"]) == (0.1648, 1153.6)
    coarse = xero.put("Invoices", sale(contact, LineItems=[line]), unitdp="2")
    assert (coarse["LineItems"][0]["UnitAmount"], coarse["SubTotal"]) == (0.16, 1120)
    read = xero.get(f"Invoices/{fine['InvoiceID']}")["Invoices"][0]
    assert read["LineItems"][0]["UnitAmount"] == 0.16


def test_pages_and_a_page_past_the_end(twin: XeroTwin, xero: XeroCaller, tenant: str) -> None:
    contact = xero.contact()
    body = {"Invoices": [sale(contact, number) for number in range(1, 6)]}
    xero.done("PUT", "Invoices", body)
    pages = [xero.get("Invoices", page=str(page), pageSize="2") for page in (1, 2, 3, 4)]
    assert [len(one["Invoices"]) for one in pages] == [2, 2, 1, 0]
    assert pages[3]["pagination"]["pageCount"] == 3
    twin.set_up(tenant, past_the_end="not_found")
    assert xero.call("GET", "Invoices", page="4", pageSize="2").status_code == 404


def test_without_a_page_lists_have_no_lines(xero: XeroCaller) -> None:
    xero.invoice(xero.contact())
    assert xero.get("Invoices")["Invoices"][0]["LineItems"] == []
    assert len(xero.get("Invoices", page="1")["Invoices"][0]["LineItems"]) == 1
    light = xero.get("Invoices", page="1", summaryOnly="true")
    assert light["Invoices"][0]["LineItems"] == []


@pytest.mark.parametrize(
    ("where", "numbers"),
    [
        ('Type=="ACCREC" AND Status=="AUTHORISED"', ["A-1", "B-2"]),
        ('InvoiceNumber=="a-1"', ["A-1"]),
        ('Contact.Name=="amys bird sanctuary"', []),
        ('Contact.Name=="AMY\'S bird sanctuary"', ["A-1", "B-2"]),
        ("Date>=DateTime(2026,03,10)", ["B-2"]),
        ('AmountDue>150 OR InvoiceNumber.StartsWith("A")', ["A-1", "B-2"]),
        ("(Total==115 OR Total==1) AND Reference!=null", ["A-1"]),
    ],
)
def test_filters(xero: XeroCaller, where: str, numbers: list[str]) -> None:
    contact = xero.contact()
    xero.invoice(contact, 100, InvoiceNumber="A-1")
    xero.invoice(contact, 200, InvoiceNumber="B-2", Date="2026-03-11")
    found = xero.get("Invoices", where=where, order="InvoiceNumber ASC", page="1")["Invoices"]
    assert [one["InvoiceNumber"] for one in found] == numbers


@pytest.mark.parametrize("where", ["Type==", 'Nothing.Foo("x")', "(Type==1", 'Total>="x"'])
def test_a_filter_that_cannot_be_read_is_400(xero: XeroCaller, where: str) -> None:
    xero.invoice(xero.contact())
    answer = xero.call("GET", "Invoices", where=where)
    assert (answer.status_code, answer.json()["Type"]) == (400, "QueryParseException")


def test_order_ids_numbers_statuses_and_my_app(twin: XeroTwin, xero: XeroCaller) -> None:
    contact = xero.contact()
    one = xero.invoice(contact, 1, InvoiceNumber="N-1")
    xero.invoice(contact, 2, InvoiceNumber="N-2", Status="DRAFT")
    body = sale(contact, 3, InvoiceNumber="N-3")
    twin.act(xero.tenant, "create", kind="Invoices", body=body)

    def numbers(**params: str) -> list[str]:
        found = xero.get("Invoices", page="1", order="InvoiceNumber DESC", **params)
        return [each["InvoiceNumber"] for each in found["Invoices"]]

    assert numbers() == ["N-3", "N-2", "N-1"]
    assert numbers(IDs=one["InvoiceID"]) == ["N-1"]
    assert numbers(InvoiceNumbers="N-1,N-3,N-9") == ["N-3", "N-1"]
    assert numbers(Statuses="DRAFT,PAID") == ["N-2"]
    assert numbers(createdByMyApp="true") == ["N-2", "N-1"]
    assert numbers(searchTerm="n-3") == ["N-3"]


def test_if_modified_since_knows_whole_seconds(twin: XeroTwin, xero: XeroCaller) -> None:
    xero.contact("Old")
    now = datetime.now(UTC)
    try:
        twin.control("POST", "clock", {"offset_seconds": 100})
        xero.contact("New")
        told = now.replace(microsecond=0).timestamp() + 60
        since = datetime.fromtimestamp(told, UTC).strftime("%Y-%m-%dT%H:%M:%S")

        def names() -> Any:
            answer = xero.call("GET", "Contacts", headers={"If-Modified-Since": since})
            return answer.status_code, [
                one["Name"] for one in (answer.json()["Contacts"] if answer.content else [])
            ]

        assert names() == (200, ["New"])
        since = datetime.fromtimestamp(told + 300, UTC).isoformat()
        assert names() == (200, [])
        twin.set_up(xero.tenant, nothing_modified="304")
        assert names() == (304, [])
    finally:
        twin.control("POST", "clock", {"offset_seconds": 0})


# --- bad elements ------------------------------------------------------------------------------------
def test_summarised_the_good_ones_are_made_and_their_ids_are_lost(
    twin: XeroTwin, xero: XeroCaller
) -> None:
    contact = xero.contact()
    bad = sale(contact, InvoiceNumber="BAD", LineItems=[])
    body = {"Invoices": [sale(contact, InvoiceNumber="GOOD"), bad]}
    answer = xero.call("PUT", "Invoices", body)
    assert answer.status_code == 400
    told = answer.json()
    assert (told["ErrorNumber"], told["Type"]) == (10, "ValidationException")
    assert [one["InvoiceNumber"] for one in told["Elements"]] == ["BAD"]
    assert [one["InvoiceNumber"] for one in twin.objects(xero.tenant, "Invoices")] == ["GOOD"]


def test_not_summarised_each_element_has_its_mark_in_the_order_sent(xero: XeroCaller) -> None:
    contact = xero.contact()
    bad = sale(contact, InvoiceNumber="BAD", LineItems=[])
    body = {"Invoices": [bad, sale(contact, InvoiceNumber="GOOD")]}
    told = xero.done("PUT", "Invoices", body, summarizeErrors="false")["Invoices"]
    assert [one["StatusAttributeString"] for one in told] == ["ERROR", "OK"]
    assert [one["HasErrors"] for one in told] == [True, False]
    assert told[0]["InvoiceID"] == "00000000-0000-0000-0000-000000000000"
    assert told[0]["ValidationErrors"]
    assert "StatusAttributeString" not in xero.invoice(contact)


@pytest.mark.parametrize("raw", ["{", "[]", '"text"', '{"Invoices": [1]}'])
def test_a_body_that_cannot_be_read_is_400(xero: XeroCaller, raw: str) -> None:
    answer = xero.http.put(
        f"{xero.twin.url}/api.xro/2.0/Invoices",
        data=raw,
        headers={
            "Authorization": f"Bearer {xero.tokens['access_token']}",
            "xero-tenant-id": xero.tenant,
            "Accept": "application/json",
        },
    )
    assert answer.status_code == 400


def test_a_value_of_a_wrong_type_is_the_elements_fault(xero: XeroCaller) -> None:
    contact = xero.contact()
    for wrong in ({"Date": 5}, {"LineItems": ["x"]}, {"Contact": "x"}):
        body = {"Invoices": [sale(contact, **wrong)]}
        assert xero.call("PUT", "Invoices", body).status_code == 400


@pytest.mark.parametrize("form", ["wrapped", "bare"])
def test_bodies_may_be_wrapped_or_bare(xero: XeroCaller, form: str) -> None:
    contact = {"Name": "Either"}
    body = {"Contacts": [contact]} if form == "wrapped" else contact
    assert xero.done("POST", "Contacts", body)["Contacts"][0]["Name"] == "Either"
