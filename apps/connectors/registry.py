"""Finds the connectors: packages beside this file, and entry points `tieout.connectors`."""

import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from apps.connectors.access import Access, Environment
from apps.connectors.parts import PartOf
from apps.connectors.port import Capabilities, Connector, Settings
from apps.connectors.questions import Proof
from apps.connectors.webhooks import Webhooks


@dataclass(frozen=True, slots=True)
class System:
    """One accounting system, as its module exports it: CAPABILITIES, ACCESS, ENVIRONMENTS (by
    name), `connect`, and, where it tells changes by itself, WEBHOOKS."""

    capabilities: Capabilities
    access: Access
    environments: Mapping[str, Environment]
    connect: Callable[[Settings], Connector]
    webhooks: Webhooks | None = None
    package: str = ""  # where it lies, and what stands beside it


@cache
def systems() -> dict[str, System]:
    found: dict[str, System] = {}
    folder = Path(__file__).parent
    modules = [
        import_module(f"{__package__}.{each.name}")
        for each in pkgutil.iter_modules([str(folder)])
        if each.ispkg
    ]
    modules += [each.load() for each in entry_points(group="tieout.connectors")]
    for module in modules:
        if hasattr(module, "CAPABILITIES"):
            found[module.CAPABILITIES.system] = System(
                capabilities=module.CAPABILITIES,
                access=module.ACCESS,
                environments=module.ENVIRONMENTS,
                connect=module.connect,
                webhooks=getattr(module, "WEBHOOKS", None),
                package=module.__name__,
            )
    return found


def system(name: str) -> System:
    return systems()[name]


def proof(name: str) -> Proof | None:
    """The open questions of a system: `PROOF` of the module `questions` beside its connector, or
    None where it has none. Read when they are asked, and never before."""
    beside = f"{system(name).package}.questions"
    if not system(name).package or find_spec(beside) is None:
        return None
    found: Proof = import_module(beside).PROOF
    return found


def part_of(name: str) -> PartOf | None:
    """How the calls of a system are taken apart; None where each carries one record, or where nobody
    says how."""
    parts = f"{system(name).package}.parts"
    if not system(name).package or find_spec(parts) is None:
        return None
    found: PartOf = import_module(parts).part_of
    return found


def beside(module: str, name: str) -> list[Any]:
    """What the modules of this name beside the connectors hold together under `name`."""
    found: list[Any] = []
    for each in systems().values():
        path = f"{each.package}.{module}"
        if each.package and find_spec(path) is not None:
            found += getattr(import_module(path), name)
    return found


def choices() -> list[tuple[str, str]]:
    """For model fields: a callable, so that a new system needs no migration."""
    return sorted((name, each.capabilities.name) for name, each in systems().items())
