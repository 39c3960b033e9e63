"""The accounting systems, as one speaks of them together."""

from django.http import HttpRequest

from apps.backoffice.frame.asked_once import asked_once
from apps.backoffice.frame.books import books_of
from apps.connections.models import Connection
from apps.connectors.registry import systems


def systems_in_words(request: HttpRequest | None = None) -> str:
    """The name of the one that is connected, to a company of whoever asks; else what all are."""
    gone = Connection.Stage.DISCONNECTED
    if request is not None:
        names = {each.system_name for each in books_of(request) if each.stage != gone}
    else:
        rows = Connection.objects.exclude(stage=gone).order_by().only("system")
        names = asked_once(systems_in_words, lambda: {each.system_name for each in rows})
    return next(iter(names)) if len(names) == 1 else "the accounting systems"


def systems_on_offer() -> str:
    """“One or another”: the systems that a company can be connected with, what stands for many last."""
    can = [each.capabilities for each in systems().values()]
    named = sorted(each.name for each in can if not each.chosen_as)
    many = sorted(each.chosen_as for each in can if each.chosen_as)
    return " or ".join([*named, *(each[0].lower() + each[1:] for each in many)])
