"""A company of ours whose books are a folder: the real engine over the product's own line."""

from datetime import date
from pathlib import Path
from typing import Any

from django.utils import timezone

from apps.connections.books import Asked
from apps.connections.endpoints import app_of
from apps.connections.entering import enter
from apps.connections.models import Connection
from apps.staff.models import User
from apps.sync.models import Run, SyncRecord
from apps.sync.run import run_connection
from tests.factories import make_company, make_method
from tests.journal.office import Office


class JournalBooks:
    """Connected and live from 1 January 2026."""

    def __init__(self, root: Path) -> None:
        self.company = make_company()
        self.office = Office(root, self.company.home_currency)
        self.method = make_method(self.company)
        self.fay, _ = User.objects.get_or_create(email="fay@example.com", name="Fay")
        found = enter(
            self.fay,
            Asked(company=self.company, system="journal", environment="production"),
            app_of("journal", "production"),
            {},
            "theirs",
        )
        assert isinstance(found, Connection)
        Connection.objects.filter(pk=found.pk).update(
            starts_on=date(2026, 1, 1),
            stage=Connection.Stage.LIVE,
            trial_matched_at=timezone.now(),
            trial_fingerprint="as in force",
            settings_fingerprint="as in force",
        )
        self.connection = Connection.objects.get(pk=found.pk)

    def run(self) -> Run:
        run = run_connection(self.connection.pk, get=True)
        assert run is not None, "another run has the lease, or the connection is not live"
        assert run.outcome == "done", run.sentence
        return run

    def record(self, subject: Any) -> SyncRecord:
        return SyncRecord.objects.get(connection=self.connection, **{subject.kind: subject})

    def handed(self, kind: str) -> list[dict[str, Any]]:
        """Heads of what was handed over of a kind."""
        return [each.head for each in self.office.handed_over(kind)]
