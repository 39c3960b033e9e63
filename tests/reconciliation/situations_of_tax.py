"""The bookkeeper's table: tax and currencies."""

from decimal import Decimal

from apps.billing.models import TaxRate
from tests.factories import make_customer, make_exchange_rate
from tests.reconciliation.shop import Shop
from tests.reconciliation.situations import SALE, situation


@situation("tax", "a reduced rate of the same agency", "receivable +105    income -100    tax -5")
def _(shop: Shop) -> None:
    rate = shop.rate("R5", "5", agency="HM Revenue & Customs", called=shop.codes["5"])
    shop.sale(rate=rate)


@situation("tax", "a rate that names no agency, of that country", SALE)
def _(shop: Shop) -> None:
    shop.sale(rate=shop.rate("S20B", "20", agency="Revenue 2", called=shop.codes["20"]))


@situation("tax", "a French rate mapped by its percentage", SALE, "tax_elsewhere")
def _(shop: Shop) -> None:
    rate = shop.rate("FR20", "20", agency="Revenue 3", country="FR", called=shop.codes["20"])
    shop.sale(rate=rate)


@situation("tax", "more sold at it once that was answered", SALE)
def _(shop: Shop) -> None:
    shop.sale(rate=TaxRate.objects.get(company=shop.company, code="FR20"))


@situation("tax", "a rate of another agency", SALE, "tax_elsewhere")
def _(shop: Shop) -> None:
    shop.sale(
        rate=shop.rate(
            "AZ20", "20", agency="Arizona Department of Revenue", called=shop.codes["20"]
        )
    )


@situation("tax", "a sale in euro", "receivable EUR +102    income -85    tax -17")
def _(shop: Shop) -> None:
    customer = make_customer(shop.company, currency="EUR")
    make_exchange_rate(shop.company, "EUR", "0.85")
    shop.sale(customer=customer, currency="EUR", exchange_rate=Decimal("0.85"))


@situation(
    "tax",
    "a sale in euro typed on both sides",
    "receivable EUR +204    income -170    tax -34",
    "sale_twice",
)
def _(shop: Shop) -> None:
    customer = make_customer(shop.company, currency="EUR")
    invoice = shop.sale(customer=customer, currency="EUR", exchange_rate=Decimal("0.85"))
    shop.settle()
    shop.type_sale(
        shop.there(invoice.customer), "100", 12, number="T-EUR",
        abroad=("EUR", "0.85"),
    )  # fmt: skip


@situation(
    "tax",
    "euro received at another rate than they were sold at",
    "clearing +105.60    income -85    tax -17    exchange -3.60",
)
def _(shop: Shop) -> None:
    customer = make_customer(shop.company, currency="EUR")
    invoice = shop.sale(customer=customer, currency="EUR", exchange_rate=Decimal("0.85"))
    shop.settle()
    shop.paid(invoice, "120", exchange_rate=Decimal("0.88"))
