"""What was recorded of FreshBooks, and what its SDKs keep as samples, is read."""

import json
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from apps.connectors.freshbooks.access import organisations
from apps.connectors.freshbooks.client import read_answer
from apps.connectors.freshbooks.heads import id_of
from apps.connectors.freshbooks.objects import object_of, objects_of
from apps.connectors.freshbooks.taxes import codes_of
from apps.connectors.port import RemoteObject
from apps.connectors.snapshots import InvoiceSnapshot, Kind
from tests.connectors.freshbooks import answers, test_reports
from tests.connectors.freshbooks.answers import Script, listed, one, said
from tests.connectors.freshbooks.test_faults import READ

HOME = "CAD"  # of the samples
SPECS = Path(__file__).resolve().parents[4] / "shared/specs/freshbooks"


@cache
def sample(name: str) -> Any:
    if not SPECS.exists():
        pytest.skip(f"FreshBooks' samples are not at {SPECS}")
    return json.loads((SPECS / name).read_text())


def whole(kind: str, name: str) -> RemoteObject:
    raw = read_answer(READ, said(sample(name))).one(kind)
    assert raw is not None
    there = objects_of(kind, raw, HOME)[0]
    assert there.unreadable is None
    assert object_of(kind, raw, HOME) == there
    return there


def test_the_sample_of_an_invoice_comes_to_its_total() -> None:
    there = whole("invoice", "java-sdk/get_invoice_response.json")
    assert isinstance(there.snapshot, InvoiceSnapshot)
    assert (there.remote_id, there.number, there.currency) == ("987654", "ACM0002", "CAD")
    assert (there.amount, there.balance) == (Decimal("41.94"), Decimal("21.94"))
    assert (there.snapshot.net, there.snapshot.tax) == (Decimal("39.60"), Decimal("2.34"))
    assert [each.rate_id for each in there.snapshot.taxes] == ["HST1@13"]
    assert there.snapshot.address.country == "CA"


@pytest.mark.parametrize(
    ("kind", "name", "of_kind", "remote_id"),
    [
        ("payment", "java-sdk/get_payment_response.json", Kind.PAYMENT, "235435"),
        ("item", "java-sdk/get_item_response.json", Kind.ITEM, "4331"),
        ("client", "python-sdk/get_client_response.json", Kind.CUSTOMER, "12345"),
        ("client", "python-sdk/create_client_response.json", Kind.CUSTOMER, "56789"),
    ],
)
def test_each_sample_of_one_is_read(kind: str, name: str, of_kind: Kind, remote_id: str) -> None:
    there = whole(kind, name)
    assert there.of_kind is of_kind
    assert there.remote_id.isdecimal()
    assert there.remote_id == remote_id or "create" in name


def test_the_sample_of_a_credit_note_whose_sums_do_not_agree_is_no_guess() -> None:
    """Its lines come to 580.00 and it says 300.00, without a tax on any."""
    raw = read_answer(READ, said(sample("nodejs-sdk/get_credit_note_response.json"))).one(
        "credit_note"
    )
    assert raw is not None
    there = objects_of("credit_note", raw, HOME)[0]
    assert there.unreadable is not None
    assert (there.remote_id, there.of_kind) == ("31313", Kind.CREDIT_NOTE)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("invoice", "java-sdk/list_invoices_response.json"),
        ("item", "java-sdk/list_items_response.json"),
        ("payment", "java-sdk/list_payments_response.json"),
        ("client", "python-sdk/list_clients_response.json"),
        ("credit_note", "nodejs-sdk/list_credit_notes_response.json"),
    ],
)
def test_each_sample_of_a_list_is_read(kind: str, name: str) -> None:
    rows = read_answer(READ, said(sample(name))).rows(kind)
    assert rows
    for raw in rows:
        assert id_of(kind, raw)
        assert objects_of(kind, raw, HOME)[0].remote_id == id_of(kind, raw)


def test_the_sample_of_taxes_makes_codes() -> None:
    rows = read_answer(READ, said(sample("java-sdk/list_taxes_response.json"))).rows("tax")
    assert len(codes_of(rows)) > len(rows)


def test_the_sample_of_a_person_opens_two_businesses() -> None:
    found = organisations(
        Script({"GET /auth/api/v1/users/me": said(sample("python-sdk/auth_me_response.json"))})
    )
    assert [each.remote_id for each in found.organisations if not each.refusal] == [
        "ABC123",
        "ABC124",
    ]
    assert found.person == "12345"


# --- Key paths and types ----------------------------------------------------------------------------


def paths_of(value: Any, path: str = "") -> set[str]:
    if isinstance(value, dict):
        return {each for name, part in value.items() for each in paths_of(part, f"{path}.{name}")}
    if isinstance(value, list):
        return {each for part in value for each in paths_of(part, f"{path}[]")}
    return {path.removeprefix(".")}


@pytest.mark.parametrize(
    ("seen", "ours", "before"),
    [
        ("client (list element)", [answers.client_raw()], ""),
        ("credit_note", [json.loads(one("credit_note", answers.credit_raw()).body)], ""),
        ("accounting error", [json.loads(answers.error(1, "x", "y", "z").body)], ""),
        ("reports/accounting/accounts_aging", [json.loads(test_reports.ageing().body)], ""),
        (
            "reports/accounting/trial_balance",
            [json.loads(test_reports.trial_balance([("1", "1.00", "0.00")]).body)],
            "",
        ),
        ("reports/accounting/balance_sheet", [json.loads(test_reports.sheet().body)], ""),
    ],
)
def test_what_these_tests_answer_with_has_been_seen(seen: str, ours: Any, before: str) -> None:
    """The fields that are read are those that were recorded, each of its type."""
    recorded = sample("observed-shapes.json")[seen]["paths"]
    told = {path.removeprefix(before) for path in recorded}
    read = {path for each in ours for path in paths_of(each)}
    needed = {
        "client (list element)": {
            "organization", "email", "currency_code", "updated", "id", "userid", "vis_state",
        },
        "credit_note": {
            "response.result.credit_note." + name
            for name in (
                "id", "creditid", "clientid", "credit_number", "credit_type", "currency_code",
                "create_date", "notes", "amount.amount", "paid.amount", "display_status", "vis_state",
            )
        },
        "accounting error": {"response.errors[].errno", "response.errors[].message"},
    }.get(seen, {path for path in read if not path.endswith("paths")})  # fmt: skip
    assert needed <= told, needed - told
    assert needed <= read, needed - read


def test_an_empty_list_has_no_pages() -> None:
    assert '"pages": 0' in listed("invoices").body.decode()
    assert read_answer(READ, listed("invoices")).rows("invoice") == []
