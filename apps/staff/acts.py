"""The table of acts: which role may do what posts or decides, and what the act demands.

An act is named by its permission ("app.codename"). `limited` acts move money, so that a company
may set a limit per role above which a second person approves; acts with `reason` are refused
without one; acts that are `fresh` ask for a sign-in of a moment ago.
"""

from dataclasses import dataclass
from enum import StrEnum


class RoleName(StrEnum):
    VIEWER = "Viewer"
    CLERK = "Clerk"
    ACCOUNTANT = "Accountant"
    ADMINISTRATOR = "Administrator"
    AUDITOR = "Auditor"


class ActName(StrEnum):
    ISSUE_INVOICE = "billing.issue_invoice"
    CREDIT_INVOICE = "billing.credit_invoice"
    ISSUE_CREDIT_NOTE = "billing.issue_credit_note"
    VOID_INVOICE = "billing.void_invoice"
    VOID_CREDIT_NOTE = "billing.void_credit_note"
    AMEND_INVOICE = "billing.amend_invoice"
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
    MERGE = "billing.merge"
    CHANGE_TAX_RATES = "billing.change_taxrate"
    CHANGE_EXCHANGE_RATES = "billing.change_exchangerate"
    ALLOCATE = "billing.allocate"
    UN_APPLY = "billing.reverse_allocation"
    SET_CLOSING_DATE = "billing.set_closing_date"
    SKIP_NUMBERS = "billing.skip_numbers"
    APPROVE = "billing.approve"
    SET_LIMITS = "billing.change_actlimit"
    CHANGE_MAPPINGS = "mappings.change_mapping"
    GO_LIVE = "connections.go_live"
    CONNECT = "connections.connect"
    PAUSE = "connections.pause"
    DISCONNECT = "connections.disconnect"
    RETRY = "sync.retry"
    DECIDE = "sync.decide"
    RECREATE = "sync.recreate"
    UNDO_RUN = "sync.undo_run"
    SEND_TEST_INVOICE = "sync.send_test_invoice"
    SEND_FIRST = "sync.send_first"
    SEND_BY_EMAIL = "exchange.send_by_email"
    SCHEDULE = "exchange.schedule"
    TAKE_ARCHIVE = "exchange.take_archive"
    TAKE_HELD = "billing.take_held"
    ASK_ERASURE = "billing.ask_erasure"
    ERASE_CUSTOMER = "billing.erase_customer"
    COMPARE = "reconciliation.compare"
    CHANGE_LAYOUTS = "exchange.change_importprofile"
    ANSWER_QUESTION = "reconciliation.answer_question"
    REVIEW = "reconciliation.review"
    SIGN_WEEK = "reconciliation.sign_week"
    NOTE_EDIT = "sync.note_edit"
    SIGN_PROOF = "reconciliation.sign_proof"
    SET_ALERTS = "alerts.change_alertrule"
    GIVE_ACCESS = "staff.change_user"
    ADD_LISTENER = "triggers.add_listener"
    REPLAY_EVENT = "triggers.replay_event"
    MAKE_KEY = "triggers.make_key"
    MAKE_SERVICE_KEY = "triggers.make_service_key"
    RELEASE_KEY = "triggers.release_key"
    VERIFY_TRAIL = "trail.verify_trail"
    MAKE_PACK = "trail.make_pack"


@dataclass(frozen=True, kw_only=True, slots=True)
class ActRule:
    """`words` is what staff call the act."""

    words: str
    roles: frozenset[RoleName]
    limited: bool = False
    reason: bool = False
    fresh: bool = False  # asks for a sign-in of a moment ago


_POSTS = frozenset({RoleName.ACCOUNTANT})
_PREPARES = frozenset({RoleName.CLERK})
_GIVES = frozenset({RoleName.ADMINISTRATOR})

ACTS: dict[ActName, ActRule] = {
    ActName.ISSUE_INVOICE: ActRule(words="issue invoices", roles=_POSTS, limited=True),
    ActName.CREDIT_INVOICE: ActRule(words="credit invoices", roles=_POSTS, reason=True),
    ActName.ISSUE_CREDIT_NOTE: ActRule(words="issue credit notes", roles=_POSTS, limited=True),
    ActName.VOID_INVOICE: ActRule(words="void invoices", roles=_POSTS, limited=True, reason=True),
    ActName.VOID_CREDIT_NOTE: ActRule(
        words="void credit notes", roles=_POSTS, limited=True, reason=True
    ),
    ActName.AMEND_INVOICE: ActRule(words="amend invoices", roles=_POSTS, limited=True, reason=True),
    ActName.CHANGE_OPEN_FIELDS: ActRule(words="change message or due date", roles=_POSTS),
    ActName.RECEIVE_PAYMENT: ActRule(words="receive payments", roles=_POSTS),
    ActName.CANCEL_PAYMENT: ActRule(
        words="cancel payments", roles=_POSTS, limited=True, reason=True
    ),
    ActName.DEDUCT: ActRule(
        words="take deductions off invoices", roles=_POSTS, limited=True, reason=True
    ),
    ActName.WRITE_OFF: ActRule(
        words="write off bad debts", roles=_POSTS, limited=True, reason=True
    ),
    ActName.CANCEL_ADJUSTMENT: ActRule(
        words="cancel adjustments", roles=_POSTS, limited=True, reason=True
    ),
    ActName.HOLD_RETAINER: ActRule(words="hold and use retainers", roles=_POSTS),
    ActName.PAY_REFUND: ActRule(words="refund customers", roles=_POSTS, limited=True, reason=True),
    ActName.RETURN_PAYMENT: ActRule(
        words="record returned payments", roles=_POSTS, limited=True, reason=True
    ),
    ActName.CANCEL_REFUND: ActRule(words="cancel refunds", roles=_POSTS, limited=True, reason=True),
    ActName.MAKE_DEPOSIT: ActRule(words="make bank deposits", roles=_POSTS),
    ActName.UNDO_DEPOSIT: ActRule(words="undo bank deposits", roles=_POSTS, reason=True),
    ActName.MERGE: ActRule(words="merge customers and items", roles=_POSTS, reason=True),
    ActName.CHANGE_TAX_RATES: ActRule(words="change tax rates", roles=_POSTS),
    ActName.CHANGE_EXCHANGE_RATES: ActRule(words="enter exchange rates", roles=_POSTS),
    ActName.ALLOCATE: ActRule(words="apply payments and credit notes", roles=_POSTS),
    ActName.UN_APPLY: ActRule(
        words="un-apply payments and credit notes", roles=_POSTS, limited=True, reason=True
    ),
    ActName.SET_CLOSING_DATE: ActRule(
        words="move the closing date", roles=_POSTS, reason=True, fresh=True
    ),
    ActName.SKIP_NUMBERS: ActRule(words="skip document numbers", roles=_POSTS, reason=True),
    ActName.APPROVE: ActRule(words="approve what others ask for", roles=_POSTS),
    # Whoever posts does not set the limit of it.
    ActName.SET_LIMITS: ActRule(words="set limits", roles=_GIVES, fresh=True),
    ActName.CHANGE_MAPPINGS: ActRule(words="change mappings", roles=_POSTS),
    ActName.GO_LIVE: ActRule(words="go live", roles=_POSTS),
    ActName.CONNECT: ActRule(words="connect books", roles=_POSTS | _GIVES, fresh=True),
    ActName.PAUSE: ActRule(words="pause a connection", roles=_POSTS | _GIVES, reason=True),
    ActName.DISCONNECT: ActRule(
        words="disconnect books", roles=_POSTS | _GIVES, reason=True, fresh=True
    ),
    ActName.RETRY: ActRule(words="send again", roles=_POSTS),
    ActName.DECIDE: ActRule(words="decide what changed on both sides", roles=_POSTS),
    ActName.RECREATE: ActRule(words="create again what is gone over there", roles=_POSTS),
    # Hundreds of documents leave the books at once.
    ActName.UNDO_RUN: ActRule(words="undo runs", roles=_POSTS, reason=True, fresh=True),
    ActName.SEND_TEST_INVOICE: ActRule(words="send a test invoice", roles=_POSTS),
    ActName.SEND_FIRST: ActRule(words="send the first of a kind", roles=_POSTS),
    ActName.SEND_BY_EMAIL: ActRule(words="send prints by e-mail", roles=_POSTS | _PREPARES),
    ActName.SCHEDULE: ActRule(words="schedule exports", roles=_POSTS | _PREPARES | _GIVES),
    # All customers' data leave the house at once, beyond every right here: that is giving access.
    ActName.TAKE_ARCHIVE: ActRule(
        words="take a company out as an archive", roles=_GIVES, fresh=True
    ),
    # One customer's data leave the house, for them: both answer to whoever asks what is held.
    ActName.TAKE_HELD: ActRule(
        words="take out what is held of a customer", roles=_POSTS | _GIVES, fresh=True
    ),
    ActName.ASK_ERASURE: ActRule(
        words="ask for the erasure of customers", roles=_POSTS, reason=True
    ),
    # It cannot be taken back: whoever keeps the books asks, and another person agrees to it.
    ActName.ERASE_CUSTOMER: ActRule(
        words="agree to the erasure of customers", roles=_GIVES, fresh=True
    ),
    ActName.COMPARE: ActRule(words="compare both sides", roles=_POSTS),
    # A layout says which tax rate is meant and what is a credit note.
    ActName.CHANGE_LAYOUTS: ActRule(words="make and change layouts of files", roles=_POSTS),
    ActName.ANSWER_QUESTION: ActRule(
        words="answer what a comparison asks", roles=_POSTS, reason=True
    ),
    ActName.REVIEW: ActRule(words="take on and end what the review lists", roles=_POSTS),
    ActName.SIGN_WEEK: ActRule(words="sign a week of the review", roles=_POSTS),
    ActName.NOTE_EDIT: ActRule(
        words="note why something in the books was changed by hand", roles=_PREPARES | _POSTS
    ),
    ActName.SIGN_PROOF: ActRule(words="sign a comparison", roles=_POSTS),
    ActName.SET_ALERTS: ActRule(words="set who is told of alerts", roles=_GIVES),
    ActName.GIVE_ACCESS: ActRule(words="give people access", roles=_GIVES, fresh=True),
    # Customers' data leave the house by it from then on: that is giving access.
    ActName.ADD_LISTENER: ActRule(words="say where events go", roles=_GIVES, fresh=True),
    ActName.REPLAY_EVENT: ActRule(words="send events again", roles=_POSTS | _GIVES),
    # A key opens what its person sees and does anyway; a service's is access of its own.
    ActName.MAKE_KEY: ActRule(
        words="make API keys of one's own",
        roles=frozenset(RoleName) - {RoleName.AUDITOR},
        fresh=True,
    ),
    ActName.MAKE_SERVICE_KEY: ActRule(words="make API keys for services", roles=_GIVES, fresh=True),
    # One that works on the books does so only once somebody who answers for them has seen it.
    ActName.RELEASE_KEY: ActRule(words="release API keys of services", roles=_POSTS, fresh=True),
    ActName.VERIFY_TRAIL: ActRule(words="have the audit trail verified", roles=_POSTS | _GIVES),
    # The one act of an Auditor: it writes down what they may read anyway.
    ActName.MAKE_PACK: ActRule(
        words="make packs for auditors",
        roles=_POSTS | _GIVES | {RoleName.AUDITOR},
        fresh=True,
    ),
}


def acts_of(role: RoleName) -> frozenset[str]:
    """The permissions that the table gives a role."""
    return frozenset(act.value for act, rule in ACTS.items() if role in rule.roles)


def act_words(act: str) -> str:
    return ACTS[ActName(act)].words


LIMITED = tuple(act for act, rule in ACTS.items() if rule.limited)
