"""The duty: each minute a look at everything, and what is due is told."""

from django.utils import timezone

from apps.alerts import pulse
from apps.alerts.causes import look_everywhere
from apps.alerts.keeping import keep
from apps.alerts.telling.addressing import address
from apps.alerts.telling.sending import send_due


def look() -> str:
    now = timezone.now()
    pulse.beat(pulse.BEGUN, now)
    events = keep(look_everywhere(now))
    pulse.beat(pulse.LOOKED, now)
    address(now)
    told = send_due(now)
    return f"{len(events)} events, {told} recipients"
