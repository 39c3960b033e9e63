"""Notes and files hang on objects over there, and leave them as they are."""

import base64
import html
import json
from typing import Any

import pytest
import requests

from tests.sandbox_server import Caller, SandboxServer, sale

from .test_independent_clients import make_customer, make_invoice

FIRST_OF_MARCH = "2026-03-01"


@pytest.fixture
def invoice(caller: Caller) -> Any:
    return caller.invoice(caller.customer()["Id"], 100, TxnDate=FIRST_OF_MARCH)


def on(kind: str, identity: str) -> list[dict[str, Any]]:
    return [{"EntityRef": {"type": kind, "value": identity}}]


def note(
    caller: Caller, identity: str, words: str = "Amended by hand", kind: str = "Invoice"
) -> Any:
    return caller.post("attachable", {"Note": words, "AttachableRef": on(kind, identity)})[
        "Attachable"
    ]


def hanging(caller: Caller, kind: str, identity: str) -> list[str]:
    """Ids found by the statement that the documentation gives, in its own spelling."""
    found = caller.query(
        f"select * from attachable where AttachableRef.EntityRef.Type = '{kind}' "
        f"and AttachableRef.EntityRef.value = '{identity}'"
    )
    return sorted(one["Id"] for one in found.get("Attachable", ()))


def send(caller: Caller, body: bytes, boundary: str = "b-1") -> requests.Response:
    headers = {
        "Authorization": f"Bearer {caller.tokens['access_token']}",
        "Accept": "application/json",
        "Content-Type": f'multipart/form-data; boundary="{boundary}"',
    }
    address = f"{caller.server.api}/v3/company/{caller.realm}/upload"
    return requests.post(address, data=body, headers=headers, timeout=20)


def part(name: str, content: bytes, *headers: str, end: bytes = b"\r\n") -> bytes:
    head = [f'Content-Disposition: form-data; name="{name}"', *headers]
    return b"--b-1" + end + end.join(each.encode() for each in head) + end * 2 + content + end


def told(**fields: Any) -> bytes:
    return json.dumps(fields).encode()


# --- notes ---------------------------------------------------------------------------------------
def test_a_note_on_an_invoice_of_a_closed_month_leaves_it_as_it_was(
    caller: Caller, sandbox_server: SandboxServer, realm: str, invoice: Any
) -> None:
    sandbox_server.set_up(realm, book_close_date="2026-03-31")
    changed = {**invoice, "PrivateNote": "x", "sparse": True}
    assert caller.refusal("POST", "invoice", changed)[1] == "6200"

    made = note(caller, invoice["Id"])

    reference = {"value": invoice["Id"], "type": "Invoice"}
    assert made["AttachableRef"] == [{"EntityRef": reference, "IncludeOnSend": False}]
    assert (made["Note"], made["SyncToken"], made["domain"]) == ("Amended by hand", "0", "QBO")
    assert "Size" not in made
    assert caller.get(f"attachable/{made['Id']}")["Attachable"] == made
    assert caller.get(f"invoice/{invoice['Id']}")["Invoice"] == invoice
    again = caller.post("attachable", {**made, "Note": "Better said"})["Attachable"]
    caller.post("attachable", {"Id": made["Id"], "SyncToken": "1"}, operation="delete")
    assert again["SyncToken"] == "1"
    assert caller.refusal("GET", f"attachable/{made['Id']}")[1] == "610"
    assert caller.get(f"invoice/{invoice['Id']}")["Invoice"] == invoice


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({}, "6000"),
    ({"Category": "Other"}, "6000"),
    ({"Note": "x" * 2001}, "2050"),
    ({"FileName": "x" * 1001}, "2050"),
    ({"Note": "n", "Category": "Poem"}, "2170"),
    ({"Note": "n", "AttachableRef": on("Invoice", "999")}, "2500"),
    ({"Note": "n", "AttachableRef": on("Unicorn", "1")}, "2500"),
    ({"Note": "n", "AttachableRef": [{"EntityRef": {"value": "1"}}]}, "2020"),
    ({"Note": "n", "AttachableRef": "Invoice"}, "2010"),
]


def test_what_is_refused(caller: Caller) -> None:
    answers = [caller.refusal("POST", "attachable", body)[:2] for body, _ in REFUSED]
    assert answers == [(400, code) for _, code in REFUSED]
    longest = {"Note": "x" * 2000, "FileName": "y" * 1000}
    assert caller.post("attachable", longest)["Attachable"]["Note"] == "x" * 2000


def test_an_object_that_was_deleted_takes_no_note_and_keeps_the_one_it_had(
    caller: Caller, invoice: Any
) -> None:
    made = note(caller, invoice["Id"])
    caller.post("invoice", {"Id": invoice["Id"], "SyncToken": "0"}, operation="delete")
    body = {"Note": "late", "AttachableRef": on("Invoice", invoice["Id"])}
    assert caller.refusal("POST", "attachable", body)[1] == "2500"
    sparse = {"Id": made["Id"], "SyncToken": "0", "sparse": True, "Note": "still there"}
    assert caller.post("attachable", sparse)["Attachable"]["AttachableRef"] == made["AttachableRef"]
    whole = {"Id": made["Id"], "SyncToken": "1", "Note": "alone"}
    assert "AttachableRef" not in caller.post("attachable", whole)["Attachable"]


def test_what_hangs_on_an_object_is_found_by_kind_and_id_of_one_link(
    caller: Caller, invoice: Any
) -> None:
    # Customers count from 1 as transactions do: this one has an id that no invoice has.
    customer = [caller.customer(name)["Id"] for name in "BCDE"][-1]
    other = caller.invoice(customer, 5)["Id"]
    first = note(caller, invoice["Id"])["Id"]
    links = [*on("invoice", other), *on("customer", customer)]
    both = caller.post("attachable", {"Note": "50 %", "AttachableRef": links})["Attachable"]
    assert [one["EntityRef"]["type"] for one in both["AttachableRef"]] == ["Invoice", "Customer"]

    assert hanging(caller, "Invoice", invoice["Id"]) == [first]
    assert hanging(caller, "invoice", other) == [both["Id"]]
    assert hanging(caller, "Customer", customer) == [both["Id"]]
    # Each on an invoice and on something of this id, but not on the invoice of this id.
    assert hanging(caller, "Invoice", customer) == []
    assert hanging(caller, "Invoice", "") == []
    by_words = caller.query("SELECT Id FROM Attachable WHERE Note LIKE '50%'")["Attachable"]
    assert [one["Id"] for one in by_words] == [both["Id"]]
    many = f"SELECT * FROM Attachable WHERE AttachableRef.EntityRef.value IN ('{other}', '0')"
    assert [one["Id"] for one in caller.query(many)["Attachable"]] == [both["Id"]]
    wrong = "SELECT * FROM Attachable WHERE AttachableRef.EntityRef.value LIKE '1%'"
    assert caller.refusal("GET", "query", query=wrong)[1] == "4001"


def test_in_batches_under_keys_and_in_the_change_feed(
    caller: Caller, sandbox_server: SandboxServer, realm: str, invoice: Any
) -> None:
    good = {"Note": "one", "AttachableRef": on("Invoice", invoice["Id"])}
    items = [
        {"bId": "1", "operation": "create", "Attachable": good},
        {"bId": "2", "operation": "create", "Attachable": {**good, "Note": ""}},
        {"bId": "3", "operation": "create", "Invoice": sale(invoice["CustomerRef"]["value"])},
    ]
    answers = caller.post("batch", {"BatchItemRequest": items})["BatchItemResponse"]
    assert answers[0]["Attachable"]["Note"] == "one"
    assert answers[1]["Fault"]["Error"][0]["code"] == "6000"
    twice = [caller.post("attachable", {**good, "Note": "two"}, requestid="k")["Attachable"]]
    twice.append(caller.post("attachable", {**good, "Note": "two"}, requestid="k")["Attachable"])
    assert twice[0] == twice[1]
    kept = sandbox_server.control("GET", f"companies/{realm}/notes/Invoice/{invoice['Id']}")
    assert [one["note"] for one in kept] == ["one", "two"]

    caller.post("attachable", {"Id": kept[0]["id"], "SyncToken": "0"}, operation="delete")
    since = invoice["MetaData"]["CreateTime"]
    fed = caller.get("cdc", entities="Attachable", changedSince=since)
    found = fed["CDCResponse"][0]["QueryResponse"][0]["Attachable"]
    assert {one["Id"]: one.get("status") for one in found} == {
        kept[0]["id"]: "Deleted",
        kept[1]["id"]: None,
    }


def test_the_stricter_reading_raises_what_it_hangs_on(
    caller: Caller, sandbox_server: SandboxServer, realm: str, invoice: Any
) -> None:
    sandbox_server.set_up(realm, attachable_raises_token=True, book_close_date="2026-03-31")
    made = note(caller, invoice["Id"])
    assert caller.get(f"invoice/{invoice['Id']}")["Invoice"]["SyncToken"] == "1"
    stale = {**invoice, "PrivateNote": "x"}
    sandbox_server.set_up(realm, book_close_date=None)
    assert caller.refusal("POST", "invoice", stale)[1] == "5010"
    caller.post("attachable", {"Id": made["Id"], "SyncToken": "0"}, operation="delete")
    assert caller.get(f"invoice/{invoice['Id']}")["Invoice"]["SyncToken"] == "2"
    assert sandbox_server.state(realm)["ledger_difference"] == 0


# --- files ---------------------------------------------------------------------------------------
def test_files_come_in_parts_each_with_its_own_answer(caller: Caller, invoice: Any) -> None:
    raw = bytes(range(256)) + b"\r\n--b-2 is no boundary\n"
    body = (
        part("file_metadata_01", told(AttachableRef=on("Invoice", invoice["Id"]), Note="proof"))
        + part("file_content_01", raw, 'Content-Disposition: form-data; filename="x"')
        + part("file_metadata_02", told(FileName="lost.txt", AttachableRef=on("Bill", "1")))
        + part("file_content_02", b"words", "Content-Type: text/plain")
        + part("file_metadata_03", told(FileName="none.txt"))
        + part("file_content_04", base64.b64encode(b"abc"), "Content-Transfer-Encoding: base64")
        + part("file_content_05", b"nobody says what it is called")
        + b"--b-1--\r\n"
    )
    body = body.replace(
        b'name="file_content_01"\r\nContent-Disposition: form-data; filename="x"',
        b'name="file_content_01"; filename="proof.pdf"\r\nContent-Type: application/pdf',
    ).replace(b'name="file_content_04"', b'name="file_content_04"; filename="abc.txt"')
    before = b"preamble\r\n"

    answers = send(caller, before + body).json()["AttachableResponse"]

    made = answers[0]["Attachable"]
    assert (made["FileName"], made["Size"]) == ("proof.pdf", len(raw))
    assert (made["ContentType"], made["Note"]) == ("application/pdf", "proof")
    assert made["FileAccessUri"] == f"/v3/company/{caller.realm}/download/{made['Id']}"
    codes = [answers[at]["Fault"]["Error"][0]["code"] for at in (1, 2, 4)]
    assert codes == ["2500", "2020", "2020"]
    assert answers[3]["Attachable"]["Size"] == 3
    for address in (made["TempDownloadUri"], caller.call("GET", f"download/{made['Id']}").text):
        served = requests.get(address, timeout=20)
        assert (served.content, served.headers["Content-Type"]) == (raw, "application/pdf")
    assert caller.get(f"invoice/{invoice['Id']}")["Invoice"] == invoice


def test_an_address_is_signed_and_lasts_a_quarter_of_an_hour(
    caller: Caller, sandbox_server: SandboxServer, invoice: Any
) -> None:
    content = part("file_content_1", b"abc").replace(b"_1", b'_1"; filename="a b.txt', 1)
    made = send(caller, content + b"--b-1--").json()["AttachableResponse"][0]["Attachable"]
    address = made["TempDownloadUri"]
    forged = address.replace("Expires=1", "Expires=2")
    assert requests.get(forged, timeout=20).status_code == 403
    try:
        sandbox_server.move_clock(901)
        assert requests.get(address, timeout=20).status_code == 403
    finally:
        sandbox_server.move_clock(0)
    assert requests.get(address, timeout=20).content == b"abc"
    sandbox_server.keep(caller.realm)
    body = {"Id": made["Id"], "SyncToken": "0", "Note": "said later"}
    kept = caller.post("attachable", body)["Attachable"]
    assert (kept["FileName"], kept["Size"]) == ("a b.txt", 3)
    caller.post("attachable", {"Id": made["Id"], "SyncToken": "1"}, operation="delete")
    assert requests.get(address, timeout=20).status_code == 404
    sandbox_server.bring_back(caller.realm)
    assert requests.get(address, timeout=20).content == b"abc"
    other = part("file_metadata_1", told(Id=made["Id"], SyncToken="0"))
    send(caller, other + part("file_content_1", b"another") + b"--b-1--")
    assert requests.get(address, timeout=20).content == b"another"
    sandbox_server.bring_back(caller.realm)
    assert requests.get(address, timeout=20).content == b"abc"
    bare = note(caller, invoice["Id"])["Id"]
    assert caller.refusal("GET", f"download/{bare}")[1] == "610"


def test_an_upload_that_is_none(caller: Caller) -> None:
    end = b"--b-1--"
    for body, boundary, code in (
        (b"", "b-1", "2020"),
        (part("picture", b"abc") + end, "b-1", "2010"),
        (part("file_content_1", b"abc") + end, "", "2010"),
    ):
        answer = send(caller, body, boundary)
        error = answer.json()["Fault"]["Error"][0]
        assert (answer.status_code, error["code"]) == (400, code), body


def test_a_person_reads_notes_and_opens_files_on_the_page(
    caller: Caller, sandbox_server: SandboxServer, invoice: Any
) -> None:
    body = {"Note": "by <hand>", "AttachableRef": on("Invoice", invoice["Id"])}
    sandbox_server.act(caller.realm, "create", kind="Attachable", body=body)
    words = told(
        FileName="a\nb?.txt", ContentType="a\nb", AttachableRef=on("Invoice", invoice["Id"])
    )
    send(caller, part("file_metadata_1", words) + part("file_content_1", b"abc") + b"--b-1--")
    page = requests.get(
        f"{sandbox_server.url}/quickbooks/app/{caller.realm}/invoice/{invoice['Id']}", timeout=20
    )
    assert "Notes and attachments" in page.text
    assert "by &lt;hand&gt;" in page.text
    address = html.unescape(page.text.partition('<a href="/quickbooks/files/')[2].partition('"')[0])
    file = requests.get(f"{sandbox_server.url}/quickbooks/files/{address}", timeout=20)
    assert (file.content, file.headers["Content-Type"]) == (b"abc", "text/plain")


# --- an independent client -----------------------------------------------------------------------
def test_python_quickbooks_leaves_notes_and_files(books: Any) -> None:
    from quickbooks.objects.attachable import Attachable
    from quickbooks.objects.base import AttachableRef
    from quickbooks.objects.invoice import Invoice

    invoice = make_invoice(books, make_customer(books), "A-1")

    def unsaved(**fields: Any) -> Any:
        made, reference = Attachable(), AttachableRef()
        reference.EntityRef = invoice.to_ref()
        made.AttachableRef.append(reference)
        for name, value in fields.items():
            setattr(made, name, value)
        return made

    noted = unsaved(Note="Amended by hand").save(qb=books)
    data = b"%PDF- with \r\n\r\n and \x00 inside"
    filed = unsaved(FileName="a.pdf", ContentType="application/pdf", _FileBytes=data)
    filed = filed.save(qb=books)
    assert requests.get(filed.TempDownloadUri, timeout=20).content == data

    asked = (
        "select * from Attachable where AttachableRef.EntityRef.Type = 'Invoice' "
        f"and AttachableRef.EntityRef.value = '{invoice.Id}'"
    )
    found = Attachable.query(asked, qb=books)
    assert {one.Id: one.Note or one.FileName for one in found} == {
        noted.Id: "Amended by hand",
        filed.Id: "a.pdf",
    }
    read = Attachable.get(int(noted.Id), qb=books)
    read.Note = "Better said"
    read.save(qb=books)
    assert Attachable.get(int(noted.Id), qb=books).Note == "Better said"
    Attachable.get(int(noted.Id), qb=books).delete(qb=books)
    assert [one.Id for one in Attachable.query(asked, qb=books)] == [filed.Id]
    assert Invoice.get(int(invoice.Id), qb=books).SyncToken == "0"
