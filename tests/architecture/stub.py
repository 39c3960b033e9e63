"""A new accounting system, as little of it as the registry asks for, and how it is installed."""

from pathlib import Path

LINES = '''\
"""A ledger that was begun a minute ago."""

from apps.connectors.access import Environment, Field, Key
from apps.connectors.port import Capabilities, Connector, Settings

CAPABILITIES = Capabilities(
    system="stub", name="Stub", kinds=frozenset(), push_batch=1, in_flight=1, limits=(),
    number_length=20, decimals=2,
)
ACCESS = Key(fields=(Field(name="key", label="Key"),), headers=(("X-Key", "{key}"),))
ENVIRONMENTS = {"production": Environment(api="https://stub.example")}

def connect(settings: Settings) -> Connector: ...
'''
assert LINES.count("\n") == 13


def as_a_folder(connectors: Path) -> None:
    """Beside the others."""
    (connectors / "stub").mkdir()
    (connectors / "stub/__init__.py").write_text(LINES)


def as_a_distribution(site: Path) -> None:
    """By somebody else, as pip leaves it in `site`."""
    package, about = site / "stub_ledger", site / "stub_ledger-1.0.dist-info"
    for each in (package, about):
        each.mkdir(parents=True)
    (package / "__init__.py").write_text(LINES)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: stub-ledger\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[tieout.connectors]\nstub = stub_ledger\n")
