"""One way through the house, also where an import statement does not show it."""

import ast
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from tests.architecture.source import ROOT, label, package_of, python_files, texts

BELOW_SYNC = {"core", "staff", "billing", "connectors", "connections", "mappings", "webhooks"}
BELOW_TRAIL = BELOW_SYNC | {"sync", "reconciliation", "exchange", "triggers"}
# Which packages a package may name: the table of the design, with itself.
MAY_NAME: dict[str, set[str]] = {
    "core": set(),
    "staff": {"core"},
    "connectors": {"core"},
    "billing": {"core", "staff"},
    "connections": {"core", "staff", "billing", "connectors"},
    "mappings": {"core", "staff", "billing", "connectors", "connections"},
    "webhooks": {"core", "staff", "billing", "connectors", "connections"},
    "sync": BELOW_SYNC,
    "reconciliation": BELOW_SYNC | {"sync"},
    "exchange": BELOW_SYNC | {"sync", "reconciliation"},
    "triggers": BELOW_SYNC | {"sync", "reconciliation"},
    "trail": BELOW_TRAIL,
    "alerts": BELOW_TRAIL | {"trail"},
    "backoffice": BELOW_TRAIL | {"trail", "alerts"},
    "demo": BELOW_TRAIL | {"trail", "alerts", "backoffice"},
    "sandbox": set(),
}
QUOTED = re.compile(r"[\"']apps\.")
DOTTED = re.compile(r"apps(\.[a-z_]\w*)+(\.\w+)?")


def dotted_names(path: Path) -> list[tuple[int, str]]:
    if not QUOTED.search(path.read_text(encoding="utf-8")):
        return []  # parsing every file takes seconds
    return [(line, text) for line, text in texts(path) if DOTTED.fullmatch(text)]


def test_import_contracts_hold() -> None:
    """In a process of its own: it switches off every logger that is there before it."""
    linter = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    done = subprocess.run(
        [sys.executable, "-c", linter, "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


def test_every_package_stands_in_the_table() -> None:
    found = {each.name for each in (ROOT / "apps").iterdir() if (each / "__init__.py").exists()}

    assert found <= set(MAY_NAME), found - set(MAY_NAME)


def test_dotted_names_in_strings_keep_to_the_layers_too() -> None:
    wrong = [
        f"{label(path)}:{line}: {text}"
        for path in python_files("apps")
        for line, text in dotted_names(path)
        if text.split(".")[1] not in MAY_NAME[package_of(path)] | {package_of(path)}
    ]

    assert wrong == []


def test_dotted_names_in_strings_name_something_that_exists() -> None:
    wrong = [
        f"{label(path)}:{line}: {text}"
        for path in python_files("apps", "config")
        for line, text in dotted_names(path)
        if not exists(text)
    ]

    assert wrong == []


def exists(dotted: str) -> bool:
    """Whether it is a module, or a name at the top of one. Nothing is imported for it."""
    parts = dotted.split(".")
    if (ROOT.joinpath(*parts) / "__init__.py").exists():
        return True
    if ROOT.joinpath(*parts).with_suffix(".py").exists():
        return True
    module = ROOT.joinpath(*parts[:-1])
    source = module.with_suffix(".py") if module.with_suffix(".py").exists() else None
    source = source or (module / "__init__.py" if (module / "__init__.py").exists() else None)
    if source is None:
        return False
    tree = ast.parse(source.read_text(encoding="utf-8"))
    return any(parts[-1] in _names(node) for node in tree.body)


def _names(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.ImportFrom | ast.Import):
        return {each.asname or each.name for each in node.names}
    if isinstance(node, ast.Assign):
        return {target.id for target in node.targets if isinstance(target, ast.Name)}
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return {node.target.id}
    return set()


def test_a_misspelt_task_would_be_found() -> None:
    assert exists("apps.core.money.rounded")
    assert not exists("apps.core.money.runded")
    assert not exists("apps.nowhere.tasks.tick")


def test_connectors_import_no_django_and_no_sibling() -> None:
    wrong = []
    for path in python_files("apps"):
        if package_of(path) != "connectors":
            continue
        parts = path.relative_to(ROOT).parts
        own = parts[2] if len(parts) > 3 else ""
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for name in _imported(node):
                inside = name.split(".")
                sibling = (
                    inside[:2] == ["apps", "connectors"]
                    and len(inside) > 2
                    and (ROOT / "apps/connectors" / inside[2]).is_dir()
                    and inside[2] != own
                )
                if inside[0] == "django" or sibling:
                    wrong.append(f"{label(path)}:{node.lineno}: {name}")

    assert wrong == []


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [each.name for each in node.names]
    if isinstance(node, ast.ImportFrom) and node.module:
        return [node.module]
    return []


def test_the_simulated_ledgers_know_nothing_of_the_product() -> None:
    assert find_spec("apps.sandbox") is not None
    wrong = [
        f"{label(path)}: {name}"
        for path in python_files("apps")
        if package_of(path) == "sandbox"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in _imported(node)
        if name.startswith("apps.") and not name.startswith("apps.sandbox")
    ]

    assert wrong == []
