"""python-quickbooks makes and reads tax codes, receipts and rates as its authors meant them."""

from typing import Any

import pytest

from tests.sandbox_server import SandboxServer

from .test_independent_clients import make_customer


@pytest.fixture
def realm(sandbox_server: SandboxServer) -> str:
    return sandbox_server.open_company("Independent", profile="uk", multicurrency=True)


def test_the_client_makes_a_tax_code_and_sells_under_it(
    books: Any, sandbox_server: SandboxServer, realm: str
) -> None:
    from quickbooks.objects.detailline import SalesItemLine, SalesItemLineDetail
    from quickbooks.objects.invoice import Invoice
    from quickbooks.objects.item import Item
    from quickbooks.objects.taxagency import TaxAgency
    from quickbooks.objects.taxcode import TaxCode
    from quickbooks.objects.taxrate import TaxRate
    from quickbooks.objects.taxservice import TaxRateDetails, TaxService

    agency = TaxAgency()
    agency.DisplayName = "States of Jersey"
    agency.save(qb=books)
    rate = TaxRateDetails()
    rate.TaxRateName, rate.RateValue = "Jersey GST", 5
    rate.TaxAgencyId = TaxAgency.all(qb=books)[0].Id
    service = TaxService()
    service.TaxCode = "JE"
    service.TaxRateDetails.append(rate)
    service.save(qb=books)
    code = next(one for one in TaxCode.all(qb=books) if one.Name == "JE")
    rates = {one.Id: one for one in TaxRate.all(qb=books)}
    detail = code.SalesTaxRateList.TaxRateDetail[0]
    assert rates[detail.TaxRateRef.value].RateValue == 5
    line = SalesItemLine()
    line.Amount = 200
    line.SalesItemLineDetail = SalesItemLineDetail()
    line.SalesItemLineDetail.ItemRef = Item.get(1, qb=books).to_ref()
    line.SalesItemLineDetail.TaxCodeRef = code.to_ref()
    invoice = Invoice()
    invoice.CustomerRef = make_customer(books).to_ref()
    invoice.Line.append(line)
    made = invoice.save(qb=books)
    assert (made.TxnTaxDetail.TotalTax, made.TotalAmt, made.HomeTotalAmt) == (10, 210, 210)
    again = Invoice.get(int(made.Id), qb=books)
    again.save(qb=books)
    assert Invoice.get(int(made.Id), qb=books).TotalAmt == 210


def test_the_client_sets_a_rate_and_refunds(books: Any, sandbox_server: SandboxServer) -> None:
    from quickbooks.objects.base import Ref
    from quickbooks.objects.detailline import SalesItemLine, SalesItemLineDetail
    from quickbooks.objects.exchangerate import ExchangeRate
    from quickbooks.objects.item import Item
    from quickbooks.objects.refundreceipt import RefundReceipt
    from quickbooks.objects.taxcode import TaxCode

    rate = ExchangeRate()
    rate.SourceCurrencyCode, rate.Rate, rate.AsOfDate = "EUR", 0.85, "2026-01-01"
    rate.save(qb=books)
    found = ExchangeRate.where("SourceCurrencyCode = 'EUR'", qb=books)
    assert [one.Rate for one in found] == [0.85]
    line = SalesItemLine()
    line.Amount = 10
    line.SalesItemLineDetail = SalesItemLineDetail()
    line.SalesItemLineDetail.ItemRef = Item.get(1, qb=books).to_ref()
    line.SalesItemLineDetail.TaxCodeRef = TaxCode.all(qb=books)[-1].to_ref()
    refund = RefundReceipt()
    refund.CustomerRef = make_customer(books).to_ref()
    refund.DepositToAccountRef = Ref()
    refund.DepositToAccountRef.value = "1"
    refund.Line.append(line)
    assert refund.save(qb=books).TotalAmt == 12
