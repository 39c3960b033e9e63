"""Odd requests at every address: what no browser sends and an attacker does, and what is answered.

Each is asked in a transaction that is rolled back, so that the next meets the same world. What a page
shows (the names of its fields and what stands in them, its links) is what the next requests are made of.
"""

import re
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from random import Random
from typing import Any, Final
from unittest import mock
from urllib.parse import parse_qsl, quote, quote_plus, urlsplit

from django.contrib import admin
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.signals import got_request_exception
from django.db import transaction
from django.test import Client
from django.urls import URLResolver, get_resolver

from apps.staff.models import User

MOST_CPU: Final = 2.0  # seconds of CPU that one request may take
LEFT_OUT: Final = ("static/",)
PARAMETER = re.compile(r"<(?:(\w+):)?(\w+)>|\(\?P<\w+>[^()]*(?:\([^()]*\)[^()]*)*\)|\([^?][^()]*\)")

# As they stand in an address or a form, percent signs and all.
ODD: Final = (
    "", " ", "0", "-1", "1", "2", "999999999999999999999", "1" + "0" * 30, "-9223372036854775809",
    "9223372036854775808", "2147483648", "1e400", "NaN", "Infinity", "-0", "1.5", "1,5", "٣", "½", "²",
    "x", "None", "null", "true", "[]", "{}", "%00", "a%00b", "%FF%FE", "%ED%A0%80", "%F0%9F%92%A9",
    "%C2%A0", "%E2%80%8B", "%0d%0aX: y", "..%2f..%2fetc%2fpasswd", "%25s", "{0}", "${7*7}", "{{7*7}}",
    "'", '"', "' OR 1=1 --", "<script>", "2026-02-30", "31/31/2026", "0000-00-00", "9999-12-31",
    "10000-01-01", "1 Foo 2026", "2026-11-28", "28 Nov 2026", "2026-11-28T99:99", "Z" * 5000, "A,B,C",
    "1,2,3", "a" * 300, "00000000-0000-0000-0000-000000000000", "(" * 200, "\\", "%", "%zz", "+", "&",
    "=", "http://169.254.169.254/", "//evil.example", "javascript:1", "admin", "a.b.c",
)  # fmt: skip
NAMES: Final = (
    "q", "o", "p", "e", "all", "_popup", "_to_field", "_changelist_filters", "_format", "_columns", "as",
    "company", "next", "kind", "source", "file", "headings", "name", "on", "start", "end", "page", "id",
    "id__exact", "pk", "pk__in", "id__in", "id__regex", "id__gte", "company__id__exact", "company__isnull",
    "name__regex", "password__startswith", "created_at__gte", "created_at__year", "status__exact", "x__y",
    "at_from", "at_to", "started_at_from", "issue_date_from", "issue_date_to", "open", "stands", "decided",
    "%00", "", "a[b]", "_carried", "once", "one_time_key", "opened_at", "term", "app_label", "model_name",
    "field_name", "_saveasnew", "_continue", "action", "_selected_action", "select_across", "index",
    "known_on", "column", "columns", "state", "code", "error", "realmId", "show", "until",
)  # fmt: skip
ORDERS: Final = (
    "x",
    "-1",
    "1.2.3",
    "99",
    "-",
    ".",
    "1.-1",
    "9" * 400,
    "1.",
    "%00",
    "0",
    "1.1.1.1.1",
)


class _Page(HTMLParser):
    """The names and values of a page's fields, and the queries of its links."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: list[tuple[str, str]] = []
        self.asked: set[tuple[str, str]] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag in ("input", "select", "textarea", "button") and found.get("name"):
            self.fields.append((found["name"], found.get("value", "")))
        if tag == "option" and self.fields and found.get("value"):
            self.fields.append((self.fields[-1][0], found["value"]))
        if tag == "a" and "?" in found.get("href", ""):
            self.asked.update(parse_qsl(urlsplit(found["href"]).query, keep_blank_values=True))


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """One request: who asked, how, and with what."""

    who: str
    method: str
    path: str
    query: str = ""
    body: bytes = b""
    content_type: str = "application/x-www-form-urlencoded"

    def __str__(self) -> str:
        told = f"{self.who or 'nobody'}: {self.method} {self.path}"
        told += f"?{self.query[:300]}" if self.query else ""
        return f"{told} {self.body[:300]!r}" if self.body else told


@dataclass(kw_only=True)
class Found:
    """What came of it."""

    requests: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    # By the place where the product's own code raised: how often, and the first that did.
    faults: dict[str, list[Asked]] = field(default_factory=dict)
    slow: list[tuple[float, Asked]] = field(default_factory=list)
    slowest: float = 0.0

    def told(self) -> str:
        lines = [f"{self.requests:,} requests; slowest {self.slowest:.2f} s of CPU"]
        lines += [f"  {status}: {count:,}" for status, count in sorted(self.statuses.items())]
        for place, asked in sorted(self.faults.items(), key=lambda each: -len(each[1])):
            lines.append(f"{len(asked)} × {place}\n    {asked[0]}")
        lines += [f"{seconds:.1f} s: {asked}" for seconds, asked in self.slow]
        return "\n".join(lines)


class Fuzzer:
    """Asks at every address of the map, as each of `people` and as nobody.

    `keys` names a record for each model, by "app_model"; the last of `people` sees most.
    """

    def __init__(self, people: dict[str, User], keys: dict[str, Any], seed: int) -> None:
        self.random = Random(seed)
        self.keys = keys
        self.patterns = list(addresses())
        self.found = Found()
        self.clients = {"": Client(raise_request_exception=False)}
        for name, person in people.items():
            self.clients[name] = Client(raise_request_exception=False)
            self.clients[name].force_login(person)
        self.cookies = {
            name: {key: each.value for key, each in client.cookies.items()}
            for name, client in self.clients.items()
        }
        self.pages: dict[str, _Page] = {}
        self._raised: list[str] = []

    def run(self, count: int) -> Found:
        got_request_exception.connect(self._note)
        # Nothing of this leaves the host.
        away = mock.patch("requests.Session.send", side_effect=ConnectionError("no way out"))
        try:
            with away:
                for place in range(self.found.requests, self.found.requests + count):
                    # In turn, and not in order: a short run meets some of each part of the house.
                    pattern, name = self.patterns[(place * 7919) % len(self.patterns)]
                    self._ask(pattern, self._made(pattern, name))
        finally:
            got_request_exception.disconnect(self._note)
        return self.found

    # --- making -------------------------------------------------------------------------------

    def _made(self, pattern: str, name: str) -> Asked:
        pick = self.random
        page = self.pages.get(pattern)
        if page is None:  # seen first as it is meant, by whoever sees most
            return Asked(
                who=list(self.clients)[-1], method="GET", path=self._path(pattern, name, 0)
            )
        who = pick.choice(list(self.clients))
        path = self._path(pattern, name, 0.25)
        query = self._query(page) if pick.random() < 0.8 else ""
        if pick.random() < 0.5:
            return Asked(who=who, method="GET", path=path, query=query)
        method = pick.choice(["POST"] * 12 + ["PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"])
        body, content_type = self._body(page)
        query = query if pick.random() < 0.3 else ""
        return Asked(
            who=who, method=method, path=path, query=query, body=body, content_type=content_type
        )

    def _path(self, pattern: str, name: str, odd: float) -> str:
        key = next((str(pk) for of, pk in self.keys.items() if name.startswith(f"{of}_")), "1")

        def value(found: re.Match[str]) -> str:
            if self.random.random() >= odd:
                return key
            return quote(self.random.choice(ODD)[:200], safe="%")

        return "/" + PARAMETER.sub(
            value, pattern.replace("^", "").replace("$", "").replace("\\Z", "")
        )

    def _value(self, name: str = "") -> str:
        if name == "o" and self.random.random() < 0.7:
            return self.random.choice(ORDERS)
        odd = self.random.choice(ODD)
        return odd if "%" in odd else quote_plus(odd)

    def _query(self, page: _Page | None) -> str:
        pick, parts = self.random, []
        known = sorted(page.asked) if page else []
        for _ in range(pick.randint(1, 4)):
            if known and pick.random() < 0.6:
                name, value = pick.choice(known)
                value = quote_plus(value) if pick.random() < 0.3 else self._value(name)
                name = quote_plus(name)
            else:
                name = pick.choice(NAMES)
                value = self._value(name)
            if pick.random() < 0.1:
                name += pick.choice(
                    ["__regex", "__in", "__isnull", "__gte", "__year", "__x", "__exact"]
                )
            parts.append(f"{name}={value}" if pick.random() < 0.95 else name)
        if pick.random() < 0.2:
            parts.append(pick.choice(parts))
        return "&".join(parts)

    def _body(self, page: _Page | None) -> tuple[bytes, str]:
        pick = self.random
        kind = pick.random()
        if kind < 0.05:
            return pick.choice(
                [b"{", b"[1]", b"\x00", b"\xff\xfe", b"null", b'{"a":1e999}']
            ), "application/json"
        if kind < 0.08:
            return b"--x\r\nbroken", "multipart/form-data; boundary=x"
        fields = self._fields(page)
        if kind < 0.2:
            return self._multipart(fields)
        text = "&".join(f"{quote_plus(name)}={value}" for name, value in fields)
        return text.encode("ascii", "replace"), "application/x-www-form-urlencoded"

    def _fields(self, page: _Page | None) -> list[tuple[str, str]]:
        """As the page has them, with one, two or all of them odd, missing or doubled."""
        pick = self.random
        shown = list(page.fields) if page and page.fields else [(each, "") for each in NAMES[:8]]
        pick.shuffle(shown)
        first: dict[str, str] = {}
        for name, value in shown:
            if not first.get(name):
                first[name] = value
        fields = [(name, quote_plus(value)) for name, value in first.items()]
        wrong = pick.choice([1, 1, 2, 3, len(fields)])
        for place in pick.sample(range(len(fields)), min(wrong, len(fields))):
            fields[place] = (fields[place][0], self._value())
        if "one_time_key" in first and pick.random() < 0.8:
            fields.append(("one_time_key", f"fuzz{pick.getrandbits(100):030x}"))
        fate = pick.random()
        if fate < 0.2 and fields:
            fields.pop(pick.randrange(len(fields)))
        elif fate < 0.3 and fields:
            fields.append((pick.choice(fields)[0], self._value()))
        elif fate < 0.35:
            fields.append((pick.choice(NAMES), self._value()))
        return fields

    def _multipart(self, fields: list[tuple[str, str]]) -> tuple[bytes, str]:
        from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

        pick = self.random
        data: dict[str, Any] = {name: value for name, value in fields if name}
        content = pick.choice(
            [b"", b"\x00" * 40, b"a,b\r\n1,2\r\n", b"PK\x03\x04broken", b"\xff" * 99]
        )
        where = pick.choice([*(data or {"file": ""}), "file"])
        data[where] = SimpleUploadedFile(
            pick.choice(["a.csv", "a.xlsx", "../x", "a\x00b", "é.pdf"]), content
        )
        return encode_multipart(BOUNDARY, data), MULTIPART_CONTENT

    # --- asking -------------------------------------------------------------------------------

    def _ask(self, pattern: str, asked: Asked) -> None:
        client = self.clients[asked.who]
        client.cookies.clear()
        for name, value in self.cookies[asked.who].items():
            client.cookies[name] = value
        self._raised.clear()
        began = time.process_time()
        try:
            with transaction.atomic():
                answer = client.generic(
                    asked.method, asked.path, asked.body, asked.content_type,
                    QUERY_STRING=asked.query,
                )  # fmt: skip
                shown = b"".join(answer.streaming_content) if answer.streaming else answer.content
                raise _RollBack
        except _RollBack:
            pass
        took = time.process_time() - began
        self._keep(pattern, asked, answer, shown, took)

    def _keep(self, pattern: str, asked: Asked, answer: Any, shown: bytes, took: float) -> None:
        found = self.found
        found.requests += 1
        found.statuses[answer.status_code] += 1
        found.slowest = max(found.slowest, took)
        if took > MOST_CPU:
            found.slow.append((took, asked))
        # 503 is said on purpose, of a ledger or a database that does not answer.
        if answer.status_code == 500 or self._raised:
            place = self._raised[0] if self._raised else f"{asked.path} answered 500"
            found.faults.setdefault(place, []).append(asked)
        if asked.method == "GET" and pattern not in self.pages:
            self.pages[pattern] = page = _Page()
            if answer.status_code == 200 and b"<html" in shown[:2000]:
                page.feed(shown.decode("utf-8", "replace"))

    def _note(self, sender: object, **_: Any) -> None:
        lines = traceback.format_exc().splitlines()
        ours = [each.strip() for each in lines if "/apps/" in each and "File" in each]
        files = [each.strip() for each in lines if each.startswith("  File")]
        place = ours[-1].partition("/apps/")[2] if ours else files[-1][-120:] if files else "?"
        self._raised.append(f"{lines[-1][:200]} — {place}")


class _RollBack(Exception):
    """Takes back what a request did."""


def addresses() -> Iterator[tuple[str, str]]:
    """(pattern, name) of every address of the map."""

    def walk(resolver: Any, before: str) -> Iterator[tuple[str, str]]:
        for each in resolver.url_patterns:
            pattern = before + str(each.pattern)
            if isinstance(each, URLResolver):
                yield from walk(each, pattern)
            elif not pattern.startswith(LEFT_OUT):
                yield pattern, each.name or ""

    yield from walk(get_resolver(), "")


def keys_of(records: dict[type, Any]) -> dict[str, Any]:
    """A record's key for each model that has screens, by "app_model"; longer names first."""
    found = {
        f"{model._meta.app_label}_{model._meta.model_name}": records[model].pk
        for model in admin.site._registry
        if model in records
    }
    return dict(sorted(found.items(), key=lambda each: -len(each[0])))
