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
# What a header of a request may hold, by header. A made-up length says less than there is: a server
# waits for more than arrives, and no application is asked.
HEADERS: Final[dict[str, tuple[str, ...]]] = {
    "HTTP_ACCEPT": ("", "*/*", "application/json", "text/html;q=2", "x", ",;,", "a/b" * 2000, "text/*;q=\xe9"),
    "HTTP_HOST": ("", "evil.example", "testserver:0", "testserver:99999", "a b", "[::1", "testserver.", "\xe9", "x" * 300),
    "HTTP_ACCEPT_LANGUAGE": ("", "*", "xx-" * 200, "de-DE-x-y;q=9", "../..", "ar", "%s"),
    "HTTP_ACCEPT_ENCODING": ("", "gzip;q=0", "br" * 999, "identity"),
    "HTTP_COOKIE": ("=", ";;;", "a", "a=\"\\777", "$Version=1; x=y", "__Host-sessionid=x", "csrftoken=", "messages=x",
                    "device=a:b:c", "x=" + "y" * 5000),
    "HTTP_REFERER": ("", "x", "https://evil.example/", "//", "http://[", "javascript:1"),
    "HTTP_ORIGIN": ("null", "https://evil.example", "", "http://["),
    "HTTP_AUTHORIZATION": ("", "Bearer", "Bearer ", "Bearer tie_x", "Basic eA==", "Bearer \xe9", "Bearer " + "x" * 9000),
    "HTTP_IF_MATCH": ("", "*", '"x"', "W/x", '"' + "9" * 5000 + '"'),
    "HTTP_IF_NONE_MATCH": ("*", '"x"', "x,,y"),
    "HTTP_IF_MODIFIED_SINCE": ("x", "Mon, 99 Foo 2026 00:00:00 GMT", "9" * 400),
    "HTTP_RANGE": ("bytes=0-0", "bytes=-1", "bytes=9-1,2-", "x"),
    "HTTP_IDEMPOTENCY_KEY": ("", "x", "\xe9", "k" * 5000),
    "HTTP_X_FORWARDED_FOR": ("", "x", "1.2.3.4, ::1", "," * 500, "999.1.1.1"),
    "HTTP_X_FORWARDED_PROTO": ("https", "", "x"),
    "HTTP_X_HTTP_METHOD_OVERRIDE": ("DELETE",),
    "HTTP_X_REQUESTED_WITH": ("XMLHttpRequest", ""),
    "HTTP_USER_AGENT": ("", "\xe9" * 300, "<script>"),
    "CONTENT_LENGTH": ("", "0", "x", "-1", "1"),
    "CONTENT_TYPE": ("", "x", "multipart/form-data", "multipart/form-data; boundary=", "text/xml",
                     "application/x-www-form-urlencoded; charset=utf-16", "application/json; charset=x",
                     "application/x-www-form-urlencoded; charset=\xe9", "multipart/form-data; boundary=" + "b" * 300),
}  # fmt: skip
# Bodies as JSON, and what only looks like it.
JSON: Final = (
    b"{", b"[1]", b"\x00", b"\xff\xfe", b"null", b'{"a":1e999}', b"[" * 5_000, b'{"a":' * 3_000 + b"1",
    b'{"a":1,"a":2}', b"\xef\xbb\xbf{}", b'"\\ud800"', b"1" * 5_000, b"NaN", b"-0", b"{}",
    b'{"customer":{"id":[]},"lines":[{}],"amount":"1e400","date":"0000-00-00"}',
)  # fmt: skip
# Files in odd encodings, and packed ones that are none.
FILES: Final = (
    b"", b"\x00" * 40, b"a,b\r\n1,2\r\n", b"PK\x03\x04broken", b"\xff" * 99, "a;b\nü;ß\n".encode("utf-16"),
    "name,é\n".encode("cp1252"), b"\xef\xbb\xbfName,Code\r\nBell,1\r\n", b"+ADw-script+AD4-,b\n1,2\n",
    "a,b\n1,2\n".encode("utf-32"), b"\x1f\x8b\x08\x00broken", b'"' * 3_000, b"a," * 2_000 + b"\n", b"\r\r\r\n\n",
    b"PK\x05\x06" + b"\x00" * 18, b"%PDF-1.4\n", b"<?xml version='1.0'?><!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>",
)  # fmt: skip
NAMES_OF_FILES: Final = (
    "a.csv", "a.xlsx", "../x", "a\x00b", "é.pdf", "x" * 300 + ".csv", "a.csv\r\nX: y", "con.csv", "a.tieout",
)  # fmt: skip
# What every answer tells a browser, whatever was asked.
TOLD: Final = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
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
    headers: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        told = f"{self.who or 'nobody'}: {self.method} {self.path}"
        told += f"?{self.query[:300]}" if self.query else ""
        told += f" {str(dict(self.headers))[:300]}" if self.headers else ""
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
        headers = self._headers(who)
        if pick.random() < 0.5:
            return Asked(who=who, method="GET", path=path, query=query, headers=headers)
        method = pick.choice(["POST"] * 12 + ["PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE"])
        body, content_type = self._body(page)
        query = query if pick.random() < 0.3 else ""
        return Asked(
            who=who, method=method, path=path, query=query, body=body, content_type=content_type,
            headers=headers,
        )  # fmt: skip

    def _headers(self, who: str) -> tuple[tuple[str, str], ...]:
        """Mostly none: an odd host or length ends a request before any page is asked."""
        pick = self.random
        if pick.random() < 0.75:
            return ()
        found = {}
        for name in pick.sample(sorted(HEADERS), pick.choice([1, 1, 1, 2, 3])):
            found[name] = pick.choice(HEADERS[name])
        if "HTTP_COOKIE" in found and pick.random() < 0.7:  # beside the session, too
            own = "; ".join(f"{key}={value}" for key, value in self.cookies[who].items())
            found["HTTP_COOKIE"] = f"{own}; {found['HTTP_COOKIE']}"
        return tuple(found.items())

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
        fate = pick.random()
        if fate < 0.01:  # more than Django reads of a form
            parts += [f"x{number}=1" for number in range(1_200)]
        elif fate < 0.02:
            parts.append("__".join([pick.choice(NAMES) or "x"] * 200) + "=1")
        elif fate < 0.03:
            parts.append("a" + "[b]" * 500 + "=1")
        elif fate < 0.04:
            parts += [pick.choice(parts)] * 300
        return "&".join(parts)

    def _body(self, page: _Page | None) -> tuple[bytes, str]:
        pick = self.random
        kind = pick.random()
        if kind < 0.05:
            return pick.choice(JSON), "application/json"
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
        elif fate < 0.45:  # a field of several values, and lines that are counted wrongly
            fields += [(pick.choice(fields)[0], self._value()) for _ in range(pick.randint(2, 12))]
        elif fate < 0.55:
            counts = [name for name, _ in fields if name.endswith("_FORMS")]
            odd = (
                "",
                "-1",
                "0",
                "1",
                "2",
                "999",
                "1001",
                "99999999999999999999",
                "x",
                "1.5",
                "%C2%B2",
            )
            fields += [(name, pick.choice(odd)) for name in counts]
        elif fate < 0.57:
            fields += [(f"{pick.choice(NAMES)}-{number}", "1") for number in range(1_200)]
        return fields

    def _multipart(self, fields: list[tuple[str, str]]) -> tuple[bytes, str]:
        from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

        pick = self.random
        data: dict[str, Any] = {name: value for name, value in fields if name}
        where = pick.choice([*(data or {"file": ""}), "file"])
        data[where] = SimpleUploadedFile(pick.choice(NAMES_OF_FILES), pick.choice(FILES))
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
                    QUERY_STRING=asked.query, **dict(asked.headers),
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
        for missing in untold(answer, shown):
            found.faults.setdefault(f"answered without {missing}", []).append(asked)
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


def untold(answer: Any, shown: bytes) -> Iterator[str]:
    """What this answer does not tell a browser and each has to."""
    for name, value in TOLD.items():
        if value not in answer.get(name, ""):
            yield name
    kind = answer.get("Content-Type", "")
    if shown and (not kind or (kind.startswith("text/") and "charset=" not in kind)):
        yield "its kind of content or its letters"
    if answer.has_header("Access-Control-Allow-Origin"):
        yield "being for this site alone"


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
