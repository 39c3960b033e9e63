"""What runs, parses, hashes or draws by chance stands where it is known to, and nowhere else.

The files that are named are the ones that docs/security.md tells of ("What is dangerous, and where").
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.source import ROOT, committed, label, python_files

# What does it → the files that may. The simulated ledgers are no part of an installation.
MODULES: dict[str, set[str]] = {
    "subprocess": {
        "apps/exchange/tables/child.py",
        "apps/demo/children.py",
        "apps/demo/management/commands/demo.py",
    },
    "pickle": {"apps/core/spilled.py"},
    "marshal": set(),
    "shelve": set(),
    "yaml": set(),
    "lxml": set(),
    "telnetlib": set(),
    "ftplib": set(),
    "xml": {
        "apps/exchange/tables/workbook.py",
        "apps/exchange/tables/plain_child.py",
        "apps/connectors/quickbooks/faults.py",
    },
    # Of pauses between tries, and of the demo's season; what nobody may guess comes from `secrets`.
    "random": {
        "apps/sync/calls/outcomes.py",
        "apps/triggers/delivery/rhythm.py",
        *(f"apps/demo/{each}.py" for each in ("payments", "place", "studio", "taxes")),
    },
}
CALLS = {"eval", "exec", "__import__", "mark_safe", "RawSQL", "md5", "sha1", "format_map", "from_string",
         "os.system", "os.popen", "objects.raw", "objects.extra"}  # fmt: skip
ALLOWED_CALLS = {
    # The pattern is a connector's own, never typed.
    ("apps/connections/ways.py", "format_map"),
    # Only names of classes are replaced in what the theme escaped.
    ("apps/backoffice/frame/slim_cells.py", "mark_safe"),
    # The name of a table of ours; what was typed is a parameter.
    ("apps/backoffice/frame/word_index.py", "RawSQL"),
    # An empty text that a statement compares with.
    ("apps/sync/waiting/release.py", "RawSQL"),
}
# `shell=True` runs a line, `verify=False` believes any certificate.
FLAGS = {("shell", True), ("verify", False)}


def modules_of(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (each.name.split(".")[0] for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]


def dangers(text: str) -> Iterator[str]:
    """What a module does that only named ones may: modules and calls by name."""
    tree = ast.parse(text)
    yield from (name for name in modules_of(tree) if name in MODULES)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        words = ast.unparse(node.func).split(".")
        yield from CALLS & {words[-1], ".".join(words[-2:])}
        for word in node.keywords:
            if isinstance(word.value, ast.Constant) and (word.arg, word.value.value) in FLAGS:
                yield f"{word.arg}={word.value.value}"
        # SQL that is put together from texts is looked at by name (ruff's S608 asks each for its reason).


def product() -> list[Path]:
    return [
        each
        for each in python_files("apps", "config")
        if not label(each).startswith("apps/sandbox/")
    ]


def test_nothing_dangerous_stands_where_nobody_looks() -> None:
    found = {(label(path), each) for path in product() for each in dangers(path.read_text("utf-8"))}
    known = {(path, module) for module, paths in MODULES.items() for path in paths} | ALLOWED_CALLS

    assert sorted(found - known) == []
    assert sorted(known - found) == [], "named here and not there any more"


@pytest.mark.parametrize(
    "text", ["import pickle", "from xml.etree import X", "eval(x)", "html.mark_safe(x)",
             "run(x, shell=True)", "session.get(x, verify=False)", "hashlib.md5(x)", "random.random()\nimport random"],
)  # fmt: skip
def test_what_is_dangerous_would_be_found(text: str) -> None:
    assert list(dangers(text))


def test_no_template_of_ours_lets_text_through_unescaped() -> None:
    """Nor does a script of ours make markup of a text, or keep anything in the browser."""
    unescaped = re.compile(
        r"\|\s*safe(seq)?\b|autoescape\s+off|"
        # An id that a form gives its field is no text of anybody's.
        r"<script[^>]*>(?:[^<{]|\{(?!\{)|\{\{ \w+\.(?:\w+\.)?auto_id \}\})*\{\{(?! \w+\.(?:\w+\.)?auto_id)"
    )
    unsafe = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|"
        r"localStorage|sessionStorage|indexedDB|document\.cookie|postMessage|addEventListener\(.message"
    )
    found = [
        f"{label(path)}: {match[0][:60]}"
        for path in committed()
        if path.relative_to(ROOT).parts[0] in ("apps", "templates")
        and not label(path).startswith("apps/sandbox/")
        for wrong in (
            [unescaped] if path.suffix == ".html" else [unsafe] if path.suffix == ".js" else []
        )
        for match in wrong.finditer(path.read_text("utf-8"))
    ]

    assert found == []
