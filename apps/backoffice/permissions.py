"""The permissions that the screens ask for, named by act."""

from typing import Any

from django.http import HttpRequest

ISSUE_INVOICE = "billing.issue_invoice"
VOID_INVOICE = "billing.void_invoice"
CREDIT_INVOICE = "billing.credit_invoice"
RECEIVE_PAYMENT = "billing.receive_payment"
CANCEL_PAYMENT = "billing.cancel_payment"
REVERSE_ALLOCATION = "billing.reverse_allocation"
SET_CLOSING_DATE = "billing.set_closing_date"
CONNECT = "connections.connect"
GO_LIVE = "connections.go_live"
CHANGE_MAPPING = "mappings.change_mapping"
RETRY = "sync.retry"
DECIDE = "sync.decide"


def may(request: HttpRequest, permission: str) -> bool:
    user: Any = request.user
    return bool(user.is_active and user.has_perm(permission))
