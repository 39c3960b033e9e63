"""The repository as text: which files are ours, and what their Python says."""

import ast
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]


@cache
def committed() -> tuple[Path, ...]:
    """Every file that is, or is about to be, part of the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    files = (ROOT / line for line in listed.stdout.splitlines())
    return tuple(sorted(each for each in files if each.is_file()))


def python_files(*folders: str) -> list[Path]:
    """Python files below these folders, migrations left out: they are generated."""
    return [
        each
        for each in committed()
        if each.suffix == ".py"
        and each.relative_to(ROOT).parts[0] in folders
        and "migrations" not in each.parts
    ]


def texts(path: Path) -> list[tuple[int, str]]:
    """Every string constant of a module with its line."""
    return [
        (node.lineno, node.value)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]


def package_of(path: Path) -> str:
    """ "billing" for a file of apps/billing; "" outside apps."""
    parts = path.relative_to(ROOT).parts
    return parts[1] if parts[0] == "apps" and len(parts) > 2 else ""


def label(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()
