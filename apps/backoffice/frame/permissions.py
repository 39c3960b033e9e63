"""The permissions that the screens ask for, named by act; `staff/roles.py` says who has them."""

from typing import Any

from django.http import HttpRequest

ISSUE_INVOICE = "billing.issue_invoice"
VOID_INVOICE = "billing.void_invoice"
CREDIT_INVOICE = "billing.credit_invoice"
AMEND_INVOICE = "billing.amend_invoice"
ISSUE_CREDIT_NOTE = "billing.issue_credit_note"
VOID_CREDIT_NOTE = "billing.void_credit_note"
CHANGE_OPEN_FIELDS = "billing.change_open_fields"
RECEIVE_PAYMENT = "billing.receive_payment"
CANCEL_PAYMENT = "billing.cancel_payment"
DEDUCT = "billing.deduct"
WRITE_OFF = "billing.write_off"
CANCEL_ADJUSTMENT = "billing.cancel_adjustment"
HOLD_RETAINER = "billing.hold_retainer"
PAY_REFUND = "billing.pay_refund"
RETURN_PAYMENT = "billing.return_payment"
CANCEL_REFUND = "billing.cancel_refund"
MAKE_DEPOSIT = "billing.make_deposit"
UNDO_DEPOSIT = "billing.undo_deposit"
CHANGE_PAYMENT_METHODS = "billing.change_paymentmethod"
CHANGE_TAX_RATES = "billing.change_taxrate"
CHANGE_EXCHANGE_RATES = "billing.change_exchangerate"
ALLOCATE = "billing.allocate"
REVERSE_ALLOCATION = "billing.reverse_allocation"
SET_CLOSING_DATE = "billing.set_closing_date"
SKIP_NUMBERS = "billing.skip_numbers"
APPROVE = "billing.approve"
CONNECT = "connections.connect"
GO_LIVE = "connections.go_live"
PAUSE = "connections.pause"
DISCONNECT = "connections.disconnect"
CHANGE_CONNECTION = "connections.change_connection"
CHANGE_MAPPING = "mappings.change_mapping"
ANSWER_QUESTION = "reconciliation.answer_question"
RETRY = "sync.retry"
DECIDE = "sync.decide"
SEE_SYNC_LOG = "sync.view_syncrecord"
RECREATE = "sync.recreate"
SEND_TEST_INVOICE = "sync.send_test_invoice"


def may(request: HttpRequest, permission: str) -> bool:
    user: Any = request.user
    return bool(user.is_active and user.has_perm(permission))


def person(request: HttpRequest) -> int:
    """Who decides: acts are refused before this to anybody who is not signed in."""
    return int(request.user.pk or 0)
