"""The query language: a statement's text to its parts, or fault 4000."""

import re
from dataclasses import dataclass, field

from . import faults

Value = str | bool
TOKEN = re.compile(
    r"""\s*(?:
        '(?P<text>(?:\\.|[^'\\])*)'
      | (?P<word>[A-Za-z_][\w.]*)
      | (?P<number>-?\d+(?:\.\d+)?)
      | (?P<sign><=|>=|<|>|=|,|\(|\)|\*)
    )""",
    re.VERBOSE,
)
OPERATORS = ("=", "<", ">", "<=", ">=", "IN", "LIKE")
MOST_ROWS = 1000
DEFAULT_ROWS = 100


@dataclass(frozen=True)
class Condition:
    name: str
    operator: str
    values: tuple[Value, ...]


@dataclass
class Statement:
    """`names` are the listed properties; `all_names` says that `*` was among them."""

    entity: str = ""
    count: bool = False
    all_names: bool = False
    names: list[str] = field(default_factory=list)
    conditions: list[Condition] = field(default_factory=list)
    order: list[tuple[str, bool]] = field(default_factory=list)
    start: int = 1
    limit: int = DEFAULT_ROWS


def parse(text: str) -> Statement:
    """Read `SELECT … FROM … [WHERE …] [ORDERBY …] [STARTPOSITION n] [MAXRESULTS m]`.

    Keywords in any case, entity and properties as spelt; the two paging clauses in either order.
    """
    return _Parser(text).statement()


class _Parser:
    def __init__(self, text: str) -> None:
        self.tokens = _tokens(text.strip())
        self.position = 0

    def statement(self) -> Statement:
        self.expect("SELECT")
        found = Statement()
        self.selection(found)
        self.expect("FROM")
        found.entity = self.word()
        if self.take("WHERE"):
            found.conditions.append(self.condition())
            while self.take("AND"):
                found.conditions.append(self.condition())
        if self.take("ORDERBY") or self.take("ORDER"):
            self.take("BY")
            found.order.append(self.ordering())
            while self.take(","):
                found.order.append(self.ordering())
        while self.position < len(self.tokens):
            if self.take("STARTPOSITION"):
                found.start = self.whole(least=1)
            elif self.take("MAXRESULTS"):
                found.limit = min(self.whole(least=0), MOST_ROWS)
            else:
                raise self.unexpected()
        return found

    def selection(self, found: Statement) -> None:
        if self.take("COUNT"):
            for sign in ("(", "*", ")"):
                self.expect(sign)
            found.count = True
            return
        while True:
            if self.take("*"):
                found.all_names = True
            else:
                found.names.append(self.word())
            if not self.take(","):
                return

    def condition(self) -> Condition:
        name = self.word()
        operator = self.next()[1].upper()
        if operator not in OPERATORS:
            self.position -= 1
            raise self.unexpected()
        if operator != "IN":
            return Condition(name, operator, (self.value(),))
        self.expect("(")
        values = [self.value()]
        while self.take(","):
            values.append(self.value())
        self.expect(")")
        return Condition(name, operator, tuple(values))

    def ordering(self) -> tuple[str, bool]:
        name = self.word()
        if self.take("DESC"):
            return name, True
        self.take("ASC")
        return name, False

    def value(self) -> Value:
        kind, text = self.next()
        if kind == "text":
            return re.sub(r"\\(.)", r"\1", text)
        if kind == "number":
            return text
        if kind == "word" and text.lower() in ("true", "false"):
            return text.lower() == "true"
        self.position -= 1
        raise self.unexpected()

    def whole(self, least: int) -> int:
        kind, text = self.next()
        if kind not in ("number", "text") or not text.lstrip("-").isdigit():
            self.position -= 1
            raise self.unexpected()
        if int(text) < least:
            raise faults.Refused(
                "4001",
                f"QueryValidationError: value {text} is too small. Min allowed value is {least}",
            )
        return int(text)

    def word(self) -> str:
        kind, text = self.next()
        if kind != "word":
            self.position -= 1
            raise self.unexpected()
        return text

    def next(self) -> tuple[str, str]:
        if self.position >= len(self.tokens):
            raise self.unexpected()
        self.position += 1
        return self.tokens[self.position - 1]

    def take(self, wanted: str) -> bool:
        if self.position >= len(self.tokens):
            return False
        kind, text = self.tokens[self.position]
        if kind == "text" or text.upper() != wanted:
            return False
        self.position += 1
        return True

    def expect(self, wanted: str) -> None:
        if not self.take(wanted):
            raise self.unexpected()

    def unexpected(self) -> faults.Refused:
        here = self.position < len(self.tokens)
        seen = self.tokens[self.position][1] if here else "<EOF>"
        return faults.Refused("4000", f'QueryParserError: Encountered "{seen}"')


def _tokens(text: str) -> list[tuple[str, str]]:
    out: list[tuple[str, str]] = []
    position = 0
    while position < len(text):
        match = TOKEN.match(text, position)
        if match is None:
            raise faults.Refused("4000", f'QueryParserError: Encountered "{text[position:][:20]}"')
        kind = match.lastgroup or ""
        out.append((kind, match.group(kind)))
        position = match.end()
    return out
