"""The four roles, as a table: who may see, edit, post, and give access.

A permission reads "app.codename". Viewing and editing are Django's own per model; what posts or
decides is named by the act. `manage.py roles` makes the groups say exactly this.
"""

from collections.abc import Iterable
from enum import StrEnum


class RoleName(StrEnum):
    VIEWER = "Viewer"
    CLERK = "Clerk"
    ACCOUNTANT = "Accountant"
    ADMINISTRATOR = "Administrator"


def _each(app: str, acts: Iterable[str], models: Iterable[str]) -> frozenset[str]:
    return frozenset(f"{app}.{act}_{model}" for model in models for act in acts)


MASTERS = ("customer", "item")
DRAFTS = ("invoice", "invoiceline", "creditnote", "creditnoteline")
MONEY = ("payment", "allocation")
SET_UP = ("company", "numberseries", "paymentterm", "paymentmethod")

# Grants and consent states are nobody's to look at: they hold tokens.
SEES = (
    _each("billing", ["view"], [*MASTERS, *DRAFTS, *MONEY, *SET_UP])
    | _each("connections", ["view"], ["connection"])
    | _each("mappings", ["view"], ["mapping", "remotecode"])
    | _each(
        "sync",
        ["view"],
        [
            "syncrecord",
            "remoterecord",
            "attempt",
            "candidate",
            "conflict",
            "cursor",
        ],
    )
)
# What went over the wire holds customers' data whole: for those who answer for the books.
TRACES = _each("sync", ["view"], ["run", "call"])
# A clerk prepares: masters and drafts. Only drafts can be deleted, billing refuses the rest.
PREPARES = _each("billing", ["add", "change"], [*MASTERS, *DRAFTS]) | _each(
    "billing", ["delete"], DRAFTS
)
# An accountant posts, decides, and says what things are called in the books.
POSTS = frozenset(
    {
        "billing.issue_invoice",
        "billing.void_invoice",
        "billing.credit_invoice",
        "billing.amend_invoice",
        "billing.change_open_fields",
        "billing.issue_credit_note",
        "billing.void_credit_note",
        "billing.receive_payment",
        "billing.cancel_payment",
        "billing.allocate",
        "billing.reverse_allocation",
        "billing.set_closing_date",
        "mappings.add_mapping",
        "mappings.change_mapping",
        "sync.retry",
        "sync.decide",
        "sync.recreate",
        "sync.send_test_invoice",
        "connections.connect",
        "connections.change_connection",
        "connections.go_live",
        "connections.pause",
    }
) | _each("billing", ["add", "change"], SET_UP)
# An administrator gives access, to people and to books, and posts nothing.
GIVES_ACCESS = frozenset(
    {
        "staff.view_user",
        "staff.add_user",
        "staff.change_user",
        "auth.view_group",
        "connections.connect",
        "connections.disconnect",
        "connections.pause",
    }
)

ROLES: dict[RoleName, frozenset[str]] = {
    RoleName.VIEWER: SEES,
    RoleName.CLERK: SEES | PREPARES,
    RoleName.ACCOUNTANT: SEES | TRACES | PREPARES | POSTS | {"connections.disconnect"},
    RoleName.ADMINISTRATOR: SEES | TRACES | GIVES_ACCESS,
}
