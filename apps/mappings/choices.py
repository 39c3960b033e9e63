"""Choosing what something of ours is called over there."""

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from apps import mappings
from apps.billing.changes import maker
from apps.billing.models import (
    BankAccount,
    Item,
    PaymentMethod,
    PaymentMethodPlace,
    PaymentTerm,
    TaxRate,
)
from apps.connections.models import Connection
from apps.mappings.fingerprint import refresh
from apps.mappings.fit import NEVER_SALES, Thing, unfit
from apps.mappings.look_up import Mappings
from apps.mappings.missing import Missing, missing
from apps.mappings.models import THINGS, Mapping, RemoteCode

__all__ = ["NEVER_SALES", "REASON_NEEDED", "Missing", "Thing", "missing", "set_mapping"]

# Books that documents were sent to: a mapping that is in force there is changed with a reason.
RELIED_ON = (Connection.Stage.LIVE, Connection.Stage.PAUSED)
LIES_ON = (Mapping.Subject.METHOD_ACCOUNT, Mapping.Subject.PLACE_ACCOUNT)
REASON_NEEDED = "reason_needed"  # code of the refusal of a change without one


def set_mapping(
    connection: Connection,
    subject: str,
    *,
    code: RemoteCode,
    item: Item | None = None,
    payment_method: PaymentMethod | None = None,
    method_place: PaymentMethodPlace | None = None,
    payment_term: PaymentTerm | None = None,
    tax_rate: TaxRate | None = None,
    bank_account: BankAccount | None = None,
) -> Mapping:
    """Choose `code` for one thing of ours (none of them: a role of the whole connection).

    Raises `ValidationError` with a sentence for staff. A change of a mapping that the test invoice
    of a live connection relied on needs a reason and pauses the connection; a first choice does
    neither. Who chose and why is `made_by`'s user and reason.
    """
    things: dict[str, Any] = {
        "item": item,
        "payment_method": payment_method,
        "method_place": method_place,
        "payment_term": payment_term,
        "tax_rate": tax_rate,
        "bank_account": bank_account,
    }
    assert set(things) == set(THINGS), "every thing that can be mapped has its argument"
    thing = next((each for each in things.values() if each is not None), None)
    _refuse_foreign(connection, code, thing)
    if refusal := unfit(connection, subject, code, thing):
        raise ValidationError(refusal)
    with transaction.atomic():
        # The row is locked first: two people choosing at once must each see the other's choice,
        # or the fingerprint written last would miss one of them.
        connection = Connection.objects.select_for_update().get(pk=connection.pk)
        found = Mapping.objects.filter(connection=connection, subject=subject, **things).first()
        if found is not None and found.code_id == code.pk:
            return found
        chosen = found or Mapping(
            connection=connection,
            subject=subject,
            first_code=_booked_so_far(connection, item),
            **things,
        )
        if found is not None and found.first_code_id is None:
            chosen.first_code = found.code
        if found is not None:
            _refuse_moved(connection, found)
        if found is not None or chosen.first_code_id not in (None, code.pk):
            _refuse_without_reason(connection, chosen)
        chosen.code = code
        chosen.changed_by_id = maker().user_id
        chosen.full_clean(exclude=["changed_by"])
        chosen.save()
        refresh(
            connection,
            reason=f"“{chosen.of_what()}” was changed to {code}. Send a test invoice again, then go live.",
        )
        transaction.on_commit(lambda: mappings.tell(connection.pk))
    return chosen


def _refuse_foreign(connection: Connection, code: RemoteCode, thing: Thing | None) -> None:
    if code.connection_id != connection.pk:
        raise ValidationError(f"{code} belongs to other books than {connection}.")
    if thing is not None and thing.company_id != connection.company_id:
        raise ValidationError(f"{thing} belongs to another company than {connection}.")


def _refuse_moved(connection: Connection, found: Mapping) -> None:
    """Money that went to one account lies there: the next of the same method or bank account would
    lie elsewhere, and both would count as one. An account that was closed there can be replaced."""
    if connection.stage not in RELIED_ON or not found.code.active:
        return
    since = connection.starts_on
    method, account = found.payment_method, found.bank_account
    if found.method_place is not None:
        method, since = found.method_place.method, found.method_place.since
    if found.subject in LIES_ON and method and method.is_used(since):
        raise ValidationError(
            f"Money moved by “{method}” lies on {found.code}. For another account let it post "
            "elsewhere from a day on, or make a new payment method and make this one inactive."
        )
    if account is not None and account.deposits.filter(date__gte=since or date.min).exists():
        raise ValidationError(
            f"Bank deposits into “{account}” went to {found.code}. For another account make a new "
            "bank account, and make this one inactive."
        )


def _refuse_without_reason(connection: Connection, chosen: Mapping) -> None:
    if connection.stage in RELIED_ON and not maker().reason.strip():
        raise ValidationError(
            f"Give a reason to change “{chosen.of_what()}”: documents were sent under the old one.",
            code=REASON_NEEDED,
        )


def _booked_so_far(connection: Connection, item: Item | None) -> RemoteCode | None:
    """The default account, for an item that was there when the test invoice matched."""
    tested_at = connection.trial_matched_at
    if item is None or tested_at is None or item.created_at > tested_at:
        return None
    return Mappings.of(connection).income_account(None)
