"""Customers come in from a file: found again, changed where they differ, or refused with what to do."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError

from apps.billing.models import Change, Company, Customer
from apps.exchange.imports.records import bringing as portions
from apps.exchange.imports.running import begin_writing, write
from apps.exchange.imports.showing import first_rows
from apps.exchange.models import FileImport
from apps.staff.models import User
from tests.exchange.imports.records.bringing import brought, noted, outcomes, refused, taken
from tests.factories import (
    make_company,
    make_customer,
    make_invoice,
    make_tax_rate,
    make_term,
)

pytestmark = pytest.mark.django_db
HEADINGS = "Code,Name,Email,Currency,City,Terms,Tax rate,Parent,In use"
Bring = Callable[..., FileImport]


@pytest.fixture
def company() -> Company:
    return make_company(home_currency="GBP")


@pytest.fixture
def bring(company: Company, tmp_path: Path) -> Bring:
    def of(*rows: str, headings: str = HEADINGS, profile: str = "native-customers") -> FileImport:
        return brought(tmp_path, company, profile, headings, *rows)

    return of


def bell(company: Company, **more: object) -> Customer:
    return make_customer(company, name="Bell Ltd", code="B1", city="York", **more)


def test_new_changed_and_unchanged_are_told_apart_and_written_with_their_trace(
    company: Company, bring: Bring
) -> None:
    bell(company)
    make_customer(company, name="Hart plc", city="Leeds")
    fay = User.objects.create_user("fay@example.com")
    before = Change.objects.count()
    found = bring("B1,Bell Ltd,b@example.com,,Leeds", ",HART PLC,,,Hull", "M1,Moss SARL,,eur,Lyon")
    FileImport.objects.filter(pk=found.pk).update(brought_by_id=fay.pk)
    found.refresh_from_db()

    assert outcomes(found.tally) == {"new": 1, "changed": 2}
    assert (Customer.objects.count(), Change.objects.count()) == (2, before)
    assert noted(found) == {
        2: "Changes e-mail from nothing to “b@example.com”; city from “York” to “Leeds”.",
        3: "Changes city from “Leeds” to “Hull”.",
    }
    done = taken(found)
    assert outcomes(done.counts) == {"new": 1, "changed": 2}
    assert done.batch is None
    changed, moss = Customer.objects.get(code="B1"), Customer.objects.get(code="M1")
    assert (changed.city, changed.email, changed.revision) == ("Leeds", "b@example.com", 2)
    assert (moss.currency, moss.city, moss.normal_name) == ("EUR", "Lyon", "moss")
    row = changed.history.first()
    assert (row.history_type, row.city, row.history_user) == ("~", "Leeds", fay)
    assert Change.objects.filter(subject_id=changed.pk, revision=2, user_id=fay.pk).exists()
    assert Change.objects.count() == before + 3


def test_brought_again_it_changes_nothing_and_says_so(company: Company, bring: Bring) -> None:
    rows = ["B1,Bell Ltd,b@example.com,,York,,,,yes", ",Hart plc,,USD,,,,Bell US,no"]
    rows.insert(1, "B2,Bell US,,USD")
    taken(bring(*rows))
    before = Change.objects.count(), Customer.history.count()  # type: ignore[attr-defined]
    again = taken(bring(*rows))
    assert outcomes(again.counts) == {"unchanged": 3}
    assert (Change.objects.count(), Customer.history.count()) == before  # type: ignore[attr-defined]
    assert noted(again) == {}


def test_a_row_tells_only_what_its_file_has_columns_for(company: Company, bring: Bring) -> None:
    bell(company, notes="Pays late", email="b@example.com")
    taken(bring("B1,Bell Group", headings="Code,Name"))
    kept = Customer.objects.get(code="B1")
    assert (kept.name, kept.notes, kept.city) == ("Bell Group", "Pays late", "York")
    assert kept.email == "b@example.com"
    # A blank of our own file says "none"; of another product's it says nothing.
    taken(bring("B1,Bell Group,", headings="AccountNumber,ContactName,EmailAddress",
                profile="xero-contacts"))  # fmt: skip
    assert Customer.objects.get(code="B1").email == "b@example.com"
    taken(bring("B1,Bell Group,", headings="Code,Name,Email"))
    assert Customer.objects.get(code="B1").email == ""


def test_what_is_named_must_be_here(company: Company, bring: Bring) -> None:
    term = make_term(company, name="30 days")
    rate = make_tax_rate(company, 20, code="S20", name="Standard")
    done = taken(bring("B1,Bell,,,,30 DAYS,Standard", "B2,Moss,,,,,S20"))
    assert outcomes(done.counts) == {"new": 2}
    stored = Customer.objects.get(code="B1")
    assert (stored.terms, stored.tax_rate) == (term, rate)
    found = bring("B3,Hart,,,,60 days", "B4,Lund,,,,,S25", "B5,Reed,,,,,,Nobody", "B6,Voss,,XXL")
    assert refused(found) == {
        2: "there are no payment terms 60 days here (30 days). Add them under Payment terms, or write "
        "the name of some that are here",
        3: "there is no tax rate S25 here. Add it under Tax rates, or give one of ours this name",
        4: "there is no customer Nobody here, and no row above this one brings it. Add it under "
        "Customers, or move its row above this one",
        5: "XXL is no currency. Write its three letters, such as GBP",
    }


@pytest.mark.parametrize("size", [500, 2])
def test_the_one_above_may_come_in_the_same_file_further_up(
    bring: Bring, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(portions, "PORTION", size)
    done = taken(bring("A1,Top", "A2,Middle,,,,,,Top", "A3,Low,,,,,,A2", "A4,Other,,,,,,Low"))
    assert outcomes(done.counts) == {"new": 4}
    low = Customer.objects.get(code="A4")
    assert [each.name for each in low.ancestors()] == ["Low", "Middle", "Top"]
    found = bring(
        "A1,Top,,,,,,Other", "A5,Fifth,,,,,,A4", "A6,Sixth,,,,,,A5", "A7,Dear,,USD,,,,Top"
    )
    assert refused(found) == {
        2: "Parent: Other is Top or one of its own sub-customers",
        4: "Parent: At most 5 customers may stand under one another",
        5: "Parent: Top is invoiced in GBP, Dear in USD: one payment cannot settle both",
    }


def test_two_rows_cannot_put_each_above_the_other(company: Company, bring: Bring) -> None:
    make_customer(company, name="One", code="A1")
    make_customer(company, name="Two", code="A2")
    found = bring("A1,One,,,,,,Two", "A2,Two,,,,,,One")
    assert refused(found) == {3: "Parent: One is Two or one of its own sub-customers"}


def test_what_the_model_refuses_is_refused_in_its_words(company: Company, bring: Bring) -> None:
    stored = bell(company)
    make_invoice(customer=stored)
    make_customer(company, name="Moss", code="M1")
    make_customer(company, name="Hart", code="H1")
    found = bring(
        "B1,,,EUR", f"{'x' * 45},Long", "L1,Lund,nowhere", "M1,bell ltd", "M2,Hart",
        "M3,\u200b",
    )  # fmt: skip
    assert refused(found) == {
        2: f"What {stored} has in the books is in GBP, so its currency cannot change. Add another "
        "customer for the other currency",
        3: "Code: Ensure this value has at most 40 characters (it has 45)",
        4: "Email: Enter a valid email address",
        5: "bell ltd: There is a customer of this name already, with the code B1. Give one of the two "
        "another name",
        6: "there is a customer Hart with the code H1 here, and the file calls M2 so. Write that "
        "code, or give the new one a name of its own",
        7: "Name: Type a name that can be read: of this one nothing is seen",
    }
    with pytest.raises(ValidationError, match="6 rows are refused"):
        begin_writing(found)


def test_rows_of_one_customer_are_taken_once_or_refused(company: Company, bring: Bring) -> None:
    stored = bell(company)
    found = bring("N1,New", "N1,New", "N1,Else", "N2,new", ",Bell Ltd,,,York", "B1,Bell,,,Hull")
    assert outcomes(found.tally) == {"new": 1, "unchanged": 2, "refused": 3}
    assert refused(found) == {
        4: "row 2 has this code too, and says something else. Leave one of the two out",
        5: "row 2 has this name too, and says something else. Leave one of the two out",
        7: "row 6 tells of the same customer. Leave one of the two out",
    }
    assert noted(found) == {3: "Row 2 says the same of it: taken once."}
    assert outcomes(taken(found, good_rows_only=True).counts) == outcomes(found.tally)
    stored.refresh_from_db()
    assert (stored.city, Customer.objects.count()) == ("York", 2)


def test_who_was_merged_into_another_is_not_brought_back(company: Company, bring: Bring) -> None:
    stored = bell(company)
    gone = make_customer(company, name="Bell Old", code="B0", active=False)
    Customer.objects.filter(pk=gone.pk)
    gone.merged_into = stored
    gone.save()
    assert refused(bring("B0,Bell Old,,,,,,,yes")) == {
        2: "it was merged into Bell Ltd (B1) here. Leave its row out, or write that one's code"
    }


def test_a_new_one_that_looks_like_one_here_is_noted(company: Company, bring: Bring) -> None:
    bell(company, tax_number="GB 123 4567 89", email="bell@example.com")
    found = bring(
        "N1,The Bell Limited,,", "N2,Bel Ltd,,", "N3,Quite Other,BELL@example.com,",
        "N4,Something,,GB123456789", "N5,Nothing like it,,",
        headings="Code,Name,Email,Tax number",
    )  # fmt: skip
    said = noted(found)
    assert said[2] == (
        "It is new, and looks like Bell Ltd (B1), which is here: it has the same name but for its "
        "writing. If it is that one, give it the code B1 in the file."
    )
    assert "it has the same e-mail" in said[4]
    assert "it has the same tax number" in said[5]
    assert 6 not in said
    assert outcomes(found.tally) == {"new": 5}


def test_suppliers_are_left_out_and_a_person_stands_for_a_name(bring: Bring) -> None:
    zoho = bring(
        "Bell,vendor,Active", "Hart,customer,Inactive",
        headings="Display Name,Contact Type,Status", profile="zoho-contacts",
    )  # fmt: skip
    assert outcomes(taken(zoho).counts) == {"left_out": 1, "new": 1}
    assert not Customer.objects.get(name="Hart").active
    clients = bring(
        "Moss,Ann,Lee,1 High Street,United Kingdom", ",Ann,Lee,,Atlantis",
        headings="Organization,First Name,Last Name,Street,Country", profile="freshbooks-clients",
    )  # fmt: skip
    taken(clients)
    assert {(each.name, each.country) for each in Customer.objects.exclude(name="Hart")} == {
        ("Moss", "GB"),
        ("Ann Lee", ""),
    }


def test_what_the_check_refused_stays_out_of_the_good_rows(company: Company, bring: Bring) -> None:
    found = bring("B1,Bell,,,,60 days", "B2,Moss")
    make_term(company, name="60 days")
    done = taken(found, good_rows_only=True)
    assert outcomes(done.counts) == {"refused": 1, "new": 1}
    assert [each.name for each in Customer.objects.all()] == ["Moss"]


def test_broken_off_it_goes_on_where_it_stood(
    bring: Bring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portions, "PORTION", 2)
    found = bring("A1,Top", "A2,Two,,,,,,Top", "A3,Three,,,,,,Two", "A3,Three", "A4,Four,,,,,,A3",
                  headings=HEADINGS)  # fmt: skip
    assert outcomes(found.tally) == {"new": 4, "refused": 1}
    begin_writing(found, good_rows_only=True)
    while not write(found, lambda _: False):
        found.refresh_from_db()
        if found.position == 5:
            assert write(found)
            break
    assert outcomes(found.counts) == {"new": 4, "refused": 1}
    assert Customer.objects.count() == 4


def test_the_preview_says_what_comes_of_each_row(company: Company, bring: Bring) -> None:
    bell(company)
    found = bring("B1,Bell Ltd,,,Leeds", "M1,Moss,m@example.com", "X1,Xu,,,,None such")
    shown = first_rows(found)
    assert [list(each.cells) for each in shown.rows] == [
        ["Changed", "B1", "Bell Ltd", "city from “York” to “Leeds”"],
        ["New", "M1", "Moss", "e-mail “m@example.com”"],
        ["Refused", "X1", "Xu", ""],
    ]
    assert "no payment terms None such" in shown.rows[2].trouble
