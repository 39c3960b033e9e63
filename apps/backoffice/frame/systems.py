"""The accounting systems, as one speaks of them together."""

from django.http import HttpRequest

from apps.backoffice.frame.asked_once import asked_once
from apps.backoffice.frame.sight import in_sight
from apps.connections.models import Connection
from apps.connectors.registry import systems


def systems_in_words(request: HttpRequest | None = None) -> str:
    """The name of the one that is connected, to a company of whoever asks; else what all are."""
    connections = Connection.objects.all()
    if request is not None:
        connections = in_sight(request.user, connections)
    rows = connections.exclude(stage=Connection.Stage.DISCONNECTED).order_by().only("system")
    asked = systems_in_words, request and request.user.pk
    names = asked_once(asked, lambda: {each.system_name for each in rows})
    return next(iter(names)) if len(names) == 1 else "the accounting systems"


def systems_on_offer() -> str:
    """“One or another”: the systems that a company can be connected with, what stands for many last."""
    can = [each.capabilities for each in systems().values()]
    named = sorted(each.name for each in can if not each.chosen_as)
    many = sorted(each.chosen_as for each in can if each.chosen_as)
    return " or ".join([*named, *(each[0].lower() + each[1:] for each in many)])
