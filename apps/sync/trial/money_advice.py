"""Why money came back otherwise than it was sent, and what to change: by the field that differs."""

from collections.abc import Iterable

from apps.billing.models import Deposit, Payment, Refund
from apps.billing.models.places import Places
from apps.connections.models import Connection
from apps.mappings.models import Mapping
from apps.sync.trial.advice import Advice
from apps.sync.trial.compared import TrialRow
from apps.sync.trial.compared_money import Field

Subject = Mapping.Subject
ROLES: dict[str, Subject] = {
    Field.FEE_ACCOUNT: Subject.BANK_CHARGE,
    Field.FEE_TAX_ACCOUNT: Subject.INPUT_TAX,
}


def advised_of_money(
    connection: Connection, record: Payment | Refund | Deposit, rows: Iterable[TrialRow]
) -> tuple[Advice, ...]:
    """One for each field that differs, in their order; each thing to change once."""
    told = (_of(connection, record, row) for row in rows if not row.agrees)
    return tuple(dict.fromkeys(told))


def _of(connection: Connection, record: Payment | Refund | Deposit, row: TrialRow) -> Advice:
    name = connection.system_name
    said = f"{row.field}: {name} has {row.theirs or 'nothing'} instead of {row.ours or 'nothing'}."
    if row.field == Field.BANK and isinstance(record, Deposit):
        change = f"the account chosen for bank account {record.bank_account}"
        pk = record.bank_account.pk
        return Advice(sentence=said, change=change, subject=Subject.BANK_ACCOUNT, pk=pk)
    if row.field in ROLES:
        subject = ROLES[row.field]
        return Advice(sentence=said, change=f"the account of “{subject.label}”", subject=subject)
    if not isinstance(record, Deposit):
        if row.field in (Field.LIES_ON, Field.METHOD) and record.method is not None:
            return _of_method(record, said, row.field)
        if row.field == Field.CUSTOMER:
            change = f"which of their customers {record.customer} is"
            return Advice(sentence=said, change=change, record=record.customer)
    if row.field == "Exchange rate":
        return Advice(sentence=said, change=f"the exchange rate of {record}", record=record)
    return Advice(sentence=said, change=_there(row.field, name))


def _of_method(record: Payment | Refund, said: str, field: str) -> Advice:
    method = record.method
    assert method is not None, "asked of money with a method alone"
    if field == Field.METHOD:
        change = f"what payment method {method} is called there"
        return Advice(sentence=said, change=change, subject=Subject.METHOD, pk=method.pk)
    place = Places.of_company(record.company_id).on(method, record.date)
    if place is not None:
        change = f"the account chosen for payments by {place}"
        return Advice(sentence=said, change=change, subject=Subject.PLACE_ACCOUNT, pk=place.pk)
    change = f"the account chosen for payments by {method}"
    return Advice(sentence=said, change=change, subject=Subject.METHOD_ACCOUNT, pk=method.pk)


def _there(field: str, name: str) -> str:
    """What is put right over there, where no choice of ours explains it."""
    if field.startswith(Field.SET_AGAINST) or field == Field.LEFT:
        return f"whether {name} applies credits or payments by itself: switch that off there"
    if field.startswith((Field.OUT_OF, Field.BANKED)) or field == Field.LINES:
        return f"which payments and amounts the bank deposit holds in {name}"
    if field == "Date":
        return f"the date format and the closing date of {name}"
    return f"what was changed in {name}: a rule or another app there may have done it"
