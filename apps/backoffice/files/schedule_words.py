"""How a scheduled export stands, in words: what an edit is held against, and what its history tells."""

import json
from collections.abc import Iterator
from urllib.parse import unquote_plus

from apps.backoffice.frame.history_words import EMPTY
from apps.backoffice.frame.versions import State
from apps.exchange.models import ScheduledExport, ScheduleHistory
from apps.exchange.printing.words import LANGUAGES
from apps.exchange.schedules.makers import CannotBeMade, maker_of
from apps.exchange.schedules.past import Change
from apps.exchange.schedules.periods import PERIODS
from apps.exchange.schedules.times import in_words


def stands(schedule: ScheduledExport) -> State:
    """By the names of the form that changes it."""
    people = sorted(schedule.people.all(), key=str) if schedule.pk else []
    every, addresses = in_words(schedule), "\n".join(schedule.addresses)
    told = {
        "name": ("Name", schedule.name),
        "kind": ("What", what_words(schedule)),
        "format": ("Format", maker_of(schedule).formats.get(schedule.format, schedule.format)),
        "every": ("How often", every),
        "people": ("Sent to people here", ", ".join(map(str, people))),
        "addresses": ("Other addresses", addresses.replace("\n", ", ")),
        "language": ("Language", LANGUAGES.get(schedule.language, "that of the company’s papers")),
        "sends_empty": ("Sent when nothing happened", "yes" if schedule.sends_empty else "no"),
        "keep_days": ("Each file is kept", f"{schedule.keep_days} days"),
    }
    state = {name: (what, words or EMPTY, words) for name, (what, words) in told.items()}
    state["address"] = (
        "Filters and columns", filter_words(schedule) or EMPTY, json.dumps(schedule.choice, sort_keys=True)
    )  # fmt: skip
    return state


def changes_between(before: State, after: State) -> Iterator[Change]:
    """In words that are told apart."""
    for name, (what, now, value) in after.items():
        _, was, value_then = before[name]
        if value != value_then:
            yield what, was, now if now != was else f"{now} (in details)"


def what_words(schedule: ScheduledExport) -> str:
    try:
        return maker_of(schedule).words(schedule)
    except CannotBeMade as refusal:
        return str(refusal)


def filter_words(schedule: ScheduledExport) -> str:
    """“stands=overdue; columns: number, who”; of a file for another system its days and choices."""
    choice = schedule.choice
    if schedule.what == "list":
        columns = f"columns: {', '.join(choice['columns'])}" if choice["columns"] else ""
        asked = unquote_plus(choice["query"]).replace("&", ", ")
        return "; ".join(filter(None, [asked, columns]))
    if schedule.what == "layout":
        beside = {name: value for name, value in choice.items() if name not in ("layout", "period")}
        words = [f"{name.replace('_', ' ')}: {_value(each)}" for name, each in beside.items()]
        return "; ".join([PERIODS[choice.get("period", "all")], *words])
    return ""


def past_words(row: ScheduleHistory) -> str:
    """“How often: Every day at 07:00 → Every Monday at 07:00”, a line for each change."""
    return "\n".join(f"{what}: {before} → {after}" for what, before, after in row.changes)


def _value(value: object) -> str:
    if value is True:
        return "yes"
    if isinstance(value, dict):
        return ", ".join(f"{key or 'none'} {each}" for key, each in value.items())
    return str(value)
