"""A number that somebody typed is read by `core.numbers`, which looks at its length first."""

import ast
from collections.abc import Iterator

import pytest

from tests.architecture.source import label, package_of, python_files

ISLANDS = {"sandbox", "demo"}
MAY = {
    "apps/core/numbers.py",
    "apps/backoffice/frame/figure_field.py",
    "apps/exchange/tables/dates.py",  # figures of one, two or four signs
    "apps/sync/there/compare.py",  # places of lines in paths that Tieout made itself
}
ASKS = {"isdecimal", "isdigit", "isnumeric"}
FROM_OUTSIDE = {"request", "POST", "GET", "FILES", "META", "asked", "typed"}
# What Django knows of whoever asks is no text of theirs.
KNOWN = {"user.pk or 0", "user.pk"}


def wrong_in(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and fault of each function that reads a number from outside by itself."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            parts = [*ast.walk(node)]
            asks = any(isinstance(each, ast.Attribute) and each.attr in ASKS for each in parts)
            for each in parts:
                if isinstance(each, ast.keyword) and each.arg == "pk" and asks:
                    yield each.value.lineno, "asks isdecimal, and looks for a key"
                if isinstance(each, ast.Call) and isinstance(each.func, ast.Name):
                    yield from _reads(each, asks)
        if isinstance(node, ast.Attribute) and ast.unparse(node) == "forms.DecimalField":
            yield node.lineno, "forms.DecimalField is FigureField"


def _reads(call: ast.Call, asks: bool) -> Iterator[tuple[int, str]]:
    assert isinstance(call.func, ast.Name)
    name = call.func.id
    if name not in {"int", "float", "Decimal"} or not call.args:
        return
    said = ast.unparse(call.args[0])
    words = {each.id for each in ast.walk(call.args[0]) if isinstance(each, ast.Name)}
    words |= {each.attr for each in ast.walk(call.args[0]) if isinstance(each, ast.Attribute)}
    if asks and name != "Decimal":
        yield call.lineno, f"{name}({said}) beside isdecimal"
    elif words & FROM_OUTSIDE and not any(said.endswith(each) for each in KNOWN):
        yield call.lineno, f"{name}({said})"


def test_no_number_from_outside_is_read_bare() -> None:
    wrong = [
        f"{label(path)}:{line}: {fault}"
        for path in python_files("apps")
        if package_of(path) not in ISLANDS and label(path) not in MAY
        for line, fault in wrong_in(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert wrong == []


@pytest.mark.parametrize(
    "body",
    [
        "return int(request.POST['key'])",
        "return int(asked.get('at', 0))",
        "return Decimal(typed)",
        "return int(key) if key.isdecimal() else None",
        "return rows.filter(pk=key) if key.isdigit() else None",
        "return forms.DecimalField()",
    ],
)
def test_each_kind_of_bare_reading_is_found(body: str) -> None:
    assert [*wrong_in(ast.parse(f"def view(request, key, typed, asked):\n    {body}"))]
