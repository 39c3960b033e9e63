"""The subset of Xero's .NET-like filters and orders that callers of ours need."""

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Protocol, TypeVar

from .refusals import bad_query

TOKEN = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"\\]|\\.)*")|(?P<number>-?\d+(?:\.\d+)?)|(?P<op>==|!=|>=|<=|&&|\|\||[=<>(),])"""
    r"""|(?P<word>[A-Za-z_][\w.]*))"""
)
Asked = TypeVar("Asked", bound="Fields")
OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "==": lambda a, b: bool(a == b),
    "=": lambda a, b: bool(a == b),
    "!=": lambda a, b: bool(a != b),
    ">": lambda a, b: bool(a > b),
    ">=": lambda a, b: bool(a >= b),
    "<": lambda a, b: bool(a < b),
    "<=": lambda a, b: bool(a <= b),
}


def folded(value: Any) -> Any:
    """Equality of texts ignores case and accents; dates compare as days, numbers as numbers."""
    if isinstance(value, str):
        plain = unicodedata.normalize("NFKD", value)
        return "".join(one for one in plain if not unicodedata.combining(one)).lower()
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Decimal(str(value))
    return value


class Fields(Protocol):
    def get(self, name: str, /) -> Any: ...


Test = Callable[[Fields], bool]


def value_at(content: Fields, path: str) -> Any:
    first, *steps = path.split(".")
    at = content.get(first)
    for step in steps:
        if not isinstance(at, dict):
            return None
        at = at.get(step)
    return at


class Parser:
    """`a==1 AND (b!="x" OR c.StartsWith("y"))` as a test of what is answered."""

    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        at, text = 0, text.rstrip()
        while at < len(text):
            found = TOKEN.match(text, at)
            if found is None:
                raise bad_query(f"Unterminated or unknown character at {text[at:][:20]}")
            kind = str(found.lastgroup)
            self.tokens.append((kind, found[kind]))
            at = found.end()
        self.at = 0

    def parse(self) -> Test:
        test = self.any_of()
        if self.at != len(self.tokens):
            raise bad_query(f"Syntax error at {self.tokens[self.at][1]}")
        return test

    def peek(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def take(self, wanted: str = "") -> tuple[str, str]:
        if self.at >= len(self.tokens) or (wanted and self.peek() != wanted):
            raise bad_query(f"Syntax error: {wanted or 'more'} was expected")
        self.at += 1
        return self.tokens[self.at - 1]

    def any_of(self) -> Test:
        tests = [self.all_of()]
        while self.peek().upper() in ("OR", "||"):
            self.take()
            tests.append(self.all_of())
        return lambda content: any(test(content) for test in tests)

    def all_of(self) -> Test:
        tests = [self.one()]
        while self.peek().upper() in ("AND", "&&"):
            self.take()
            tests.append(self.one())
        return lambda content: all(test(content) for test in tests)

    def one(self) -> Test:
        if self.peek() == "(":
            self.take()
            test = self.any_of()
            self.take(")")
            return test
        kind, path = self.take()
        if kind != "word":
            raise bad_query(f"A field was expected, not {path}")
        if self.peek() == "(":
            return self.method(path)
        operator = self.peek()
        if operator not in OPERATORS:
            return lambda content: bool(value_at(content, path))
        self.take()
        wanted, compare = folded(self.value()), OPERATORS[operator]
        return lambda content: compared(value_at(content, path), wanted, compare)

    def method(self, path: str) -> Test:
        path, _, name = path.rpartition(".")
        self.take("(")
        wanted = folded(self.value())
        self.take(")")
        checks: dict[str, Callable[[str], bool]] = {
            "StartsWith": lambda text: text.startswith(wanted),
            "EndsWith": lambda text: text.endswith(wanted),
            "Contains": lambda text: wanted in text,
        }
        if name not in checks or not path:
            raise bad_query(f"No method '{name}' exists")
        # Without a null guard a field that is absent makes the query fail.
        return lambda content: checks[name](_guarded(value_at(content, path), path))

    def value(self) -> Any:
        kind, text = self.take()
        if kind == "text":
            return text[1:-1].replace('\\"', '"').replace("\\\\", "\\")
        if kind == "number":
            return Decimal(text)
        plain = {"true": True, "false": False, "null": None}
        if text.lower() in plain:
            return plain[text.lower()]
        if text == "DateTime":
            return self.moment()
        if text in ("guid", "Guid", "Guid.Parse"):
            self.take("(")
            found = self.take()[1][1:-1]
            self.take(")")
            return found
        if text == "DateTime.Parse":
            self.take("(")
            found = self.take()[1][1:-1]
            self.take(")")
            return datetime.fromisoformat(found).replace(tzinfo=UTC)
        raise bad_query(f"No property or field '{text}' exists")

    def moment(self) -> datetime:
        self.take("(")
        parts = [int(self.take()[1])]
        while self.peek() == ",":
            self.take()
            parts.append(int(self.take()[1]))
        self.take(")")
        try:
            return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc] # as many as there are
        except (TypeError, ValueError):
            raise bad_query("DateTime needs year, month and day") from None


def _guarded(value: Any, path: str) -> str:
    if value is None:
        raise bad_query(f"Object reference not set to an instance of an object: {path}")
    return str(folded(value))


def compared(value: Any, wanted: Any, compare: Callable[[Any, Any], bool]) -> bool:
    value = folded(value)
    if value is None or wanted is None:
        return compare(value, wanted) if compare in (OPERATORS["=="], OPERATORS["!="]) else False
    try:
        return compare(value, wanted)
    except TypeError:
        raise bad_query("Operator incompatible with operand types") from None


def where(text: str) -> Test:
    return Parser(text).parse()


def ordered(objects: list[Asked], text: str) -> list[Asked]:
    """`UpdatedDateUTC ASC, InvoiceNumber DESC`."""
    out = list(objects)
    for part in reversed([one.strip() for one in text.split(",") if one.strip()]):
        path, _, way = part.partition(" ")
        if way.strip().upper() not in ("", "ASC", "DESC"):
            raise bad_query(f"Syntax error in order: {part}")

        def key(content: Asked, path: str = path) -> tuple[bool, Any]:
            value = folded(value_at(content, path))
            return (value is not None, value)

        out.sort(key=key, reverse=way.strip().upper() == "DESC")
    return out
