"""Sign a comparison: what it found is kept as it reads now, with who signed it."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from apps.connections.models import Connection
from apps.reconciliation.models import BooksProof, ClosedMonth, KeptComparison
from apps.reconciliation.models.proofs import checksum
from apps.reconciliation.proof.content import as_text, content_of
from apps.staff.models import User


def may_be_signed(kept: KeptComparison) -> bool:
    """One that is done, is the last of its books and day, and that nobody signed."""
    return not why_not(kept)


def why_not(kept: KeptComparison) -> str:
    """Why it cannot be signed, in a sentence; "" where it can."""
    if kept.state != KeptComparison.State.DONE:
        return "Only a comparison that is done can be signed."
    if BooksProof.objects.filter(comparison=kept).exists():
        return "It was signed already."
    later = KeptComparison.objects.filter(
        connection=kept.connection_id,
        state=KeptComparison.State.DONE,
        of_now=kept.of_now,
        ended_at__gt=kept.ended_at,
    )
    if not kept.of_now:
        later = later.filter(on=kept.on)
    if later.exists():
        return "Both sides were compared again since: sign the last comparison."
    return ""


def sign(kept: KeptComparison, remark: str, *, by: int) -> BooksProof:
    """Keep what it found, with what people answered, for good.

    Raises ValidationError, in words for staff, of one that is not the last or was signed, and without
    a remark where both sides do not agree.
    """
    with transaction.atomic():
        Connection.objects.select_for_update().get(pk=kept.connection_id)  # no other one meanwhile
        if refused := why_not(kept):
            raise ValidationError(refused)
        if not kept.agrees and not remark.strip():
            raise ValidationError("Both sides do not agree: say what is known of it.")
        return _keep([kept], comparison=kept, remark=remark.strip(), by=by)


def sign_month(closed: ClosedMonth) -> BooksProof:
    """Keep a closed month with the comparisons that it rests on, signed by whoever closed it."""
    keys = {each["comparison"] for each in closed.found} - {None}
    rows = KeptComparison.objects.filter(pk__in=keys).select_related(
        "connection__company", "connection__grant", "asked_by"
    )
    return _keep(list(rows.order_by("pk")), closed_month=closed, by=closed.closed_by_id)


def _keep(
    comparisons: list[KeptComparison],
    *,
    by: int,
    remark: str = "",
    comparison: KeptComparison | None = None,
    closed_month: ClosedMonth | None = None,
) -> BooksProof:
    company = closed_month.company if closed_month else comparisons[0].connection.company
    at = timezone.now()
    content = as_text(
        content_of(
            comparisons,
            company=company,
            by=User.objects.get(pk=by),
            at=at,
            remark=remark,
            month=closed_month,
        )
    )
    return BooksProof.objects.create(
        company=company,
        comparison=comparison,
        closed_month=closed_month,
        agrees=all(each.agrees for each in comparisons) if comparisons else None,
        content=content,
        sha256=checksum(content),
        signed_by_id=by,
        signed_at=at,
    )
