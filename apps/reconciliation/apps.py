from django.apps import AppConfig


class ReconciliationConfig(AppConfig):
    name = "apps.reconciliation"

    def ready(self) -> None:
        from django_q.models import Schedule

        from apps.billing.sight import belongs
        from apps.reconciliation.whose import WHOSE
        from apps.sync.schedules import DUTIES, TASKS

        belongs(WHOSE)
        DUTIES["comparisons"] = {
            "func": "apps.reconciliation.tasks.compare_the_due",
            "schedule_type": Schedule.MINUTES,
            "minutes": 5,
        }
        DUTIES["review"] = {
            "func": "apps.reconciliation.tasks.keep_review",
            "schedule_type": Schedule.MINUTES,
            "minutes": 10,
        }
        TASKS.add("apps.reconciliation.tasks.carry_out")
