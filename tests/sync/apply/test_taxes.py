"""Tax, currency and rate of a document of ours, changed over there: asked in words that name them."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.billing.models import Invoice
from apps.connectors.snapshots import InvoiceSnapshot, Line, TaxAmount
from apps.mappings.models import RemoteCode
from apps.sync.models import Conflict, RemoteRecord, State
from tests.factories import make_invoice
from tests.sync.stage import BEGAN, Stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage() -> Stage:
    stage = Stage()
    for code, rate, name, percent in (("5", "11", "20.0% S", "20"), ("7", "12", "5.0% R", "5")):
        RemoteCode.objects.create(
            connection=stage.connection,
            kind="tax_code",
            remote_id=code,
            name=name,
            parts=[{"remote_id": rate, "name": name, "percent": percent, "agency": "HMRC"}],
            read_at=BEGAN,
        )
    return stage


def _invoice(stage: Stage, **fields: Any) -> tuple[Invoice, InvoiceSnapshot, str]:
    """100.00 + 20 % tax, in both books."""
    invoice = make_invoice(
        customer=stage.customer, exchange_rate=fields.get("exchange_rate", Decimal(1))
    )
    agreed = InvoiceSnapshot(
        **{
            "marker": invoice.public_id.hex,
            "number": invoice.number,
            "customer_id": stage.customer_id,
            "issue_date": date(2026, 3, 2),
            "currency": "GBP",
            "lines": (Line(key="1", net=Decimal(100), tax_code_id="5", tax=Decimal(20)),),
            "net": Decimal(100),
            "tax": Decimal(20),
            "total": Decimal(120),
            "taxes": (TaxAmount(rate_id="11", net=Decimal(100), tax=Decimal(20)),),
            **fields,
        }
    )
    return invoice, agreed, stage.tie(invoice, agreed)


def test_another_tax_code_there_is_asked_by_its_name_with_what_it_makes(stage: Stage) -> None:
    invoice, agreed, remote_id = _invoice(stage)
    line = replace(agreed.lines[0], tax_code_id="7", tax=Decimal(5))
    stage.put(
        replace(
            agreed,
            lines=(line,),
            tax=Decimal(5),
            total=Decimal(105),
            taxes=(TaxAmount(rate_id="12", net=Decimal(100), tax=Decimal(5)),),
        ),
        remote_id,
    )

    assert stage.apply().needs_person == 1

    record = stage.record(invoice)
    assert record.state == State.NEEDS_PERSON
    assert (
        "its total is 120.00 GBP here and 105.00 GBP in QuickBooks; "
        "its tax is 20.00 GBP here and 5.00 GBP in QuickBooks; "
        "its tax by rate is 20.00 GBP at “20.0% S” here and 5.00 GBP at “5.0% R” in QuickBooks; "
        "its tax code of line 1 is “20.0% S” here and “5.0% R” in QuickBooks"
    ) in record.sentence
    assert Conflict.objects.get(path="taxes").theirs == [["12", "5"]]


def test_the_same_tax_in_another_order_is_an_echo(stage: Stage) -> None:
    two = (TaxAmount(rate_id="11", tax=Decimal(15)), TaxAmount(rate_id="12", tax=Decimal(5)))
    _, agreed, remote_id = _invoice(stage, taxes=two)

    stage.put(replace(agreed, taxes=(two[1], two[0])), remote_id)

    assert stage.apply().echo == 1


def test_rates_that_ours_does_not_name_are_theirs_to_choose(stage: Stage) -> None:
    """Books that work the tax out themselves name their own rates; only its sum counts."""
    _, agreed, remote_id = _invoice(stage, taxes=())
    rates = (TaxAmount(rate_id="40", tax=Decimal(14)), TaxAmount(rate_id="41", tax=Decimal(6)))

    stage.put(replace(agreed, taxes=rates), remote_id)

    assert stage.apply().echo == 1


def test_another_exchange_rate_there_is_asked_with_what_it_makes_at_home(stage: Stage) -> None:
    stage.customer.currency = "USD"
    stage.customer.save()
    invoice, agreed, remote_id = _invoice(
        stage, currency="USD", exchange_rate=Decimal("0.9"), home_total=Decimal(108)
    )

    stage.put(replace(agreed, exchange_rate=Decimal("0.95"), home_total=Decimal(114)), remote_id)
    assert stage.apply().needs_person == 1

    sentence = stage.record(invoice).sentence
    assert "its exchange rate is 0.9 here and 0.95 in QuickBooks" in sentence
    assert "its total in home currency is 108.00 GBP here and 114.00 GBP in QuickBooks" in sentence


def test_a_document_made_there_in_another_currency_is_only_theirs(stage: Stage) -> None:
    row = stage.put(
        InvoiceSnapshot(
            marker="",
            number="9001",
            customer_id=stage.customer_id,
            issue_date=date(2026, 3, 4),
            currency="USD",
            lines=(Line(key="1", net=Decimal(50)),),
            net=Decimal(50),
            tax=Decimal(0),
            total=Decimal(50),
            exchange_rate=Decimal("0.8"),
        )
    )

    assert stage.apply().only_theirs == 1

    row.refresh_from_db()
    assert (row.arrival, row.sync_record) == (RemoteRecord.Arrival.ONLY_THEIRS, None)
    assert Invoice.objects.count() == 0
