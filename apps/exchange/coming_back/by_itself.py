"""The folders of what comes back, looked at by themselves.

A file may be half written when it is looked at, and half a payment is another payment: it is taken
once it is the same at two looks. What it holds is then judged as if a person had brought it; what asks,
or is not taken, waits for one.
"""

import hashlib
from typing import Final

from django.db.models import Q
from django_q.tasks import async_task

from apps.connections.clock import now
from apps.connections.models import BroughtFile, BroughtRow, Connection, FolderLook, Grant
from apps.connectors.access import Mailbox
from apps.connectors.errors import ConnectorError
from apps.connectors.registry import systems
from apps.exchange.coming_back.bringing import bring
from apps.exchange.coming_back.from_folder import Lying, lying
from apps.exchange.tables.port import FileRefused

EVERY: Final = 5  # minutes
TASK: Final = "apps.exchange.coming_back.by_itself.look"


def look_at_all() -> str:
    """Queue a look at the folder of each live connection that has one and runs by schedule."""
    with_files = [name for name, each in systems().items() if isinstance(each.access, Mailbox)]
    rows = Connection.objects.filter(
        ~Q(grant__address=""),
        system__in=with_files,
        stage=Connection.Stage.LIVE,
        by_schedule=True,
        grant__status=Grant.Status.ACTIVE,
    )
    keys = list(rows.order_by("pk").values_list("pk", flat=True))
    for key in keys:
        async_task(TASK, key)
    return f"{len(keys)} folders"


def look(connection_id: int) -> str:
    """Take what is whole and not settled yet; what stands in the way is kept for staff to see."""
    connection = Connection.objects.select_related("company", "grant").get(pk=connection_id)
    row, _ = FolderLook.objects.get_or_create(connection=connection)
    seen: dict[str, str] = {}
    problems: list[list[str]] = []
    count = 0
    try:
        for each in lying(connection):
            sha256 = seen[each.path] = hashlib.sha256(each.content).hexdigest()
            if row.seen.get(each.path) != sha256 or _is_settled(connection, each, sha256):
                continue
            try:
                bring(connection, each.sort, each.name, each.content, None)
                count += 1
            except FileRefused as refusal:
                problems.append([each.name, str(refusal)])
    except ConnectorError as trouble:
        problems.append(["", f"{trouble.sentence} {trouble.remedy}".strip()])
        seen = row.seen | seen
    row.looked_at, row.seen, row.problems = now(), seen, problems
    row.save()
    return f"{len(seen)} files, {count} looked through, {len(problems)} problems"


def problems_of(connection: Connection) -> list[tuple[str, str]]:
    """(file, sentence) of the last look; of the folder itself the file is ""."""
    found = FolderLook.objects.filter(connection=connection).first()
    return [(name, sentence) for name, sentence in found.problems] if found is not None else []


def _is_settled(connection: Connection, each: Lying, sha256: str) -> bool:
    """Brought already, and nothing of it is to be judged anew: what a person decides asks on."""
    brought = BroughtFile.objects.filter(connection=connection, sort=each.sort, sha256=sha256)
    refused = BroughtRow.objects.filter(brought__in=brought, state=BroughtRow.State.REFUSED)
    return brought.exists() and not refused.exists()
