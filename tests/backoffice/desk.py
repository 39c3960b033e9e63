"""A person at a desk: opens a form before sending it, so that it bears what the page hid in it."""

from html.parser import HTMLParser
from typing import Any

from django.test import Client


class _Hidden(HTMLParser):
    """The hidden fields of each form of a page, in the order of the page."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, str]]] = []
        self._open: dict[str, str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form" and found.get("method", "").lower() == "post":
            self._open = {}
            self.forms.append((found.get("action", ""), self._open))
        hidden = tag == "input" and found.get("type") == "hidden"
        if hidden and self._open is not None and found.get("name"):
            self._open[found["name"]] = found.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None


def hidden_fields(page: str) -> list[tuple[str, dict[str, str]]]:
    """(where it goes, its hidden fields) of every form that posts."""
    parser = _Hidden()
    parser.feed(page)
    return parser.forms


OURS = ("one_time_key", "opened_at")


class Desk(Client):
    def opened(self, address: str) -> dict[str, str]:
        """What the form of this page carries unseen; {} where there is none to be opened."""
        answer = self.get(address)
        if answer.status_code != 200 or "html" not in answer.headers["Content-Type"]:
            return {}
        forms = [fields for action, fields in hidden_fields(answer.content.decode())
                 if not action and "one_time_key" in fields]  # fmt: skip
        last = forms[-1] if forms else {}
        return {name: last[name] for name in OURS if name in last}

    def post(self, path: str, data: Any = None, *args: Any, **options: Any) -> Any:
        """Send a form that was opened just now, unless `data` says what it was opened with."""
        if isinstance(data, dict | None) and not {*OURS} & {*(data or {})}:
            data = {**self.opened(path), **(data or {})}
        return super().post(path, data, *args, **options)
