"""Every report, in the order of the index page."""

from typing import Final

from apps.exchange.reports.account import CUSTOMER_ACCOUNT
from apps.exchange.reports.money import CLEARING, EXCHANGE, RECEIPTS
from apps.exchange.reports.receivables import AGED, ROLL_FORWARD, UNAPPLIED
from apps.exchange.reports.sales import BY_ACCOUNT, BY_ITEM, CREDIT_NOTES
from apps.exchange.reports.shape import Report
from apps.exchange.reports.taxes import TAX_SUMMARY

REPORTS: Final[dict[str, Report]] = {
    each.name: each
    for each in (
        *(AGED, ROLL_FORWARD, TAX_SUMMARY, UNAPPLIED, CLEARING, CUSTOMER_ACCOUNT),
        *(BY_ITEM, BY_ACCOUNT, RECEIPTS, CREDIT_NOTES, EXCHANGE),
    )
}
