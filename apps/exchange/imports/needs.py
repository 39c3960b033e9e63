"""What a person must be allowed to change by hand to bring it by a file."""

from apps.connectors.profiles import Subject
from apps.exchange.imports.at_hand import subject_of
from apps.exchange.models import FileImport

NEEDS: dict[Subject, tuple[str, ...]] = {
    Subject.CUSTOMERS: ("billing.add_customer", "billing.change_customer"),
    Subject.ITEMS: ("billing.add_item", "billing.change_item"),
    Subject.TAX_RATES: ("billing.add_taxrate", "billing.change_taxrate", "billing.add_taxagency"),
}


def needed_for(file_import: FileImport) -> tuple[str, ...]:
    of = subject_of(file_import)
    return NEEDS.get(of, ()) if of is not None else ()


def brings_masters(file_import: FileImport) -> bool:
    """Whether its rows are records that may stand here already, of which some fields may change."""
    return subject_of(file_import) in NEEDS
