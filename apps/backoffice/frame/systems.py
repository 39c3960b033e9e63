"""The connected accounting systems, as one speaks of them together."""

from apps.connections.models import Connection


def systems_in_words() -> str:
    """“QuickBooks” where only that is connected; else what all of them are."""
    rows = Connection.objects.exclude(stage=Connection.Stage.DISCONNECTED)
    names = {each.system_name for each in rows.only("system")}
    return names.pop() if len(names) == 1 else "the accounting systems"
