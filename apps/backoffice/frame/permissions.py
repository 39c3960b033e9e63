"""What this person may do; the acts and their permissions stand in `staff/acts.py`."""

from typing import Any

from django.http import HttpRequest

# Permissions that are no act of the table: Django's own, to view and to change a record.
CHANGE_PAYMENT_METHODS = "billing.change_paymentmethod"
SEE_SYNC_LOG = "sync.view_syncrecord"
SEE_ATTEMPTS = "sync.view_attempt"
SEE_CALLS = "sync.view_call"
SEE_RUNS = "sync.view_run"
SEE_THEIRS = "sync.view_remoterecord"
SEE_CONFLICTS = "sync.view_conflict"
SEE_CANDIDATES = "sync.view_candidate"
SEE_MERGES = "sync.view_customermerge"
SEE_EDITS = "sync.view_edit"
SEE_DIFFERENCES = "reconciliation.view_difference"
SEE_QUESTIONS = "reconciliation.view_question"
SEE_ALERTS = "alerts.view_alert"
SEE_DELIVERIES = "webhooks.view_delivery"
SEE_INVOICES = "billing.view_invoice"
SEE_CREDIT_NOTES = "billing.view_creditnote"
SEE_PAYMENTS = "billing.view_payment"
SEE_ADJUSTMENTS = "billing.view_adjustment"
SEE_REFUNDS = "billing.view_refund"
SEE_DEPOSITS = "billing.view_deposit"
SEE_APPLIED = "billing.view_allocation"
SEE_APPROVALS = "billing.view_approval"
SEE_COMPANIES = "billing.view_company"
SEE_CLOSED_MONTHS = "reconciliation.view_closedmonth"
SEE_ITEMS = "billing.view_item"
SEE_TAX_RATES = "billing.view_taxrate"
SEE_MAPPINGS = "mappings.view_mapping"
SEE_IMPORTS = "exchange.view_fileimport"
SEE_ERASURES = "billing.view_erasure"
SEE_PEOPLE = "staff.view_user"
SEE_PACKS = "trail.view_auditorpack"
IMPORT_FILES = "exchange.add_fileimport"
MAKE_LAYOUTS = "exchange.add_importprofile"


def may(request: HttpRequest, permission: str) -> bool:
    user: Any = request.user
    return bool(user.is_active and user.has_perm(permission))


def person(request: HttpRequest) -> int:
    """Who decides: acts are refused before this to anybody who is not signed in."""
    return int(request.user.pk or 0)
