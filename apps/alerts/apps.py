from django.apps import AppConfig


class AlertsConfig(AppConfig):
    name = "apps.alerts"

    def ready(self) -> None:
        from django_q.models import Schedule

        from apps.sync.schedules import DUTIES

        DUTIES["alerts"] = {
            "func": "apps.alerts.tasks.look",
            "schedule_type": Schedule.MINUTES,
            "minutes": 1,
        }
