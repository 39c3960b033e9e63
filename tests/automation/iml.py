"""As much of Make's language and engine as the app needs, so that its requests are really sent.

Written from the vendor's documentation (developers.make.com, “IML functions”, “Communication”): what is
in `{{ }}` is worked out, alone it keeps its type, what has no value is left out, and a key `{{...}}`
takes in all of a collection. What the app must not use raises KeyError.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import requests

APP: Final = Path(__file__).resolve().parents[2] / "docs/automation/make"
TOKEN: Final = re.compile(r"\s*(?:(?P<text>'[^']*')|(?P<name>[a-zA-Z_][\w.]*)|(?P<sign>[(),]))")
NOTHING: Final = object()  # a value that is not there


def _omit(of: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in of.items() if name not in names}


def _map(of: list[Mapping[str, Any]], name: str) -> list[Any]:
    return [each[name] for each in of if name in each]


FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    "omit": _omit,
    "ifempty": lambda value, other: other if value in (NOTHING, None, "") else value,
    "sha256": lambda value: hashlib.sha256(str(value).encode()).hexdigest(),
    "map": _map,
    "join": lambda of, between: between.join(map(str, of)),
    "toCollection": lambda of, key, value: {each[key]: each[value] for each in of or ()},
}


def worked_out(value: Any, knows: Mapping[str, Any]) -> Any:
    """A template with what it knows: texts, lists and objects of them."""
    if isinstance(value, dict):
        made: dict[str, Any] = {}
        for name, each in value.items():
            given = worked_out(each, knows)
            if name == "{{...}}":
                made |= {} if given is NOTHING else given
            elif given is not NOTHING:
                made[name] = given
        return made
    if isinstance(value, list):
        return [worked_out(each, knows) for each in value]
    if not isinstance(value, str):
        return value
    parts = re.split(r"\{\{(.*?)\}\}", value)
    if len(parts) == 3 and not parts[0] and not parts[2]:
        return _expression(parts[1], knows)
    for place in range(1, len(parts), 2):
        found = _expression(parts[place], knows)
        parts[place] = "" if found in (NOTHING, None) else str(found)
    return "".join(parts)


def _expression(text: str, knows: Mapping[str, Any]) -> Any:
    tokens = [match.lastgroup and match for match in TOKEN.finditer(text)]
    assert "".join(each.group() for each in tokens) == text.rstrip(), f"not understood: {text}"
    rest = iter([(each.lastgroup, each.group(each.lastgroup)) for each in tokens])
    return _value(next(rest), rest, knows)[0]


def _value(token: Any, rest: Iterator[Any], knows: Mapping[str, Any]) -> tuple[Any, Any]:
    """And the token that follows."""
    kind, text = token
    following = next(rest, (None, ""))
    if kind == "text":
        return text[1:-1], following
    if following[1] != "(":
        return _at(text, knows), following
    given = []
    while following[1] != ")":
        value, following = _value(next(rest), rest, knows)
        given.append(value)
    return FUNCTIONS[text](*given), next(rest, (None, ""))


def _at(path: str, knows: Any) -> Any:
    first, *names = path.split(".")
    found = knows[first]  # a variable that Make does not know there is a fault of the app
    for name in names:
        found = found.get(name, NOTHING) if isinstance(found, Mapping) else NOTHING
    return found


class MakeError(Exception):
    """What somebody reads in a scenario; `kind` is what Make makes of it."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind, self.message = kind, message


def read(path: str) -> Any:
    return json.loads((APP / path).read_text(encoding="utf-8"))


class MakeApp:
    """The app, connected."""

    def __init__(self, address: str, key: str) -> None:
        self.app = read("makecomapp.json")["components"]
        self.base = read("general/base.iml.json")
        self.connection = {"address": address, "apiKey": key}

    def connect(self) -> str:
        """What the connection is called."""
        asked = self._code("connection", "tieout", "communication")
        answer = self._send(asked, {"parameters": self.connection}, base={})
        return str(worked_out(asked["response"]["metadata"]["value"], answer))

    def choices(self, rpc: str) -> list[Any]:
        return self._run([self._code("rpc", rpc, "communication")], {})

    def attach(self, webhook: str, url: str, **parameters: Any) -> dict[str, Any]:
        """What Make keeps of the webhook."""
        asked = self._code("webhook", webhook, "attach")
        answer = self._send(asked, {"parameters": parameters, "webhook": {"url": url}})
        kept: dict[str, Any] = worked_out(asked["response"]["data"], answer)
        return kept

    def detach(self, webhook: str, kept: Mapping[str, Any]) -> None:
        self._send(self._code("webhook", webhook, "detach"), {"webhook": kept})

    def given(self, webhook: str, body: Any) -> Any:
        """The bundle that a delivery becomes."""
        return worked_out(self._code("webhook", webhook, "communication")["output"], {"body": body})

    def run(self, module: str, **parameters: Any) -> list[Any]:
        """The bundles that a module gives."""
        asked = self._code("module", module, "communication")
        return self._run(asked if isinstance(asked, list) else [asked], parameters)

    def _run(self, chain: list[Any], parameters: Mapping[str, Any]) -> list[Any]:
        knows: dict[str, Any] = {"parameters": parameters, "temp": {}}
        bundles: list[Any] = []
        for asked in chain:
            answer = self._send(asked, knows)
            knows["temp"] |= worked_out(asked["response"].get("temp", {}), answer)
            if "output" in asked["response"]:
                bundles = list(self.bundles(asked, {**knows, **answer}))
        return bundles

    def bundles(self, asked: Any, knows: Mapping[str, Any]) -> Iterator[Any]:
        """Of a request whose answer is known, and of the pages that follow."""
        response = asked["response"]
        if "iterate" not in response:
            yield worked_out(response["output"], knows)
            return
        left = int(worked_out(response.get("limit", 10**6), knows))
        while True:
            for item in worked_out(response["iterate"], knows):
                if left == 0:
                    return
                left -= 1
                yield worked_out(response["output"], {**knows, "item": item})
            page = asked.get("pagination")
            if page is None or not worked_out(page["condition"], knows):
                return
            assert page["mergeWithParent"] is False, "its query would be sent twice"
            knows = {**knows, **self._send(page, knows, base={"response": self.base["response"]})}

    def _send(self, asked: Any, knows: Mapping[str, Any], *, base: Any = None) -> dict[str, Any]:
        """`body`, `headers` and `statusCode` of the answer."""
        base = self.base if base is None else base
        knows = {"connection": self.connection, **knows}
        url = str(worked_out(asked["url"], knows))
        if not url.startswith("http"):
            url = str(worked_out(base["baseUrl"], knows)) + url
        body = worked_out(asked.get("body", NOTHING), knows)
        answer = requests.request(
            str(worked_out(asked.get("method", "GET"), knows)),
            url,
            params=worked_out(asked.get("qs", {}), knows),
            headers=worked_out({**base.get("headers", {}), **asked.get("headers", {})}, knows),
            json=None if body is NOTHING else body,
            allow_redirects=False,
            timeout=20,
        )
        is_json = "json" in answer.headers.get("content-type", "")
        given = {
            "body": answer.json() if is_json else {},
            "headers": dict(answer.headers),
            "statusCode": answer.status_code,
        }
        if answer.status_code >= 300:
            errors = asked.get("response", {}).get("error") or base["response"]["error"]
            error = errors.get(str(answer.status_code), errors)
            raise MakeError(
                error.get("type", "RuntimeError"), str(worked_out(error["message"], given))
            )
        return given

    def _code(self, kind: str, name: str, code: str) -> Any:
        return read(self.app[kind][name]["codeFiles"][code])
