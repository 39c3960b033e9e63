"""Lists of the screens as exports that come by themselves: as their owner sees them."""

from collections.abc import Mapping
from typing import IO, Any

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, QueryDict

from apps.backoffice.frame.exporting import FORMATS, OURS, CsvFile, ExportsAsShown
from apps.billing.sight import only_of
from apps.exchange.exports.writing import CannotBeWritten, Tally, csv_chunks, write_xlsx
from apps.exchange.models import ScheduledExport, ScheduleRun
from apps.exchange.schedules.makers import CannotBeMade, Made
from apps.exchange.schedules.periods import day_before


class ListExport:
    """`choice`: `list` ("app.model"), `query` (filters, search and order, as in its address) and
    `columns` (names; none: those that the list shows)."""

    formats: Mapping[str, str] = {name: kind().get_title() for name, kind in FORMATS.items()}
    tells_days = False

    def words(self, schedule: ScheduledExport) -> str:
        screen = screen_of(schedule.choice["list"])
        return f"List: {screen.words}"

    def needs(self, schedule: ScheduledExport) -> frozenset[str]:
        app, _, model = schedule.choice["list"].partition(".")
        return frozenset({f"{app}.view_{model}"})

    def make(self, run: ScheduleRun, into: IO[bytes]) -> Made:
        schedule = run.schedule
        screen, kind = screen_of(schedule.choice["list"]), FORMATS[schedule.format]()
        headings, rows = self._table(screen, schedule)
        tally = Tally()
        if isinstance(kind, CsvFile):
            for chunk in csv_chunks(headings, rows, kind.style, tally):
                into.write(chunk)
        else:
            try:
                write_xlsx(into, screen.words, headings, rows, tally)
            except CannotBeWritten as refusal:
                raise CannotBeMade(str(refusal)) from refusal
        name = f"{screen.words.lower().replace(' ', '-')}-{day_before(run)}.{kind.get_extension()}"
        return Made(name=name, content_type=kind.get_content_type(), is_empty=not tally.rows)

    def _table(self, screen: Any, schedule: ScheduledExport) -> Any:
        request = HttpRequest()
        request.method, request.user = "GET", schedule.owner
        request.GET = QueryDict(schedule.choice["query"])
        try:
            return screen.export_as_asked(
                request,
                schedule.choice["columns"],
                only_of(schedule.company, schedule.owner, screen.model),
            )
        except PermissionDenied as refusal:
            raise CannotBeMade(f"{schedule.owner} may not export this list.") from refusal
        except (IncorrectLookupParameters, DisallowedModelAdminLookup, LookupError) as refusal:
            raise CannotBeMade(
                "The list has these filters or columns no more. Open it, choose them anew, and then "
                "“Repeat this” on its page Export."
            ) from refusal


def screen_of(label: str) -> Any:
    """The screen of a list. Raises LookupError where there is none."""
    screen = admin.site._registry[apps.get_model(label)]
    if not isinstance(screen, ExportsAsShown):
        raise LookupError(label)
    return screen


def choice_of(source: str) -> dict[str, Any]:
    """What a list's address, "app.model?query", comes to. Raises LookupError, ValueError."""
    label, _, query = source.partition("?")
    screen_of(label)
    asked = QueryDict(query, mutable=True)
    columns = asked.getlist("_columns")
    for name in (*OURS, "p"):
        asked.pop(name, None)
    return {"list": label, "query": asked.urlencode(), "columns": columns}
