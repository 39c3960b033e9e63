"""Which scope each endpoint asks for: the granular ones, mandatory for apps made since March 2026."""

READABLE = (
    "accounting.invoices",
    "accounting.payments",
    "accounting.banktransactions",
    "accounting.manualjournals",
    "accounting.contacts",
    "accounting.settings",
    "accounting.attachments",
)
REPORTS = {
    "agedreceivablesbycontact": "accounting.reports.aged.read",
    "agedpayablesbycontact": "accounting.reports.aged.read",
    "balancesheet": "accounting.reports.balancesheet.read",
    "trialbalance": "accounting.reports.trialbalance.read",
    "profitandloss": "accounting.reports.profitandloss.read",
    "executivesummary": "accounting.reports.executivesummary.read",
}
# Published tax returns, by id or in the list. Its name is from memory.
TAX_REPORTS = "accounting.reports.taxreports.read"
PLAIN = ("openid", "profile", "email", "offline_access")
KNOWN = {
    *READABLE,
    *(f"{one}.read" for one in READABLE),
    *REPORTS.values(),
    TAX_REPORTS,
    *PLAIN,
}
# Refused to new apps at the consent page.
BROAD = {
    "accounting.transactions",
    "accounting.transactions.read",
    "accounting.reports.read",
    "accounting.journals.read",
}
ENDPOINTS: dict[str, tuple[str, ...]] = {
    "invoices": ("accounting.invoices",),
    "creditnotes": ("accounting.invoices",),
    "payments": ("accounting.payments",),
    "batchpayments": ("accounting.payments",),
    "overpayments": ("accounting.payments",),
    "prepayments": ("accounting.payments",),
    "banktransactions": ("accounting.banktransactions",),
    "banktransfers": ("accounting.banktransactions",),
    "manualjournals": ("accounting.manualjournals",),
    "contacts": ("accounting.contacts",),
    "attachments": ("accounting.attachments",),
    # Named under both: either will do.
    "items": ("accounting.settings", "accounting.invoices"),
    "organisation": ("accounting.settings",),
    "accounts": ("accounting.settings",),
    "taxrates": ("accounting.settings",),
    "currencies": ("accounting.settings",),
    "trackingcategories": ("accounting.settings",),
    "brandingthemes": ("accounting.settings",),
}


def allowed(granted: set[str], method: str, parts: list[str]) -> bool:
    """Whether a call is within what was granted; unknown endpoints are told by their 404 instead."""
    first = parts[0].lower()
    if len(parts) > 2 and parts[2].lower() == "attachments":
        # Whatever they hang on: its own scope is neither asked for nor enough.
        first = "attachments"
    if first == "reports":
        wanted = REPORTS.get(parts[1].lower(), TAX_REPORTS) if len(parts) > 1 else TAX_REPORTS
        return wanted in granted
    for scope in ENDPOINTS.get(first, ()):
        if scope in granted or (method == "GET" and f"{scope}.read" in granted):
            return True
    return first not in ENDPOINTS


def problem(asked: str, *, broad_allowed: bool) -> str:
    """Why a request for these scopes is none; an empty text when it is."""
    scopes = set(asked.split())
    if not scopes:
        return "invalid_scope: no scope was asked for"
    if (scopes & BROAD) and not broad_allowed:
        names = ", ".join(sorted(scopes & BROAD))
        return f"invalid_scope: {names} cannot be asked for by apps created since 2 March 2026"
    if unknown := scopes - KNOWN - BROAD:
        return f"invalid_scope: {', '.join(sorted(unknown))}"
    return ""
