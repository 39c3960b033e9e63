"""What a person switches on for one set of books: the form, and what it says of each switch."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse

from apps.backoffice.frame.acts import ActForm
from apps.backoffice.frame.versions import State
from apps.connections.models import Connection
from apps.connections.switching import switch, switches_of


class SwitchesForm(ActForm):
    """A box for each switch of the connector, with its sentence; nothing else is asked."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, each in switches_of(self.record).items():
            self.fields[name] = forms.BooleanField(
                label=each.words,
                help_text=each.sentence,
                required=False,
                initial=name in self.record.switched_on,
            )


def has_switches(connection: Connection) -> bool:
    in_use = connection.stage != Connection.Stage.DISCONNECTED
    return in_use and bool(switches_of(connection))


def means(connection: Connection) -> str:
    name = connection.system_name
    return (
        f"It holds for what is made from now on. What was left out before stays left out: to send "
        f"it, open it under “Status in {name}” and press Retry. Switched off, nothing more of it is "
        f"made, and what stands in {name} stays as it is."
    )


def switches_now(connection: Connection) -> State:
    """Which are on, under the names of the form's fields."""
    told = {True: "on", False: "off"}
    return {
        name: (
            each.words,
            told[name in connection.switched_on],
            told[name in connection.switched_on],
        )
        for name, each in switches_of(connection).items()
    }


def set_switches(
    request: HttpRequest, connection: Connection, answers: dict[str, Any]
) -> str | HttpResponse:
    chosen = [name for name in switches_of(connection) if answers.get(name)]
    if not switch(connection, chosen):
        return "Nothing was changed."
    words = [each.words for name, each in switches_of(connection).items() if name in chosen]
    if not words:
        return "All of it is off now. What stands there stays as it is."
    return f"On from now: {', '.join(words)}."


def shown(connection: Connection) -> list[tuple[str, str, bool]]:
    """For the page of the connection: words, sentence, whether it is on."""
    return [
        (each.words, each.sentence, name in connection.switched_on)
        for name, each in switches_of(connection).items()
    ]
