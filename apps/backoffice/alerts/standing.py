"""Open alerts in their order, and how grave one is, drawn."""

from django.db.models import QuerySet
from django.utils.safestring import SafeString

from apps.alerts.models import Alert, Severity
from apps.backoffice.frame.formatting import BAD, GOOD, PLAIN, WARN, tag

COLOURS = {Severity.URGENT: BAD, Severity.TROUBLE: WARN, Severity.TO_KNOW: PLAIN}


def open_alerts() -> QuerySet[Alert]:
    """Oldest first, and of the same moment the largest."""
    rows = Alert.objects.filter(closed_at=None).select_related("connection", "company")
    return rows.order_by("opened_at", "-count", "id")


def severity_tag(alert: Alert) -> SafeString:
    if not alert.is_open:
        return tag("Over", GOOD)
    return tag(str(alert.severity.label), COLOURS[alert.severity])
