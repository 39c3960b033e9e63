"""What happened to a record in Tieout beside its own changes: money, mails, approvals, bank deposits."""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.safestring import SafeString

from apps.backoffice.frame import permissions
from apps.backoffice.frame.formatting import BAD, BUSY, GOOD, PLAIN, WARN, money
from apps.backoffice.frame.permissions import may
from apps.backoffice.ledgers.timeline.entries import Cells, Entry, Source, person_at
from apps.billing.models import (
    Allocation,
    Approval,
    CreditNote,
    Deposit,
    DepositLine,
    Synced,
)
from apps.billing.models.approvals import SUBJECTS as WITH_APPROVALS
from apps.exchange.models import MailedPrint
from apps.reconciliation.models import ClosedMonth
from apps.staff.acts import act_words

# By which keys an applied amount hangs on a record of a kind: as where it comes from, and as what it
# is set against.
SOURCE_OF: Final = {"payment": "payment", "credit_note": "credit_note", "adjustment": "adjustment"}
TARGET_OF: Final = {"invoice": "invoice", "refund": "refund", "adjustment": "charge"}
# What an amount set against an invoice does to it, by the key of where it comes from.
DOES: Final = {
    "payment_id": "Paid",
    "credit_note_id": "Credited",
    "adjustment_id": "Written off or deducted",
    "outside_entry_id": "Credited over there",
}
PAGES: Final = {
    "payment_id": ("payment", "Payment"),
    "credit_note_id": ("creditnote", "Credit note"),
    "adjustment_id": ("adjustment", "Adjustment"),
    "invoice_id": ("invoice", "Invoice"),
    "refund_id": ("refund", "Refund"),
    "charge_id": ("adjustment", "Adjustment"),
}
SEES: Final = {
    "payment": permissions.SEE_PAYMENTS,
    "creditnote": permissions.SEE_CREDIT_NOTES,
    "adjustment": permissions.SEE_ADJUSTMENTS,
    "invoice": permissions.SEE_INVOICES,
    "refund": permissions.SEE_REFUNDS,
}


def sources(request: HttpRequest, subject: Synced) -> Iterator[Source]:
    if may(request, permissions.SEE_APPLIED):
        yield from _applied(request, subject)
    if subject.kind in MailedPrint.SUBJECTS:
        yield _mailed(subject)
    if subject.kind in WITH_APPROVALS and may(request, permissions.SEE_APPROVALS):
        yield from _approvals(subject)
    if subject.kind == "invoice" and may(request, permissions.SEE_CREDIT_NOTES):
        yield _credit_notes(subject)
    if subject.kind in ("payment", "refund") and may(request, permissions.SEE_DEPOSITS):
        yield _deposits(subject)
    dated = getattr(subject, "issue_date", None) or getattr(subject, "date", None)
    if isinstance(dated, date) and may(request, permissions.SEE_CLOSED_MONTHS):
        yield _closed(subject, dated)


def page_of(model: str, key: str) -> str:
    return reverse(f"admin:billing_{model}_change", args=[key])


def day_words(text: str) -> str:
    """“3 Dec 2026” of a day as the database writes it."""
    return date_format(date.fromisoformat(text[:10]), "j M Y") if text else ""


def amount_of(cells: Cells) -> SafeString:
    return money(Decimal(cells["amount"]) if cells["amount"] else None, cells["currency"])


def _applied(request: HttpRequest, subject: Synced) -> Iterator[Source]:
    """Each amount when it was set against something, and when that was taken back."""
    ends = {
        "targets": SOURCE_OF.get(subject.kind, ""),
        "sources": TARGET_OF.get(subject.kind, ""),
    }
    keys = ("payment_id", "credit_note_id", "adjustment_id", "invoice_id", "refund_id", "charge_id")
    columns = {name: name for name in (*keys, "outside_entry_id", "outside_label", "currency")}
    columns |= {
        "amount": "amount",
        "date": "date",
        "kind": "history_type",
        "reversed": "reversed_on",
        "why": "reversal_reason",
        "invoice_number": "invoice__number",
        "note_number": "credit_note__number",
        "reference": "payment__reference",
        "who": "history_user__name",
        "address": "history_user__email",
    }
    rows: Any = Allocation.history.filter(
        Q(history_type="+") | Q(history_type="~", reversed_on__isnull=False)
    )
    for other, key in ends.items():
        if key:
            yield Source(
                name=other,
                rows=rows.filter(**{key: subject.pk}),
                at="history_date",
                columns=columns,
                tell=lambda at, cells, other=other: _applied_entry(request, other, at, cells),  # type: ignore[misc] # bound as it is now
            )


def _applied_entry(request: HttpRequest, other: str, at: datetime, cells: Cells) -> Entry:
    """Seen from one end, with the name of the other."""
    names = list(DOES) if other == "sources" else ["invoice_id", "refund_id", "charge_id"]
    end = next((name for name in names if cells[name]), "")
    taken_back = bool(cells["reversed"])
    does = DOES.get(end, "Applied") if other == "sources" and cells["invoice_id"] else "Applied"
    day = cells["reversed"] if taken_back else cells["date"]
    words = _end_words(end, cells)
    model = PAGES[end][0] if end in PAGES else ""
    seen = bool(model) and may(request, SEES[model])
    return Entry(
        at=at,
        what=f"{does}: taken back" if taken_back else does,
        colour=WARN if taken_back else (GOOD if does == "Paid" else PLAIN),
        ours=f"{'Taken back' if taken_back else 'Dated'} {day_words(day)}.",
        amount=amount_of(cells),
        who=cells["who"] or cells["address"] or "Tieout",
        reason=cells["why"] if taken_back else "",
        words=words,
        url=page_of(model, cells[end]) if seen else "",
    )


def _end_words(end: str, cells: Cells) -> str:
    """“Invoice INV-7”, “Payment CHQ 12”."""
    if end not in PAGES:
        return cells["outside_label"]
    called = {
        "invoice_id": cells["invoice_number"],
        "credit_note_id": cells["note_number"],
        "payment_id": cells["reference"],
    }
    return f"{PAGES[end][1]} {called.get(end, '')}".strip()


def _mailed(subject: Synced) -> Source:
    colours = {"sent": GOOD, "sending": WARN, "refused": BAD}

    def tell(at: datetime, cells: Cells) -> Entry:
        mail = MailedPrint(state=cells["state"])
        return Entry(
            at=at,
            what=f"Mailed: {mail.get_state_display().lower()}",
            colour=colours[cells["state"]],
            ours=f"“{cells['subject']}” with {cells['file_name']} to {cells['to']}.",
            theirs=cells["sentence"],
            system="The mail server",
            who=cells["who"],
        )

    return Source(
        name="mails",
        rows=MailedPrint.objects.filter(**{subject.kind: subject.pk}).annotate(
            who=person_at("sent_by")
        ),
        at="sent_at",
        columns={name: name for name in ("state", "subject", "file_name", "to", "sentence", "who")},
        tell=tell,
    )


def _approvals(subject: Synced) -> Iterator[Source]:
    """A second person was asked, and answered."""
    rows = Approval.objects.filter(**{subject.kind: subject.pk})
    columns = {name: name for name in ("act", "state", "decision_reason", "amount", "limit", "who")}
    columns["currency"] = "company__home_currency"

    def asked(at: datetime, cells: Cells) -> Entry:
        return Entry(
            at=at,
            what="Approval asked for",
            colour=BUSY,
            ours=f"To {act_words(cells['act'])}: it is above what one person does alone.",
            amount=amount_of(cells),
            who=cells["who"],
            url=page_of("approval", cells["pk"]),
            words="The request",
        )

    def decided(at: datetime, cells: Cells) -> Entry:
        approval = Approval(state=cells["state"])
        return Entry(
            at=at,
            what=approval.get_state_display(),
            colour=GOOD if cells["state"] == Approval.State.APPROVED else BAD,
            ours=f"To {act_words(cells['act'])}.",
            who=cells["who"],
            reason=cells["decision_reason"],
            url=page_of("approval", cells["pk"]),
            words="The request",
        )

    yield Source(
        name="asked",
        rows=rows.annotate(who=person_at("requested_by")),
        at="requested_at",
        columns=columns,
        tell=asked,
    )
    yield Source(
        name="decided",
        rows=rows.exclude(state=Approval.State.WAITING).annotate(who=person_at("decided_by")),
        at="decided_at",
        columns=columns,
        tell=decided,
    )


def _credit_notes(subject: Synced) -> Source:
    def tell(at: datetime, cells: Cells) -> Entry:
        return Entry(
            at=at,
            what="Credit note issued",
            ours=f"Dated {day_words(cells['issue_date'])}.",
            amount=amount_of(cells),
            url=page_of("creditnote", cells["pk"]),
            words=f"Credit note {cells['number']}",
        )

    columns = {name: name for name in ("number", "issue_date", "currency")}
    return Source(
        name="credit_notes",
        rows=CreditNote.objects.filter(invoice=subject.pk),
        at="issued_at",
        columns={**columns, "amount": "total"},
        tell=tell,
    )


def _deposits(subject: Synced) -> Source:
    """The bank deposits that it was put into, and those that were undone."""
    within = DepositLine.objects.filter(**{subject.kind: subject.pk}).values("deposit")

    def tell(at: datetime, cells: Cells) -> Entry:
        undone = cells["status"] == Deposit.Status.UNDONE
        return Entry(
            at=at,
            what="Bank deposit undone" if undone else "Put into a bank deposit",
            colour=WARN if undone else GOOD,
            ours=f"The bank deposit of {day_words(cells['date'])}, as a whole:",
            amount=amount_of(cells),
            who=cells["who"] or "Tieout",
            reason=cells["undo_reason"] if undone else "",
            url=page_of("deposit", cells["deposit"]),
            words="The bank deposit",
        )

    columns = {name: name for name in ("status", "date", "currency", "undo_reason")}
    return Source(
        name="deposits",
        rows=Deposit.history.filter(
            Q(history_type="+") | Q(history_type="~", status=Deposit.Status.UNDONE),
            id__in=within,
        ),
        at="history_date",
        columns={**columns, "amount": "total", "deposit": "id", "who": "history_user__name"},
        tell=tell,
    )


def _closed(subject: Synced, dated: date) -> Source:
    """Its month was closed: each closing of it."""

    def tell(at: datetime, cells: Cells) -> Entry:
        return Entry(
            at=at,
            what="Its month was closed",
            ours=f"Up to and including {day_words(cells['last'])}.",
            who=cells["who"],
            reason=cells["reason"],
            url=reverse("admin:reconciliation_closedmonth_change", args=[cells["pk"]]),
            words="The closed month",
        )

    rows = ClosedMonth.objects.filter(
        company=subject.company_id,  # type: ignore[attr-defined] # every synced model has one
        last__range=(dated, dated.replace(day=monthrange(dated.year, dated.month)[1])),
    )
    return Source(
        name="closed",
        rows=rows.annotate(who=person_at("closed_by")),
        at="closed_at",
        columns={name: name for name in ("last", "reason", "who")},
        tell=tell,
    )
