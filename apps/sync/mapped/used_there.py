"""What their own latest invoices bear: how often each account, tax code and term was used there."""

from collections import Counter

from apps.connections.lifecycle import open_connector
from apps.connections.models import Connection
from apps.connectors.port import CodeKind
from apps.connectors.snapshots import InvoiceSnapshot, Kind
from apps.sync.models import RemoteRecord

LATEST = 60


Code = tuple[str, str]  # kind and their id


def used_there(connection: Connection) -> tuple[Counter[Code], int]:
    """By code of theirs, on how many of their latest invoices it stands; and how many were
    looked at. One query, no call: what was read before."""
    rows = RemoteRecord.objects.filter(
        connection=connection,
        of_kind=Kind.INVOICE,
        part="",
        gone=False,
        retired=False,
        void=False,
        unreadable="",
    ).order_by("-dated", "-pk")[:LATEST]
    connector = open_connector(connection)
    found: Counter[Code] = Counter()
    looked_at = 0
    for row in rows:
        read = connector.parse(row.kind, row.raw).snapshot
        if not isinstance(read, InvoiceSnapshot):
            continue
        looked_at += 1
        named = {(CodeKind.TERM.value, read.terms_id)}
        for line in read.lines:
            named |= {
                (CodeKind.ACCOUNT.value, line.account_id),
                (CodeKind.TAX_CODE.value, line.tax_code_id),
            }
        found.update(each for each in named if each[1])
    return found, looked_at
