"""What was exchanged and decided is rewritten by the engine alone."""

import ast

from tests.architecture.source import label, package_of, python_files

# The sandbox is an island with a method of that name.
MAY_REWRITE = {"core", "sync", "reconciliation", "sandbox"}


def test_only_the_engine_rewrites_what_was_exchanged() -> None:
    wrong = [
        f"{label(path)}:{node.lineno}"
        for path in python_files("apps")
        if package_of(path) not in MAY_REWRITE and ".rewrite(" in path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr == "rewrite"
    ]

    assert wrong == []
