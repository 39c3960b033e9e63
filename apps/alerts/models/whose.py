"""How alerts, and who is told of them, belong to a company."""

from typing import Final

from apps.billing.sight import Belonging, Everybodys, OrEverybodys

_OF_THE_INSTALLATION: Final = (
    "Of the installation, such as a worker that stands still: of no company."
)

WHOSE: Final[dict[str, Belonging]] = {
    "alerts.Alert": OrEverybodys("company", _OF_THE_INSTALLATION),
    "alerts.Event": OrEverybodys("alert__company", _OF_THE_INSTALLATION),
    "alerts.Pulse": Everybodys("When workers were last alive."),
    "alerts.AlertRule": "company",
    "alerts.Delivery": OrEverybodys("event__alert__company", _OF_THE_INSTALLATION),
}
