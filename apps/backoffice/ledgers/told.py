"""What these books tell by themselves: the address, whether it is heard, and since when."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse

from apps.backoffice.frame.formatting import BAD, BUSY, GOOD, PLAIN, WARN, ago
from apps.connections.clock import now
from apps.connections.endpoints import setting_of
from apps.connections.models import Connection
from apps.webhooks.keys import keys_of, webhooks_of
from apps.webhooks.models import Delivery, Notice, Registration
from apps.webhooks.registering import address_of

A_DAY = timedelta(days=1)
HEARD = ("Heard", GOOD)


@dataclass(frozen=True, kw_only=True)
class ToldPanel:
    name: str
    address: str
    standing: tuple[str, str]  # words, colour
    hears: bool  # their messages are read: a key was given or has come
    sentence: str
    last_heard: str
    refused: str
    url: str


def told_panel(connection: Connection) -> ToldPanel | None:
    """None where a system tells nothing by itself."""
    webhooks = webhooks_of(connection.system)
    if webhooks is None:
        return None
    heard = _last_heard(connection)
    standing, sentence = _standing(connection, heard)
    return ToldPanel(
        name=connection.system_name,
        address=address_of(connection.system),
        standing=standing,
        hears=standing == HEARD,
        sentence=sentence,
        last_heard=ago(heard),
        refused=_refused(connection),
        url=f"{reverse('admin:webhooks_delivery_changelist')}?books={connection.pk}",
    )


def _last_heard(connection: Connection) -> datetime | None:
    notices = Notice.objects.filter(connection=connection).order_by("-pk")
    return notices.values_list("delivery__received_at", flat=True).first()


def _standing(connection: Connection, heard: datetime | None) -> tuple[tuple[str, str], str]:
    name, webhooks = connection.system_name, webhooks_of(connection.system)
    assert webhooks is not None
    if webhooks.registering is not None:
        row = Registration.objects.filter(connection=connection).first()
        given = connection.environment in {each for each, _ in keys_of(connection.system)}
        if row is None and not given:
            return (
                "Not registered",
                PLAIN,
            ), f"Press “Be told of changes”, and {name} tells them at once."
        if row is not None and row.confirmed_at is None:
            waits = (
                f"{name} was given the address {ago(row.asked_at)}, and its key has not come yet."
            )
            return ("Waits for its key", WARN if row.problem else BUSY), row.problem or waits
    elif connection.environment not in {each for each, _ in keys_of(connection.system)}:
        setting = setting_of(connection.system, connection.environment, "webhook_key")
        words = f"An administrator gives the key in {setting}. {webhooks.where}"
        return ("No key given", PLAIN), words
    if heard is None:
        return ("Never heard", WARN), f"Nothing came of these books yet. {webhooks.where}"
    return HEARD, ""


def _refused(connection: Connection) -> str:
    """Whose they were nobody knows: of the whole system, in the last day."""
    rows = Delivery.objects.filter(
        system=connection.system,
        state=Delivery.State.REFUSED,
        received_at__gte=now() - A_DAY,
    )
    times = sum(rows.values_list("times", flat=True))
    if not times:
        return ""
    were = "One delivery was" if times == 1 else f"{times:,} deliveries were"
    return f"{were} refused in the last day."


DELIVERY_COLOURS = {
    Delivery.State.NEW: BUSY,
    Delivery.State.READ: GOOD,
    Delivery.State.UNREADABLE: WARN,
    Delivery.State.HANDSHAKE: BUSY,
    Delivery.State.CONFIRMED: GOOD,
    Delivery.State.NOT_OURS: BAD,
    Delivery.State.REFUSED: BAD,
}
