"""A company of ours whose books are a folder: the real engine over the product's own line."""

from pathlib import Path
from typing import Any

from apps.sync.models import Run
from tests.contract.live import LiveBooks
from tests.factories import make_company
from tests.journal.office import Office


class JournalBooks(LiveBooks):
    def __init__(self, root: Path) -> None:
        company = make_company()
        self.office = Office(root, company.home_currency)
        super().__init__("journal", {}, "theirs", company=company)

    def run(self, *, get: bool | None = True) -> Run:
        run = super().run(get=get)
        assert run.outcome == "done", run.sentence
        return run

    def handed(self, kind: str) -> list[dict[str, Any]]:
        """Heads of what was handed over of a kind."""
        return [each.head for each in self.office.handed_over(kind)]
