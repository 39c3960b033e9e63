from django.apps import AppConfig


class AlertsConfig(AppConfig):
    name = "apps.alerts"

    def ready(self) -> None:
        from django_q.models import Schedule

        from apps.alerts.models.whose import WHOSE
        from apps.billing.sight import belongs
        from apps.sync.schedules import DUTIES

        belongs(WHOSE)
        DUTIES["alerts"] = {
            "func": "apps.alerts.tasks.look",
            "schedule_type": Schedule.MINUTES,
            "minutes": 1,
        }
