"""What staff chose: read by the engine and the screens, and changed by a person."""

from collections.abc import Iterable, Mapping

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from apps.billing.changes import maker
from apps.billing.models import Company, Synced
from apps.connections.models import Connection
from apps.connectors.snapshots import Kind
from apps.sync.models import Side, SideRule, SyncRecord
from apps.sync.rules.fields import may_be_chosen, why_fixed
from apps.sync.wording import capital, label

Rules = Mapping[str, SideRule]  # field → the rule of which a side wins


def rules_of(connection: Connection, kind: Kind) -> Rules:
    """The fields in which a side wins by itself.

    Where books beside these win in the same field as well, neither does: both are asked, as without
    a rule. It cannot be chosen; the rows of two companies that became one might say it.
    """
    found = {
        each.field: each
        for each in SideRule.objects.filter(connection=connection, kind=kind.value)
        if each.side != Side.ASK and may_be_chosen(kind, each.field)
    }
    if any(each.side == Side.THEIRS for each in found.values()):
        beside = {each.field for each in held_beside(connection, kind)}
        found = {
            name: rule
            for name, rule in found.items()
            if rule.side != Side.THEIRS or name not in beside
        }
    return found


def held_beside(connection: Connection, kind: Kind, field: str = "") -> Iterable[SideRule]:
    """Rules by which other books of the same company win in a field of this kind."""
    rows = SideRule.objects.filter(
        connection__company=connection.company_id, kind=kind.value, side=Side.THEIRS
    ).exclude(connection=connection)
    if field:
        rows = rows.filter(field=field)
    return rows.exclude(connection__stage=Connection.Stage.DISCONNECTED).select_related(
        "connection"
    )


def held_there(subject: Synced, fields: Iterable[str]) -> list[SideRule]:
    """Rules by which books win, in which this record of ours stands, in any of these fields."""
    kind = Kind(subject.kind)
    there = Q(sent__gt=0) | Q(agreed__isnull=False)
    stands = SyncRecord.objects.filter(there, **{f"{kind.value}_id": subject.pk})
    rows = SideRule.objects.filter(
        connection__in=stands.values("connection"),
        kind=kind.value,
        field__in=list(fields),
        side=Side.THEIRS,
    ).exclude(connection__stage=Connection.Stage.DISCONNECTED)
    return list(rows.select_related("connection").order_by("connection", "field"))


def choose(connection: Connection, kind: Kind, field: str, side: Side) -> bool:
    """Let this side win in a field; whether anything changed. Who chose it is `made_by`'s user.

    Raises ValidationError, in words for staff, for a field that is fixed and where other books of
    the company win in it already.
    """
    if not may_be_chosen(kind, field):
        raise ValidationError(f"{capital(label(field))}: {why_fixed(kind, field)}")
    side = Side(side)
    with transaction.atomic():
        # Two people who let two sets of books win must see each other's choice.
        Company.locked(connection.company_id)
        rule = SideRule.objects.filter(
            connection=connection, kind=kind.value, field=field
        ).first() or SideRule(connection=connection, kind=kind.value, field=field)
        if rule.side == side:
            return False
        other = next(iter(held_beside(connection, kind, field)), None)
        if side == Side.THEIRS and other is not None:
            raise ValidationError(
                f"{capital(label(field))}: {other.connection} wins in it already. Two sets of books "
                "that both win would change it to and fro without end. Let that one ask first."
            )
        rule.side = side
        rule.changed_by_id = maker().user_id
        rule.full_clean(exclude=["changed_by"])
        rule.save()
    return True
