"""The accounting systems, as one speaks of them together."""

from apps.connections.models import Connection
from apps.connectors.registry import choices


def systems_in_words() -> str:
    """The name of the one that is connected; else what all of them are."""
    rows = Connection.objects.exclude(stage=Connection.Stage.DISCONNECTED)
    names = {each.system_name for each in rows.only("system")}
    return names.pop() if len(names) == 1 else "the accounting systems"


def systems_on_offer() -> str:
    """“One or another”: the systems that a company can be connected with."""
    return " or ".join(sorted(name for _, name in choices()))
