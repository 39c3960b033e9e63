"""The five roles, as a table: who may see, edit, post, give access, and audit.

A permission reads "app.codename". Viewing and editing are Django's own per model; what posts or
decides stands in the table of acts (`acts.py`). `manage.py roles` makes the groups say exactly this.
"""

from collections.abc import Iterable

from apps.staff.acts import RoleName, acts_of

__all__ = [
    "AUDITS",
    "GIVES_ACCESS",
    "POSTS",
    "PREPARES",
    "ROLES",
    "SEES",
    "WORKS_ON_BOOKS",
    "RoleName",
    "in_both_hands",
]

# Whoever works on the books; an Administrator, who gives access, is another person.
WORKS_ON_BOOKS = frozenset({RoleName.CLERK, RoleName.ACCOUNTANT})
BOTH_HANDS = (
    "An Administrator gives access, and an Accountant or a Clerk works on the books: one person must not"
    " do both. Where a company has only one person, they declare that on their own page under “Staff”."
)


AUDITS_ALONE = (
    "An Auditor only looks, until a last day, and has no other role. Take the other roles away, or give "
    "this person the role Viewer instead."
)


def in_both_hands(roles: Iterable[RoleName]) -> bool:
    """Whether these, held by one person, give access and work on the books."""
    held = frozenset(roles)
    return RoleName.ADMINISTRATOR in held and bool(held & WORKS_ON_BOOKS)


def why_apart(roles: Iterable[RoleName]) -> str:
    """Why nobody holds these together, not even where a company is one person; empty where they may."""
    held = frozenset(roles)
    return AUDITS_ALONE if RoleName.AUDITOR in held and len(held) > 1 else ""


def _each(app: str, acts: Iterable[str], models: Iterable[str]) -> frozenset[str]:
    return frozenset(f"{app}.{act}_{model}" for model in models for act in acts)


MASTERS = ("customer", "item")
DRAFTS = ("invoice", "invoiceline", "creditnote", "creditnoteline")
MONEY = ("payment", "allocation", "adjustment", "refund", "deposit", "depositline")
SET_UP = (
    "company",
    "numberseries",
    "paymentterm",
    "paymentmethod",
    "bankaccount",
    "taxagency",
    "taxrate",
    "taxcomponent",
    "exchangerate",
)
CONTROLS = ("actlimit", "approval", "erasure")

# Grants and consent states are nobody's to look at: they hold tokens.
SEES = (
    _each("billing", ["view"], [*MASTERS, *DRAFTS, *MONEY, *SET_UP, *CONTROLS])
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
            "customermerge",
            "conflict",
            "edit",
            "siderule",
            "cursor",
        ],
    )
    | _each(
        "reconciliation",
        ["view"],
        [
            "question",
            "keptcomparison",
            "difference",
            "reviewitem",
            "reviewweek",
            "closedmonth",
            "booksproof",
        ],
    )
    | _each("webhooks", ["view"], ["delivery"])
    | _each("triggers", ["view"], ["apikey"])
    | _each("alerts", ["view"], ["alert", "alertrule"])
    | _each("triggers", ["view"], ["endpoint", "delivery"])
    | _each(
        "exchange",
        ["view"],
        ["printjob", "fileimport", "importprofile", "scheduledexport", "privatefile"],
    )
)
# What went over the wire holds customers' data whole, and what happened to access tells who did what:
# for those who answer for the books, and those who give access.
TRACES = (
    _each("sync", ["view"], ["run", "call", "undo", "undopart"])
    | _each("trail", ["view"], ["verification", "auditorpack"])
    | {"staff.view_securityevent"}
)
# A clerk prepares: masters and drafts. Only drafts can be deleted, billing refuses the rest.
PREPARES = (
    acts_of(RoleName.CLERK)
    | _each("billing", ["add", "change"], [*MASTERS, *DRAFTS])
    | _each("billing", ["delete"], DRAFTS)
    | {"exchange.add_fileimport"}
)
# An accountant posts, decides, and says what things are called in the books.
POSTS = (
    acts_of(RoleName.ACCOUNTANT)
    | _each("billing", ["add", "change"], SET_UP)
    # A component is part of its rate, which billing freezes once a document bears it.
    | {"billing.delete_taxcomponent"}
    | {"mappings.add_mapping", "connections.change_connection", "exchange.add_importprofile"}
)
# An administrator gives access, to people and to books, and posts nothing.
GIVES_ACCESS = acts_of(RoleName.ADMINISTRATOR) | {
    "staff.view_user",
    "staff.add_user",
    "auth.view_group",
    "billing.add_actlimit",
    "alerts.add_alertrule",
    "triggers.add_endpoint",
    "triggers.change_endpoint",
}

# An auditor sees what was done, by whom, and who may, and takes it away as a pack; nothing of it is
# theirs to change.
AUDITS = SEES | TRACES | acts_of(RoleName.AUDITOR) | {"staff.view_user", "auth.view_group"}

ROLES: dict[RoleName, frozenset[str]] = {
    RoleName.VIEWER: SEES | acts_of(RoleName.VIEWER),
    RoleName.CLERK: SEES | PREPARES,
    RoleName.ACCOUNTANT: SEES | TRACES | PREPARES | POSTS,
    RoleName.ADMINISTRATOR: SEES | TRACES | GIVES_ACCESS,
    RoleName.AUDITOR: AUDITS,
}
