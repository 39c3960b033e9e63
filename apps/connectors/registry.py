"""Finds the connectors: packages beside this file, and entry points `tieout.connectors`."""

import pkgutil
from collections.abc import Callable
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path

from apps.connectors.oauth import ConsentRules
from apps.connectors.port import Capabilities, Connector, Settings


class System:
    """One accounting system: its module exports CAPABILITIES, CONSENT and `connect`."""

    def __init__(
        self,
        capabilities: Capabilities,
        consent: ConsentRules,
        connect: Callable[[Settings], Connector],
    ) -> None:
        self.capabilities = capabilities
        self.consent = consent
        self.connect = connect


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
                module.CAPABILITIES, module.CONSENT, module.connect
            )
    return found


def system(name: str) -> System:
    return systems()[name]


def choices() -> list[tuple[str, str]]:
    """For model fields: a callable, so that a new system needs no migration."""
    return sorted((name, each.capabilities.name) for name, each in systems().items())
