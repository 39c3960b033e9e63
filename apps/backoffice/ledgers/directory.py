"""The directory of systems: what each can and cannot, the way in, and what is missing here."""

from collections.abc import Sequence
from dataclasses import dataclass

from apps.backoffice.ledgers.sides import KIND_TITLES
from apps.connections.endpoints import App, offered, settings_wanted
from apps.connectors.access import Folder, Mailbox, OAuth
from apps.connectors.registry import System, systems
from apps.connectors.snapshots import Kind


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A system of the registry. `missing`: why it cannot be connected on this installation."""

    name: str
    words: str
    way_in: str
    can: Sequence[str]
    switchable: Sequence[str]
    cannot: Sequence[str]
    apps: Sequence[App]
    missing: str


def directory() -> list[Entry]:
    """Every system, those that can be connected first."""
    apps = offered()
    wanted = dict(settings_wanted())
    found = [
        _entry(each, [app for app in apps if app.system == name], wanted)
        for name, each in systems().items()
    ]
    return sorted(found, key=lambda each: (not each.apps, bool(each.words), each.name))


def _entry(each: System, apps: Sequence[App], wanted: dict[str, str]) -> Entry:
    can = each.capabilities
    lacking = {
        *set(Kind) - can.kinds,
        *([] if can.accounts else ["accounts"]),
        "line_tax",
        "tax_codes",
    }
    return Entry(
        name=can.chosen_as or can.name,
        words=can.chosen_words,
        way_in=_way_in(each),
        can=[KIND_TITLES[kind] for kind in Kind if kind in can.kinds],
        switchable=[switch.words for switch in can.switches.values()],
        # What it lacks altogether comes first.
        cannot=[
            can.cannot[case] for case in sorted(can.cannot, key=lambda case: case not in lacking)
        ],
        apps=apps,
        missing="" if apps else _missing(each, wanted.get(can.name, "")),
    )


def _way_in(each: System) -> str:
    if isinstance(each.access, OAuth):
        return "Consent, on a page of theirs: Tieout never sees your password there."
    if isinstance(each.access, Folder):
        return "A folder of files, which their program reads and writes."
    if isinstance(each.access, Mailbox):
        return "Files, which you download or find in a folder, and what comes back as a file."
    return "A key or a login, which you fill in here and which is kept sealed."


def _missing(each: System, setting: str) -> str:
    if isinstance(each.access, Folder):
        return "An administrator names a folder for it in the environment (LEDGER_FOLDERS)."
    if setting:
        return (
            f"An administrator registers Tieout with {each.capabilities.name} and gives its client id "
            f"and secret in the environment ({setting} …)."
        )
    return "An administrator gives its address in the environment."
