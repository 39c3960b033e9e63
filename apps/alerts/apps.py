from django.apps import AppConfig


class AlertsConfig(AppConfig):
    name = "apps.alerts"

    def ready(self) -> None:
        from django_q.models import Schedule

        from apps.alerts.models.sealed_fields import SEALED
        from apps.alerts.models.whose import WHOSE
        from apps.billing.sight import belongs
        from apps.core.sealed_fields import FIELDS
        from apps.sync.schedules import DUTIES

        belongs(WHOSE)
        FIELDS.extend(SEALED)
        DUTIES["alerts"] = {
            "func": "apps.alerts.tasks.look",
            "schedule_type": Schedule.MINUTES,
            "minutes": 1,
        }
