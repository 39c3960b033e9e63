"""What changed, what stands, and in how many calls."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from apps.connectors.port import Page, Request
from apps.connectors.snapshots import Kind
from tests.connectors.xero import answers
from tests.connectors.xero.answers import NOW, Script, envelope, said, xero

LISTS = (
    "Contacts", "Items", "Invoices", "CreditNotes", "Payments", "BatchPayments", "BankTransactions",
    "Overpayments", "Prepayments",
)  # fmt: skip


class Nothing:
    def news(self, kind: str, versions: Mapping[str, str]) -> list[str]:
        return list(versions)

    def written(self, since: datetime) -> int:
        return 0


def books(**lists: Any) -> dict[str, Any]:
    return {f"GET {name}": lists.get(name, said(envelope(**{name: []}))) for name in LISTS} | {
        name: each for name, each in lists.items() if name not in LISTS
    }


def changes(script: Script, since: datetime = NOW - timedelta(hours=1)) -> list[Page]:
    return list(xero().changes(since, script, Nothing()))


def test_what_changed_is_asked_for_by_time_in_pages_by_when_it_changed() -> None:
    script = Script(books(Invoices=said(envelope(Invoices=[answers.invoice_raw()]))))
    pages = changes(script)
    found = [each for page in pages for each in page.objects]
    assert [each.of_kind for each in found] == [Kind.INVOICE]
    asked = next(each for each in script.asked if each.path.endswith("/Invoices"))
    query, headers = dict(asked.query), dict(asked.headers)
    assert headers["If-Modified-Since"] == "2026-11-29T03:00:00Z"
    assert query["where"] == 'Type=="ACCREC"'
    assert (query["order"], query["page"], query["pageSize"]) == ("UpdatedDateUTC ASC", "1", "1000")
    assert query["unitdp"] == "4"
    # All lists but that of batches, which change with their payments alone.
    assert len(script.asked) == len(LISTS) - 1 == 8


def test_the_cursor_is_their_time_of_the_first_answer() -> None:
    later = "/Date(1795925160000+0000)/"  # of each list that is read after the first one
    lists = {
        plural: said({**envelope(**{plural: []}), "DateTimeUTC": later})
        for plural in LISTS
        if plural != "Contacts"
    }
    pages = changes(Script(books(**lists)))
    assert [page.cursor is not None for page in pages] == [False] * (len(pages) - 1) + [True]
    assert pages[-1].cursor == NOW
    assert pages[-1].totals == {}


def test_a_cursor_never_moves_back() -> None:
    since = NOW + timedelta(minutes=2)
    assert changes(Script(books()), since)[-1].cursor == since


def test_a_full_page_asks_for_the_next() -> None:
    raws = [answers.contact_raw(ContactID=f"c{place}") for place in range(1001)]

    def paged(request: Request) -> Any:
        page = int(dict(request.query)["page"])
        return said(envelope(Contacts=raws[(page - 1) * 1000 : page * 1000]))

    script = Script(books(Contacts=paged))
    assert sum(len(page.objects) for page in changes(script)) == 1001
    assert len(script.asked) == len(LISTS)


def test_a_read_that_goes_far_back_says_how_many_stand() -> None:
    """Nothing tells what was deleted."""
    script = Script(books(Invoices=said(envelope(Invoices=[answers.invoice_raw()]))))
    totals = changes(script, NOW - timedelta(days=40))[-1].totals
    assert totals["Invoice"] == 1
    assert totals["Contact"] == 0


def test_not_modified_is_nothing_new() -> None:
    from apps.connectors.port import Fate, Reply

    unchanged = Reply(
        fate=Fate.ANSWERED, status=304, headers={"date": "Sun, 29 Nov 2026 04:00:00 GMT"}
    )
    pages = changes(Script(dict.fromkeys((f"GET {name}" for name in LISTS), unchanged)))
    assert not [each for page in pages for each in page.objects]
    assert pages[-1].cursor == NOW


def test_a_receipt_on_account_knows_its_bank_account_from_its_transaction() -> None:
    script = Script(
        books(
            BankTransactions=said(envelope(BankTransactions=[answers.bank_raw()])),
            Overpayments=said(envelope(Overpayments=[answers.overpayment_raw()])),
        )
    )
    (found,) = [each for page in changes(script) for each in page.objects]
    assert found.kind == "Overpayment"
    assert found.snapshot is not None
    assert found.snapshot.account_id == "090"


def test_a_payment_inside_a_batch_brings_its_batch() -> None:
    inside = answers.payment_raw(BatchPaymentID=answers.BATCH)
    script = Script(
        books(
            Payments=said(envelope(Payments=[inside])),
            Invoices=[
                said(envelope(Invoices=[])),
                said(envelope(Invoices=[answers.invoice_raw()])),
            ],
        )
        | {
            f"GET BatchPayments/{answers.BATCH}": said(
                envelope(BatchPayments=[answers.batch_raw()])
            )
        }
    )
    found = [each for page in changes(script) for each in page.objects if not each.part]
    assert [(each.kind, each.customer_id) for each in found] == [("BatchPayment", answers.CONTACT)]


def test_what_was_paid_out_of_a_receipt_is_looked_for_where_its_figures_say_so() -> None:
    raw = answers.overpayment_raw(RemainingCredit=100.0)
    del raw["Payments"]
    paid = answers.payment_raw(PaymentType="AROVERPAYMENTPAYMENT", Amount=30.0, PaymentID="p9")
    paid["Invoice"] = {"InvoiceID": answers.OVERPAYMENT, "Contact": {"ContactID": answers.CONTACT}}
    script = Script(
        books(
            Overpayments=said(envelope(Overpayments=[raw])),
            Payments=[said(envelope(Payments=[])), said(envelope(Payments=[paid]))],
        )
    )
    parts = [each for page in changes(script) for each in page.objects if each.part]
    assert [(each.part, str(each.amount)) for each in parts] == [("Payment:p9", "30")]


def test_one_object_that_cannot_be_read_stops_no_other() -> None:
    broken = answers.invoice_raw(InvoiceID="broken", Total="n/a")
    script = Script(books(Invoices=said(envelope(Invoices=[broken, answers.invoice_raw()]))))
    found = [each for page in changes(script) for each in page.objects]
    assert [bool(each.unreadable) for each in found] == [True, False]


def test_what_comes_without_an_id_is_counted() -> None:
    nameless = answers.invoice_raw()
    del nameless["InvoiceID"]
    script = Script(books(Invoices=said(envelope(Invoices=[nameless]))))
    assert sum(page.nameless for page in changes(script)) == 1


def test_objects_are_read_forty_a_call_and_one_by_one_where_one_is_unknown() -> None:
    ids = [f"1a000000-0000-0000-0000-0000000000{place:02}" for place in range(45)]
    raws = {one: answers.invoice_raw(InvoiceID=one) for one in ids[1:]}

    def listed(request: Request) -> Any:
        asked = dict(request.query)["IDs"].split(",")
        if ids[0] in asked:
            return answers.NOT_THERE  # one unknown id spoils the list
        return said(envelope(Invoices=[raws[one] for one in asked]))

    script = Script(
        {"GET Invoices": listed}
        | {f"GET Invoices/{one}": said(envelope(Invoices=[raws[one]])) for one in ids[1:]}
        | {f"GET Invoices/{ids[0]}": answers.NOT_THERE}
    )
    found = {
        each.remote_id: each.gone for each in xero().read([("Invoice", one) for one in ids], script)
    }
    assert found == {one: one == ids[0] for one in ids}
    assert max(len(dict(each.query).get("IDs", "").split(",")) for each in script.asked) == 40


def test_everything_is_what_stands_without_purchases_and_what_is_inside_others() -> None:
    script = Script(
        books(
            Payments=said(
                envelope(
                    Payments=[
                        answers.payment_raw(),
                        answers.payment_raw(PaymentID="p2", PaymentType="ACCPAYPAYMENT"),
                        answers.payment_raw(PaymentID="p3", BatchPaymentID=answers.BATCH),
                    ]
                )
            ),
            BankTransactions=said(
                envelope(
                    BankTransactions=[
                        answers.bank_raw(),
                        answers.bank_raw(BankTransactionID="b2", Type="SPEND", Reference="Coffee"),
                        answers.bank_raw(BankTransactionID="b3", Type="SPEND-OVERPAYMENT"),
                    ]
                )
            ),
            Overpayments=said(
                envelope(
                    Overpayments=[
                        answers.overpayment_raw(),
                        answers.overpayment_raw(OverpaymentID="o2", Type="SPEND-OVERPAYMENT"),
                    ]
                )
            ),
        )
    )
    found = [each for each in xero().everything([Kind.PAYMENT], script) if not each.part]
    assert [(each.kind, each.remote_id) for each in found] == [
        ("Payment", answers.PAYMENT),
        ("BankTransaction", "b2"),
        ("Overpayment", answers.OVERPAYMENT),
    ]
    assert {each.purpose.value for each in script.asked} == {"proof"}


def test_a_survey_goes_on_behind_its_position() -> None:
    raws = [answers.contact_raw(ContactID=f"c{place}") for place in range(1500)]

    def paged(request: Request) -> Any:
        page = int(dict(request.query)["page"])
        return said(envelope(Contacts=raws[(page - 1) * 1000 : page * 1000]))

    script = Script(
        books(Contacts=paged, Invoices=said(envelope(Invoices=[answers.invoice_raw()])))
    )
    kinds = [Kind.CUSTOMER, Kind.INVOICE]
    pages = [next(xero().survey(kinds, "", script))]
    while pages[-1].position:
        pages.append(next(xero().survey(kinds, pages[-1].position, script)))
    assert [len(page.objects) for page in pages] == [1000, 500, 1]
    assert len(script.asked) == 3


def test_names_and_numbers_are_looked_for_and_looked_at_again() -> None:
    """Their equality ignores case and accents."""
    found = [answers.contact_raw(), answers.contact_raw(ContactID="c2", Name="Brass & Oak Ltd.")]
    script = Script(
        {
            "GET Contacts": said(envelope(Contacts=found)),
            "GET CreditNotes": said(envelope(CreditNotes=[answers.credit_raw()])),
            "GET Invoices": said(envelope(Invoices=[answers.invoice_raw()])),
            "GET Items/A%2FB": answers.NOT_THERE,
        }
    )
    at = xero()
    named = at.who_has_name("Brass & Oak Ltd", script)
    assert [each.remote_id for each in named] == [answers.CONTACT]
    query = dict(script.asked[0].query)
    assert (query["where"], query["includeArchived"]) == ('Name=="Brass & Oak Ltd"', "true")
    assert [each.number for each in at.find(Kind.CREDIT_NOTE, ["CN-1"], script)] == ["CN-1"]
    assert [each.number for each in at.find(Kind.INVOICE, ["INV-1", "INV-2"], script)] == ["INV-1"]
    assert dict(script.asked[-1].query)["InvoiceNumbers"] == "INV-1,INV-2"
    assert not list(at.find(Kind.ITEM, ["A/B"], script))
