"""Open a new organisation: accounts, tax rates, its currency, its branding themes."""

from typing import Any
from uuid import uuid4

from ..clock import clock, microseconds
from ..models import OrganisationRow
from .charts import COUNTRIES, TAX_RATES, THEMES, accounts
from .store import Organisation, organisation, working
from .switches import DEFAULTS


def open_organisation(name: str, person: str, settings: dict[str, Any]) -> Organisation:
    """An organisation ready to be connected; country, currency and zone follow the version."""
    version = settings.get("version", DEFAULTS["version"])
    tenant = str(uuid4())
    OrganisationRow.objects.create(
        tenant=tenant,
        name=name,
        person=person or f"person-{tenant[:8]}",
        settings={**DEFAULTS, **COUNTRIES[version], **settings},
        created_us=microseconds(clock.now()),
    )
    org = organisation(tenant)
    assert org is not None
    with working(org):
        furnish(org)
    return org


def furnish(org: Organisation) -> None:
    version = org.switch("version")
    for account in accounts(version):
        made = org.add("Accounts", account)
        if account["system"]:
            org.sequences[f"system {account['system']}"] = made["id"]
    for tax_type, name, percent, use, report in TAX_RATES[version]:
        org.add(
            "TaxRates",
            {
                "type": tax_type,
                "name": name,
                "use": use,
                "report": report,
                "status": "ACTIVE",
                "components": [{"name": name.split("% ")[-1], "rate": percent, "compound": False}],
            },
        )
    org.add("Currencies", {"code": org.base})
    for order, theme in enumerate(THEMES):
        org.add("BrandingThemes", {"name": theme, "order": order})
