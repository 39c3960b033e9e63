"""Only a system's own folders know it: nothing else names one, or a word that is only its own."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.source import ROOT, committed, label

# Those that exist, and those that are spoken of: their names, their makers', their short forms.
LEDGERS = re.compile(r"quickbooks|intuit|\bqbo|xero|freshbooks", re.IGNORECASE)
# A simulated ledger may be there before its connector, and the other way round.
SYSTEMS = sorted(
    {each.parent.name for each in (ROOT / "apps/connectors").glob("*/__init__.py")}
    | {each.parent.name for each in (ROOT / "apps/sandbox").glob("*/urls.py")}
)
OWN = tuple(
    where.format(system)
    for system in SYSTEMS
    for where in (
        "apps/connectors/{}/",
        "apps/sandbox/{}/",
        "apps/sandbox/templates/{}/",
        "apps/demo/{}.py",
    )
)
NO_TEXTS = (".otf", ".ttf", ".png")
WHAT_RUNS = ("apps", "config", "templates", "manage.py", ".importlinter")


def is_own(path: Path) -> bool:
    return label(path).startswith(OWN)


def texts_of_others() -> Iterator[tuple[Path, str]]:
    """Every file of the product that belongs to no system, comments and migrations included."""
    for path in committed():
        runs = path.relative_to(ROOT).parts[0] in WHAT_RUNS and path.suffix not in NO_TEXTS
        if runs and not is_own(path):
            yield path, path.read_text(encoding="utf-8")


def lines_with(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{label(path)}:{number}: {line.strip()[:120]}"
        for path, text in texts_of_others()
        for number, line in enumerate(text.splitlines(), start=1)
        if pattern.search(line)
    ]


def test_no_file_names_a_ledger_but_its_own() -> None:
    assert lines_with(LEDGERS) == []


# --- The words of its objects ---------------------------------------------------------------------


def kinds_of_ledgers() -> set[str]:
    """What the simulated systems call their kinds of object, as they register them."""
    found = set()
    for path in committed():
        if path.suffix == ".py" and label(path).startswith("apps/sandbox/") and is_own(path):
            text = path.read_text(encoding="utf-8")
            for node in ast.walk(ast.parse(text)) if "Kind(" in text else ():
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Kind":
                    first = node.args[0]
                    assert isinstance(first, ast.Constant), f"{label(path)}:{node.lineno}"
                    found.add(str(first.value))
    return found


def classes_of_ours() -> set[str]:
    return {
        name
        for path, text in texts_of_others()
        if path.suffix == ".py"
        for name in re.findall(r"^\s*class (\w+)", text, re.MULTILINE)
    }


def test_no_file_has_a_word_that_only_a_ledger_has() -> None:
    words = {each for each in kinds_of_ledgers() if re.search(r"[a-z][A-Z]", each)}
    theirs = sorted(words - classes_of_ours())

    assert {"CreditMemo", "JournalEntry", "SalesReceipt"} <= set(theirs)
    assert lines_with(re.compile(rf"\b({'|'.join(theirs)})\b")) == []


def kinds_used(tree: ast.Module, kinds: set[str]) -> Iterator[int]:
    """Lines in which a kind of theirs is a value: compared, taken by default, looked up, kept.

    As a label it is a word like any other: an argument, or what a dictionary gives.
    """
    known = {name for node in tree.body for name in _names(node)}
    for node in ast.walk(tree):
        match node:
            case ast.Compare(left=left, comparators=others):
                values = [left, *others]
            case ast.BoolOp(values=values):
                pass
            case ast.Assign(value=ast.expr() as value) | ast.AnnAssign(value=ast.expr() as value):
                values = [value]
            case ast.Subscript(slice=value):
                values = [value]
            case ast.Dict(keys=keys):
                values = [each for each in keys if each is not None]
            case ast.keyword(arg=str(name), value=value) if name.endswith("kind"):
                values = [value]
            case _:
                continue
        for value in values:
            for each in members_of(value):
                if isinstance(each, ast.Constant) and each.value in kinds - known:
                    yield each.lineno


def members_of(value: ast.expr) -> list[ast.expr]:
    """What is in a value, but for labels: of a choice (`"it", "It"`), of a group of fields."""
    if not isinstance(value, ast.Tuple | ast.List | ast.Set):
        return [value]
    match value.elts:
        case [ast.Constant(value=str(kept)), ast.Constant(value=str(label_))] if (
            kept == label_.lower()
        ):
            return value.elts[:1]
        case [ast.Constant(), ast.Dict()]:
            return []
    return value.elts


def _names(node: ast.stmt) -> list[str]:
    """What a module exports by its own names: `__all__` lists those, and no kinds."""
    if isinstance(node, ast.ImportFrom | ast.Import):
        return [each.asname or each.name for each in node.names]
    return [node.name] if isinstance(node, ast.ClassDef | ast.FunctionDef) else []


def test_no_file_decides_by_a_kind_of_a_ledger() -> None:
    kinds = kinds_of_ledgers()
    quoted = re.compile(f"[\"']({'|'.join(map(re.escape, sorted(kinds)))})[\"']")
    found = [
        f"{label(path)}:{line}"
        for path, text in texts_of_others()
        if path.suffix == ".py" and quoted.search(text)  # parsing every file takes seconds
        for line in kinds_used(ast.parse(text), kinds)
    ]

    assert found == []


@pytest.mark.parametrize(
    "source",
    [
        'member = (line.kind or "Payment", line.payment_id)',
        'PAYMENT = "Payment"',
        'if line.kind in ("", "Payment"): pass',
        'rows.filter(kind="Payment")',
        'found["Payment", one] = two',
        'WORDS = {"Payment": "payment"}',
    ],
)
def test_a_kind_of_a_ledger_would_be_found(source: str) -> None:
    assert list(kinds_used(ast.parse(source), {"Payment"})) == [1]


@pytest.mark.parametrize(
    "source",
    [
        'row("Payment", one)',
        'WORDS = {Kind.PAYMENT: "Payment"}',
        'PAYMENT = "payment", "Payment"',
        'FIELDS = ("Payment", {"fields": ["amount"]})',
    ],
)
def test_a_label_is_a_word_like_any_other(source: str) -> None:
    assert list(kinds_used(ast.parse(source), {"Payment"})) == []
