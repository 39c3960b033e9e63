"""Choosing what something of ours is called over there, and what is still to be chosen."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction

from apps import mappings
from apps.billing.changes import maker
from apps.billing.models import Invoice, InvoiceLine, Item, PaymentMethod, PaymentTerm
from apps.connections.models import Connection
from apps.connectors.port import CodeKind, Role
from apps.mappings.fingerprint import refresh
from apps.mappings.look_up import Mappings
from apps.mappings.models import Mapping, RemoteCode

Subject = Mapping.Subject
Thing = Item | PaymentMethod | PaymentTerm

KINDS: dict[str, CodeKind] = {
    Subject.INCOME: CodeKind.ACCOUNT,
    Subject.ITEM_ACCOUNT: CodeKind.ACCOUNT,
    Subject.METHOD_ACCOUNT: CodeKind.ACCOUNT,
    Subject.METHOD: CodeKind.PAYMENT_METHOD,
    Subject.TERM: CodeKind.TERM,
}
# An account with one of these never takes the sales of an item, whatever else it may serve as.
NEVER_SALES = frozenset({Role.RECEIVABLE, Role.BANK, Role.CLEARING})


def set_mapping(
    connection: Connection,
    subject: str,
    *,
    code: RemoteCode,
    item: Item | None = None,
    payment_method: PaymentMethod | None = None,
    payment_term: PaymentTerm | None = None,
) -> Mapping:
    """Choose `code` for one thing of ours (none of them: the default sales account).

    Raises `ValidationError` with a sentence for staff. A change of a mapping that the test invoice
    of a live connection relied on pauses the connection. Who chose is `made_by`'s user.
    """
    _refuse_foreign(connection, code, item or payment_method or payment_term)
    _refuse_unfit(subject, code, payment_method)
    with transaction.atomic():
        # The row is locked first: two people choosing at once must each see the other's choice,
        # or the fingerprint written last would miss one of them.
        connection = Connection.objects.select_for_update().get(pk=connection.pk)
        found = Mapping.objects.filter(
            connection=connection,
            subject=subject,
            item=item,
            payment_method=payment_method,
            payment_term=payment_term,
        ).first()
        if found is not None and found.code_id == code.pk:
            return found
        chosen = found or Mapping(
            connection=connection,
            subject=subject,
            item=item,
            payment_method=payment_method,
            payment_term=payment_term,
            first_code=_booked_so_far(connection, item),
        )
        if found is not None and found.first_code_id is None:
            chosen.first_code = found.code
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Missing:
    """A choice that is still to be made. `key` is what a record waits for ("mapping:item:12")."""

    subject: str
    thing: Thing | None
    key: str
    sentence: str

    def __str__(self) -> str:
        return self.sentence


def missing(connection: Connection, invoices: Iterable[Invoice] | None = None) -> list[Missing]:
    """Every mapping without which something could not be sent, all at once and before any call.

    With `invoices`: what these need. Without: what the active items and the payment methods whose
    money Tieout records need. Payment terms and the name of a method may stay unmapped: the due
    date and the money are sent all the same.
    """
    known = Mappings.of(connection)
    if invoices is None:
        items = Item.objects.filter(company=connection.company_id, active=True)
        methods = list(
            PaymentMethod.objects.filter(
                company=connection.company_id,
                active=True,
                recorded_by=PaymentMethod.RecordedBy.TIEOUT,
            )
        )
        needs_default = False
    else:
        lines = InvoiceLine.objects.filter(document__in=[invoice.pk for invoice in invoices])
        items = Item.objects.filter(pk__in=lines.values("item"))
        methods = []
        needs_default = lines.filter(item=None).exists()
    found = [_item_missing(connection, known, item) for item in items]
    if needs_default and known.income_account(None) is None:
        found.append(_default_missing(connection, known))
    found += [_method_missing(connection, known, method) for method in methods]
    return [each for each in found if each is not None]


def _refuse_foreign(connection: Connection, code: RemoteCode, thing: Thing | None) -> None:
    if code.connection_id != connection.pk:
        raise ValidationError(f"{code} belongs to other books than {connection}.")
    if thing is not None and thing.company_id != connection.company_id:
        raise ValidationError(f"{thing} belongs to another company than {connection}.")


def _refuse_unfit(subject: str, code: RemoteCode, method: PaymentMethod | None) -> None:
    if subject not in KINDS:
        raise ValidationError(f"“{subject}” is nothing that can be mapped.")
    if code.kind != KINDS[subject]:
        raise ValidationError(
            f"{code} is of the kind “{_in_words(code.kind)}”, and a “{_in_words(KINDS[subject])}” is needed here."
        )
    if not code.active:
        raise ValidationError(f"{code} is inactive over there. Choose an active one.")
    refusal = _ROLE_RULES.get(subject, _any_role)(code, method)
    if refusal:
        raise ValidationError(refusal)


def _sales_of_item(code: RemoteCode, _: PaymentMethod | None) -> str:
    roles = set(code.roles)
    if roles & NEVER_SALES or not roles & {Role.INCOME, Role.LIABILITY}:
        return (
            f"{code} cannot take the sales of an item: choose an income account, or a liability "
            "for retainers, vouchers and deferred income."
        )
    return ""


def _sales_by_default(code: RemoteCode, _: PaymentMethod | None) -> str:
    if set(code.roles) & NEVER_SALES or Role.INCOME not in code.roles:
        return f"{code} cannot be the sales account by default: choose an income account."
    return ""


def _money_of_method(code: RemoteCode, method: PaymentMethod | None) -> str:
    if method is None:
        return "Say which payment method this account is for."
    if method.posts_to == PaymentMethod.PostsTo.BANK and Role.BANK not in code.roles:
        return f"{method} posts to a bank account, and {code} is none."
    if method.posts_to == PaymentMethod.PostsTo.CLEARING and Role.CLEARING not in code.roles:
        return f"{method} posts to a clearing account until it is banked, and {code} is none."
    if code.currency and code.currency != method.currency:
        return f"{method} is in {method.currency}, and {code} is kept in {code.currency}."
    return ""


def _any_role(_: RemoteCode, __: PaymentMethod | None) -> str:
    return ""


_ROLE_RULES: dict[str, Callable[[RemoteCode, PaymentMethod | None], str]] = {
    Subject.INCOME: _sales_by_default,
    Subject.ITEM_ACCOUNT: _sales_of_item,
    Subject.METHOD_ACCOUNT: _money_of_method,
}


def _in_words(kind: str) -> str:
    return kind.replace("_", " ")


def _booked_so_far(connection: Connection, item: Item | None) -> RemoteCode | None:
    """The default account, for an item that was there when the test invoice matched."""
    tested_at = connection.trial_matched_at
    if item is None or tested_at is None or item.created_at > tested_at:
        return None
    return Mappings.of(connection).income_account(None)


def _item_missing(connection: Connection, known: Mappings, item: Item) -> Missing | None:
    if known.income_account(item) is not None:
        return None
    name = connection.system_name
    own = known.codes.get((Subject.ITEM_ACCOUNT, item.pk))
    sentence = (
        f"{own}, the {name} account for the sales of item {item}, is inactive there. Choose another."
        if own
        else f"No {name} account is chosen for the sales of item {item}, and there is no default."
    )
    return Missing(
        subject=Subject.ITEM_ACCOUNT, thing=item, key=f"mapping:item:{item.pk}", sentence=sentence
    )


def _default_missing(connection: Connection, known: Mappings) -> Missing:
    name = connection.system_name
    old = known.codes.get((Subject.INCOME, None))
    sentence = (
        f"{old}, the default {name} sales account, is inactive there. Choose another."
        if old
        else f"No default {name} sales account is chosen, and some lines have no item."
    )
    return Missing(subject=Subject.INCOME, thing=None, key="mapping:income", sentence=sentence)


def _method_missing(
    connection: Connection, known: Mappings, method: PaymentMethod
) -> Missing | None:
    if known.method_account(method) is not None:
        return None
    name = connection.system_name
    old = known.codes.get((Subject.METHOD_ACCOUNT, method.pk))
    sentence = (
        f"{old}, the {name} account for payments by {method}, is inactive there. Choose another."
        if old
        else f"No {name} account is chosen for payments by {method}."
    )
    return Missing(
        subject=Subject.METHOD_ACCOUNT,
        thing=method,
        key=f"mapping:method:{method.pk}",
        sentence=sentence,
    )
