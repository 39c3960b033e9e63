"""Which subject of an import is brought by what."""

from collections.abc import Callable, Mapping

from apps.connectors.profiles import Subject
from apps.exchange.imports.at_hand import profile_of
from apps.exchange.imports.documents_brought import DocumentsBrought
from apps.exchange.imports.money.payments_brought import PaymentsBrought
from apps.exchange.imports.money.payouts.brought import PayoutsBrought
from apps.exchange.imports.port import Bringer
from apps.exchange.imports.records.customers import CustomersBrought
from apps.exchange.imports.records.items import ItemsBrought
from apps.exchange.imports.records.tax_rates import TaxRatesBrought
from apps.exchange.models import FileImport

BRINGERS: Mapping[Subject, Callable[[FileImport], Bringer]] = {
    Subject.DOCUMENTS: DocumentsBrought,
    Subject.PAYMENTS: PaymentsBrought,
    Subject.PAYOUTS: PayoutsBrought,
    Subject.CUSTOMERS: CustomersBrought,
    Subject.ITEMS: ItemsBrought,
    Subject.TAX_RATES: TaxRatesBrought,
}


def bringer_of(file_import: FileImport) -> Bringer:
    return BRINGERS[profile_of(file_import).of](file_import)
