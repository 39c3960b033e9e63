"""Who turns what happened in a company into events holds its `Listening` row."""

from apps.triggers.models import Listening


def held(company_id: int, *, waits: bool = False) -> Listening | None:
    """The row, locked until the transaction ends; None where nobody listens, or another worker has it
    and this one does not wait.

    SQLite has no locks of rows: there the whole transaction is IMMEDIATE, and another one waits.
    """
    rows = Listening.objects.select_for_update(skip_locked=not waits, of=("self",))
    return rows.select_related("company").filter(company=company_id).first()
