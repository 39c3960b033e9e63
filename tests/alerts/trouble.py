"""What goes wrong, as rows: many records at once, and moments that have passed."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from apps.alerts.models import Alert, AlertRule
from apps.billing.models import Customer
from apps.connections.models import Connection
from apps.sync.models import Attempt, Reason, State, SyncRecord
from tests.backoffice.world import make_connection
from tests.factories import make_company, make_customer


def live_connection(**fields: Any) -> Connection:
    company = fields.pop("company", None) or make_company(legal_name="Thornfield Trading Ltd")
    return make_connection(
        company,
        **{
            "stage": Connection.Stage.LIVE,
            "trial_matched_at": timezone.now(),
            "trial_fingerprint": "of the test",
            "settings_fingerprint": "of the test",
            **fields,
        },
    )


def fail(
    connection: Connection,
    count: int,
    *,
    reason: Reason = Reason.REFUSED,
    sentence: str = "Business Validation Error: customer “{name}” has no tax number.",
    code: str = "6000",
    **fields: Any,
) -> None:
    """So many customers whose sending was refused; `sentence` may name each."""
    like = make_customer(connection.company)
    # The manager refuses rows that no act wrote; here only their number counts.
    rows: QuerySet[Customer] = QuerySet(Customer)
    made = rows.bulk_create(
        Customer(company=like.company, name=f"Bell {like.pk}-{number}", currency=like.currency)
        for number in range(count)
    )
    records = SyncRecord.objects.bulk_create(
        SyncRecord(
            connection=connection,
            kind="customer",
            customer=each,
            wanted=1,
            state=State.NEEDS_PERSON,
            reason=reason,
            sentence=sentence.format(name=each.name),
            remedy="Give it a tax number, then send it again.",
            **fields,
        )
        for each in made
    )
    Attempt.objects.bulk_create(
        Attempt(sync_record=each, revision=1, result="refused", code=code, sentence=each.sentence)
        for each in records
    )


def heal(connection: Connection) -> None:
    SyncRecord.objects.filter(connection=connection, state=State.NEEDS_PERSON).update(
        state=State.IN_THE_BOOKS, reason="", sentence=""
    )


def rule(connection: Connection, /, **fields: Any) -> AlertRule:
    """Accountants are told by mail at once; with `address`, a chat."""
    address = fields.pop("address", "")
    given = {"company": connection.company, "how": "at_once", "role": "Accountant", **fields}
    made = AlertRule(**given)
    if address:
        made.how, made.role, made.chat_name, made.chat_address = "chat", "", "#finance", address
    made.full_clean()
    made.save()
    return made


def open_alerts() -> dict[str, Alert]:
    """By kind; one of each at most."""
    found = list(Alert.objects.filter(closed_at=None))
    by_kind = {str(each.kind): each for each in found}
    assert len(by_kind) == len(found), [str(each) for each in found]
    return by_kind


def moved(row: Any, **moments: datetime) -> None:
    """Times that only the engine writes."""
    type(row)._base_manager.filter(pk=row.pk).update(**moments)
