"""Sales tax in each regime: which codes are offered, and what a taxed document becomes there."""

import dataclasses
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from apps.connectors.errors import OutcomeUnknown
from apps.connectors.port import Code, CodeKind, RemoteObject, Role, Unsettled
from apps.connectors.snapshots import (
    CreditNoteSnapshot,
    InvoiceSnapshot,
    Kind,
    Line,
    Snapshot,
    TaxAmount,
)
from tests.contract.stage import Stage
from tests.contract.test_what_arrives import compared

Books = Callable[..., Stage]


def codes(stage: Stage) -> dict[str, Code]:
    """Their tax codes by name."""
    listed = stage.connector.codes(stage.courier)
    return {each.name: each for each in listed if each.kind is CodeKind.TAX_CODE}


def for_sales(stage: Stage) -> dict[str, list[tuple[str, Decimal]]]:
    """What may stand on a sale: name → name and percentage of its parts."""
    return {
        name: [(part.name, part.percent) for part in each.parts]
        for name, each in codes(stage).items()
        if Role.SALES_TAX in each.roles
    }


def document(
    stage: Stage, kind: Kind, number: str, *sold: tuple[str, str, str], **more: Any
) -> Any:
    """Lines as (net, name of a code or "", tax by part "5.00+9.98"); tax as the parts add up."""
    customer, item = stage.masters()
    named = codes(stage)
    lines: list[Line] = []
    taxes: dict[str, TaxAmount] = {}
    for place, (net, name, by_part) in enumerate(sold, 1):
        (line,) = stage.lines(item, net)
        parts = [Decimal(each) for each in by_part.split("+") if each]
        code = named[name] if name else None
        lines.append(
            dataclasses.replace(
                line,
                key=str(place),
                tax_code_id=code.remote_id if code else "",
                tax=sum(parts, Decimal(0)),
            )
        )
        for part, amount in zip(code.parts if code else (), parts, strict=False):
            before = taxes.get(part.remote_id, TaxAmount(rate_id=part.remote_id))
            taxes[part.remote_id] = TaxAmount(
                rate_id=part.remote_id,
                net=before.net + Decimal(net),
                tax=before.tax + amount,
            )
    net = sum((line.net for line in lines), Decimal(0))
    tax = sum((line.tax for line in lines), Decimal(0))
    make = stage.invoice if kind is Kind.INVOICE else stage.credit_note
    told = {"tax": tax, "total": net + tax, "taxes": tuple(taxes.values()), **more}
    return make(number, customer, tuple(lines), **told)


def invoice(stage: Stage, *sold: tuple[str, str, str], **more: Any) -> InvoiceSnapshot:
    made: InvoiceSnapshot = document(stage, Kind.INVOICE, f"INV-{next(stage.refs)}", *sold, **more)
    return made


def credit_note(stage: Stage, *sold: tuple[str, str, str]) -> CreditNoteSnapshot:
    made: CreditNoteSnapshot = document(stage, Kind.CREDIT_NOTE, f"CN-{next(stage.refs)}", *sold)
    return made


def unlike(stage: Stage, ours: Snapshot, theirs: Snapshot | None) -> list[str]:
    assert stage.connector.objections(ours) == ()
    return compared(stage.connector, ours, theirs)


def owed(stage: Stage, agency: str) -> Decimal:
    """Tax that the books owe to an agency: below nil on its account is a debt."""
    accounts = stage.connector.codes(stage.courier)
    account = next(each for each in accounts if each.name == f"{agency} Payable")
    return -stage.balance(account.remote_id)


def at_nil(stage: Stage) -> None:
    assert {account: each for account, each in balances(stage).items() if each} == {}


def balances(stage: Stage) -> dict[str, Decimal]:
    return dict(stage.connector.balances(stage.courier))


# --- Codes --------------------------------------------------------------------------------------


def test_outside_the_us_the_codes_with_rates_for_sales_are_offered(open_stage: Books) -> None:
    stage = open_stage("uk")
    assert for_sales(stage) == {
        "20.0% S": [("20.0% S", 20)],
        "5.0% R": [("5.0% R", 5)],
        "0.0% Z": [("0.0% Z", 0)],
        "Exempt": [("Exempt", 0)],
        "No VAT": [("No VAT", 0)],
        "RC": [("RC (Sales)", 0)],
    }
    assert Role.SALES_TAX not in codes(stage)["20.0% PVA"].roles


def test_a_code_of_two_agencies_names_both(open_stage: Books) -> None:
    code = codes(open_stage("ca"))["GST/QST QC"]
    assert [(each.name, each.percent, each.agency) for each in code.parts] == [
        ("GST (QC)", 5, "Canada Revenue Agency"),
        ("QST", Decimal("9.975"), "Revenu Québec"),
    ]


def test_in_the_us_the_words_of_a_line_are_codes_where_they_say_enough(open_stage: Books) -> None:
    assert for_sales(open_stage("us_manual_tax")) == {
        "California": [("California", 8)],
        "Tucson": [("AZ State tax", Decimal("7.1")), ("Tucson City", 2)],
        "NON": [],
    }
    assert for_sales(open_stage("us_sales_tax")) == {"TAX": [], "NON": []}
    assert codes(open_stage("us_no_tax")) == {}


def test_the_percentage_in_force_today_counts(open_stage: Books) -> None:
    stage = open_stage("uk")
    (part,) = codes(stage)["20.0% S"].parts
    told = {"id": part.remote_id, "percent": 22}
    stage.server.act(stage.realm, "change_tax_rate", **told, **{"from": "2027-01-01"})
    (part,) = codes(stage)["20.0% S"].parts
    assert part.percent == 20
    stage.server.act(stage.realm, "change_tax_rate", **told, **{"from": "2026-11-01"})
    code = codes(stage)["20.0% S"]
    assert (code.parts[0].percent, code.detail["since"]) == (22, "2026-11-01")


# --- Documents ----------------------------------------------------------------------------------

# Worked by hand: net, code, tax of each part.
SOLD: dict[str, tuple[tuple[str, str, str], ...]] = {
    # 133.33 at 20 % are 26.666; by line 20.00 + 6.67.
    "uk": (
        ("100.00", "20.0% S", "20.00"),
        ("33.33", "20.0% S", "6.67"),
        ("40.00", "5.0% R", "2.00"),
        ("50.00", "0.0% Z", "0"),
        ("10.00", "No VAT", "0"),
    ),
    # 100 at 5 % and 9.975 %, less 10.00 of the same.
    "ca": (
        ("100.00", "GST/QST QC", "5.00+9.98"),
        ("-10.00", "GST/QST QC", "-0.50+-1.00"),
        ("20.00", "HST ON", "2.60"),
        ("7.00", "OOS", "0"),
    ),
    "au": (("99.99", "GST", "10.00"), ("1.00", "GST free", "0")),
    # 100.07 at 7.1 % are 7.10497, at 2 % 2.0014.
    "us_manual_tax": (("100.07", "Tucson", "7.10+2.00"), ("5.00", "", ""), ("3.00", "NON", "")),
    # Theirs would be worked out from an address; ours is taken.
    "us_sales_tax": (("100.00", "TAX", "8.88"), ("20.00", "NON", ""), ("4.00", "", "")),
    "us_no_tax": (("100.00", "", ""), ("0.55", "", "")),
}


@pytest.mark.parametrize("make", [invoice, credit_note])
@pytest.mark.parametrize("profile", SOLD)
def test_a_taxed_document_arrives_equal_to_the_penny(
    open_stage: Books, profile: str, make: Any
) -> None:
    stage = open_stage(profile)
    ours = make(stage, *SOLD[profile])
    there = stage.send(ours)
    assert unlike(stage, ours, there.snapshot) == []
    assert unlike(stage, ours, stage.again(there).snapshot) == []
    assert there.amount == ours.total
    sign = 1 if make is invoice else -1
    assert stage.balance(stage.account(Role.RECEIVABLE)) == sign * ours.total
    assert stage.balance(stage.account(Role.INCOME)) == -sign * ours.net
    # A second push has nothing to say.
    calls = len(stage.courier.sent)
    assert stage.outcome(ours, there).error is None
    assert len(stage.courier.sent) == calls
    assert stage.connector.parse(there.kind, there.raw) == there


def test_each_agency_is_owed_its_part(open_stage: Books) -> None:
    stage = open_stage("ca")
    ours = invoice(stage, *SOLD["ca"])
    stage.send(ours)
    assert owed(stage, "Canada Revenue Agency") == Decimal("7.10")  # 5.00 - 0.50 + 2.60
    assert owed(stage, "Revenu Québec") == Decimal("8.98")  # 9.98 - 1.00
    effect = {each.account_id: each.debit - each.credit for each in stage.connector.effect(ours)}
    parts = {each.name: f"tax:{each.remote_id}" for each in codes(stage)["GST/QST QC"].parts}
    assert effect["receivable"] == Decimal("133.08")  # 117.00 and 16.08 of tax
    assert effect[parts["GST (QC)"]] == Decimal("-4.50")
    assert effect[parts["QST"]] == Decimal("-8.98")


def test_nothing_at_a_rate_of_nil_is_the_same_whether_it_is_listed_or_not(
    open_stage: Books,
) -> None:
    stage = open_stage("uk")
    ours = invoice(stage, ("50.00", "0.0% Z", "0"), ("10.00", "No VAT", "0"))
    assert len(ours.taxes) == 2
    ours = dataclasses.replace(ours, taxes=())
    there = stage.send(ours)
    assert len(there.raw["TxnTaxDetail"]["TaxLine"]) == 2
    assert unlike(stage, ours, there.snapshot) == []


@pytest.mark.parametrize("rounding", ["rate", "line"])
@pytest.mark.parametrize(
    ("sold", "tax"),
    [
        # 0.52 at 20 % are 0.104 a line and 0.208 together.
        ((("0.52", "20.0% S", "0.10"), ("0.52", "20.0% S", "0.10")), "0.20"),
        ((("0.52", "20.0% S", "0.10"), ("0.52", "20.0% S", "0.11")), "0.21"),
        # 0.02 at 20 % are 0.004 a line and 0.008 together: ours may be nil.
        ((("0.02", "20.0% S", "0.00"), ("0.02", "20.0% S", "0.00")), "0.00"),
    ],
)
def test_our_rounding_is_taken_whatever_theirs_is(
    open_stage: Books, rounding: str, sold: Any, tax: str
) -> None:
    stage = open_stage("uk", tax_rounding=rounding)
    ours = invoice(stage, *sold)
    there = stage.send(ours)
    assert unlike(stage, ours, there.snapshot) == []
    assert owed(stage, "HM Revenue & Customs (HMRC)") == Decimal(tax)


def test_no_tax_on_a_taxed_line_is_taken_where_theirs_would_be_some(open_stage: Books) -> None:
    stage = open_stage("us_sales_tax")
    ours = invoice(stage, ("100.00", "TAX", "0"))
    there = stage.send(ours)
    assert unlike(stage, ours, there.snapshot) == []


def test_what_us_tax_is_worked_out_there_and_not_taken_from_us_is_told(open_stage: Books) -> None:
    stage = open_stage("us_sales_tax", tax_override="ignore")
    ours = invoice(stage, *SOLD["us_sales_tax"])
    there = stage.send(ours)
    assert [each.split(":")[0] for each in unlike(stage, ours, there.snapshot)] == [
        "tax",
        "total",
        "home_total",
    ]


# --- Changes ------------------------------------------------------------------------------------

TAXED = [profile for profile in SOLD if profile != "us_no_tax"]
ODD: dict[str, tuple[str, str, str]] = {
    # A cent more than any rounding of theirs.
    "uk": ("10.00", "20.0% S", "2.02"),
    "ca": ("10.00", "GST/QST QC", "0.52+1.01"),
    "au": ("10.00", "GST", "1.02"),
    "us_manual_tax": ("10.00", "Tucson", "0.73+0.21"),
    "us_sales_tax": ("10.00", "TAX", "0.77"),
}


@pytest.mark.parametrize("profile", TAXED)
def test_our_tax_survives_a_change_of_something_else(open_stage: Books, profile: str) -> None:
    stage = open_stage(profile)
    ours = invoice(stage, ODD[profile])
    there = stage.send(ours)
    # One word more is a sparse update, none at all a full one.
    for message in ("One", ""):
        ours = dataclasses.replace(ours, message=message)
        there = stage.send(ours, there)
        assert unlike(stage, ours, there.snapshot) == []
        assert unlike(stage, ours, stage.again(there).snapshot) == []


@pytest.mark.parametrize("profile", TAXED)
def test_an_amended_document_bears_its_new_tax(open_stage: Books, profile: str) -> None:
    stage = open_stage(profile)
    ours = invoice(stage, ODD[profile])
    there = stage.send(ours)
    fresh = invoice(stage, *SOLD[profile])
    amended = dataclasses.replace(
        ours,
        lines=fresh.lines,
        net=fresh.net,
        tax=fresh.tax,
        total=fresh.total,
        taxes=fresh.taxes,
    )
    there = stage.send(amended, there)
    assert unlike(stage, amended, there.snapshot) == []
    back = stage.send(ours, there)
    assert unlike(stage, ours, back.snapshot) == []
    assert stage.balance(stage.account(Role.RECEIVABLE)) == ours.total


@pytest.mark.parametrize("profile", TAXED)
def test_a_lost_answer_is_settled_with_its_tax(open_stage: Books, profile: str) -> None:
    stage = open_stage(profile)
    ours = invoice(stage, ODD[profile])
    there = settled(stage, ours)
    assert unlike(stage, ours, there.snapshot) == []
    fresh = invoice(stage, *SOLD[profile])
    changed = dataclasses.replace(
        ours,
        lines=fresh.lines,
        net=fresh.net,
        tax=fresh.tax,
        total=fresh.total,
        taxes=fresh.taxes,
    )
    there = settled(stage, changed, there)
    assert unlike(stage, changed, there.snapshot) == []
    assert stage.count(Kind.INVOICE) == 1


def settled(stage: Stage, ours: Snapshot, known: RemoteObject | None = None) -> RemoteObject:
    """Sent, its answer lost, and looked for without its key."""
    push = stage.push_of(ours, known)
    stage.courier.lose_next()
    (lost,) = stage.outcomes([push])
    assert isinstance(lost.error, OutcomeUnknown)
    unsettled = Unsettled(
        request=stage.courier.sent[-1], pushes=(push,), may_replay=False, believe_absence=True
    )
    (found,) = stage.connector.settle(unsettled, stage.courier)
    assert found.error is None
    return found.remote[0]


@pytest.mark.parametrize("make", [invoice, credit_note])
@pytest.mark.parametrize("profile", TAXED)
def test_a_void_takes_its_tax_back(open_stage: Books, profile: str, make: Any) -> None:
    stage = open_stage(profile)
    ours = make(stage, ODD[profile], SOLD[profile][-1])
    there = stage.send(ours)
    void = dataclasses.replace(ours, void=True)
    there = stage.send(void, there)
    assert (there.void, there.amount) == (True, 0)
    assert compared(stage.connector, void, there.snapshot) == []
    at_nil(stage)


@pytest.mark.parametrize("profile", TAXED)
def test_a_document_may_become_one_without_tax(open_stage: Books, profile: str) -> None:
    stage = open_stage(profile)
    free = {"uk": "No VAT", "ca": "OOS", "au": "GST free"}.get(profile, "")
    ours = invoice(stage, ODD[profile])
    there = stage.send(ours)
    fresh = invoice(stage, ("10.00", free, "0"))
    bare = dataclasses.replace(
        ours, lines=fresh.lines, tax=fresh.tax, total=fresh.total, taxes=fresh.taxes
    )
    there = stage.send(bare, there)
    assert unlike(stage, bare, there.snapshot) == []
    assert stage.balance(stage.account(Role.RECEIVABLE)) == Decimal("10.00")
    again = stage.send(fresh)
    assert unlike(stage, fresh, again.snapshot) == []


def test_what_others_wrote_on_a_taxed_document_survives(open_stage: Books) -> None:
    stage = open_stage("uk")
    ours = invoice(stage, *SOLD["uk"])
    there = stage.send(ours)
    klass = stage.courier.caller.post("class", {"Name": "North"})["Class"]["Id"]
    lines = [line for line in there.raw["Line"] if "SalesItemLineDetail" in line]
    lines[1]["SalesItemLineDetail"]["ClassRef"] = {"value": klass}
    body = {**there.raw, "Line": lines, "PrivateNote": "Checked by Petra", "TrackingNum": "1Z"}
    stage.courier.caller.post("invoice", body)
    there = stage.again(there)
    assert unlike(stage, ours, there.snapshot) == []
    ours = dataclasses.replace(ours, message="")
    ours = dataclasses.replace(
        ours,
        lines=(*ours.lines[:-1], dataclasses.replace(ours.lines[-1], net=Decimal(12))),
        net=ours.net + 2,
        total=ours.total + 2,
    )
    there = stage.send(ours, there)
    assert unlike(stage, ours, there.snapshot) == []
    details = [line.get("SalesItemLineDetail", {}) for line in there.raw["Line"]]
    assert details[1]["ClassRef"]["value"] == klass
    assert (there.raw["PrivateNote"], there.raw["TrackingNum"]) == ("Checked by Petra", "1Z")


@pytest.mark.parametrize("after", [True, False])
def test_a_discount_made_there_is_a_line_and_stays(open_stage: Books, after: bool) -> None:
    stage = open_stage("uk", allow_discount=True)
    customer, item = stage.masters()
    code = codes(stage)["20.0% S"].remote_id
    sold = {"ItemRef": {"value": item}, "TaxCodeRef": {"value": code}}
    body = {
        "DocNumber": "THEIRS-2",
        "TxnDate": "2026-11-20",
        "CustomerRef": {"value": customer},
        "ApplyTaxAfterDiscount": after,
        "CustomerMemo": {"value": "Theirs"},
        "Line": [
            {"Amount": 100, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": sold},
            {
                "Amount": 10,
                "DetailType": "DiscountLineDetail",
                "DiscountLineDetail": {"PercentBased": True, "DiscountPercent": 10},
            },
        ],
    }
    made = stage.courier.caller.post("invoice", body)["Invoice"]
    (there,) = stage.connector.read([("Invoice", made["Id"])], stage.courier)
    found = there.snapshot
    assert isinstance(found, InvoiceSnapshot)
    # Tax on 90 or on 100.
    assert (found.net, found.tax) == (90, 18 if after else 20)
    assert [line.net for line in found.lines] == [100, -10]
    for message in ("Thank you", ""):
        worded = dataclasses.replace(found, message=message)
        there = stage.send(worded, there)
        assert compared(stage.connector, worded, there.snapshot) == []
        assert "DiscountLineDetail" in str(there.raw["Line"])


def test_a_tax_code_changed_by_hand_is_put_back(open_stage: Books) -> None:
    stage = open_stage("uk")
    ours = invoice(stage, *SOLD["uk"])
    there = stage.send(ours)
    lines = [line for line in there.raw["Line"] if "SalesItemLineDetail" in line]
    reduced = codes(stage)["5.0% R"].remote_id
    lines[0]["SalesItemLineDetail"]["TaxCodeRef"] = {"value": reduced}
    body = {**there.raw, "Line": lines}
    body.pop("TxnTaxDetail")
    stage.courier.caller.post("invoice", body)
    there = stage.again(there)
    assert "lines.1.tax_code_id" in str(unlike(stage, ours, there.snapshot))
    there = stage.send(ours, there)
    assert unlike(stage, ours, there.snapshot) == []


def made_there_with_prices_including_tax(stage: Stage) -> tuple[Any, Any]:
    customer, item = stage.masters()
    code = codes(stage)["20.0% S"].remote_id
    detail = {
        "ItemRef": {"value": item},
        "Qty": 2,
        "UnitPrice": 60,
        "TaxCodeRef": {"value": code},
        "TaxInclusiveAmt": 120,
    }
    body = {
        "DocNumber": "THEIRS-1",
        "TxnDate": "2026-11-20",
        "CustomerRef": {"value": customer},
        "GlobalTaxCalculation": "TaxInclusive",
        "Line": [
            {"Amount": 100, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}
        ],
    }
    made = stage.courier.caller.post("invoice", body)["Invoice"]
    (there,) = stage.connector.read([("Invoice", made["Id"])], stage.courier)
    return there, there.snapshot


def test_prices_including_tax_are_read_as_nets(open_stage: Books) -> None:
    stage = open_stage("uk")
    _, found = made_there_with_prices_including_tax(stage)
    assert (found.net, found.tax, found.total) == (100, 20, 120)
    assert [line.net for line in found.lines] == [100]
    assert [(each.net, each.tax) for each in found.taxes] == [(100, 20)]


def test_what_was_made_with_prices_including_tax_is_written_over_with_nets(
    open_stage: Books,
) -> None:
    stage = open_stage("uk")
    there, found = made_there_with_prices_including_tax(stage)
    # Something else only: their prices go on to include tax.
    worded = dataclasses.replace(found, message="Thank you")
    there = stage.send(worded, there)
    assert compared(stage.connector, worded, there.snapshot) == []
    assert there.raw["GlobalTaxCalculation"] == "TaxInclusive"
    (line,) = found.lines
    ours = dataclasses.replace(
        worded,
        lines=(dataclasses.replace(line, net=Decimal(50), unit_price=Decimal(25)),),
        net=Decimal(50),
        tax=Decimal("10.01"),
        total=Decimal("60.01"),
        home_total=Decimal("60.01"),
        taxes=(dataclasses.replace(found.taxes[0], net=Decimal(50), tax=Decimal("10.01")),),
    )
    there = stage.send(ours, there)
    assert compared(stage.connector, ours, there.snapshot) == []
    assert stage.balance(stage.account(Role.RECEIVABLE)) == Decimal("60.01")
