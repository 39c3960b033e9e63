"""No circle: of two modules at most one imports the other, over any number of steps between."""

from functools import cache
from graphlib import CycleError, TopologicalSorter

import grimp
import pytest

from tests.architecture.source import ROOT

PACKAGES = sorted(each.parent.name for each in (ROOT / "apps").glob("*/__init__.py"))


@cache
def imports() -> grimp.ImportGraph:
    """Every import of apps, those for types alone included."""
    return grimp.build_graph("apps", cache_dir=None)


def circle_of(package: str) -> list[str]:
    """The modules of one circle within a package; empty where there is none."""
    graph = imports()
    inside = {each for each in graph.modules if f"{each}.".startswith(f"apps.{package}.")}
    order = TopologicalSorter(
        {each: graph.find_modules_directly_imported_by(each) & inside for each in inside}
    )
    try:
        order.prepare()
    except CycleError as found:
        return list(found.args[1])
    return []


@pytest.mark.parametrize("package", PACKAGES)
def test_no_modules_import_one_another_in_a_circle(package: str) -> None:
    assert circle_of(package) == []


def test_a_circle_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = grimp.ImportGraph()
    for importer, imported in (("apps.core.a", "apps.core.b"), ("apps.core.b", "apps.core.a")):
        graph.add_import(importer=importer, imported=imported)
    monkeypatch.setattr("tests.architecture.test_circles.imports", lambda: graph)

    assert set(circle_of("core")) == {"apps.core.a", "apps.core.b"}
