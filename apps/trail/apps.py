from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate, pre_migrate


class TrailConfig(AppConfig):
    name = "apps.trail"

    def ready(self) -> None:
        from django_q.models import Schedule

        from apps.billing.sight import belongs
        from apps.core import deeds
        from apps.core.lifting import teach
        from apps.sync.schedules import DUTIES, TASKS
        from apps.trail.guards import lift_guards, set_guards
        from apps.trail.pack.asking import TASK as MAKE_PACK
        from apps.trail.ruled import keep
        from apps.trail.tasks import TASK
        from apps.trail.whose import WHOSE

        connection_created.connect(teach, dispatch_uid="trail.teach")
        pre_migrate.connect(lift_guards, sender=self)
        post_migrate.connect(set_guards, sender=self)
        deeds.listeners.append(keep)
        belongs(WHOSE)
        TASKS.update((TASK, MAKE_PACK))
        DUTIES["trail"] = {
            "func": "apps.trail.tasks.seal_what_is_new",
            "schedule_type": Schedule.MINUTES,
            "minutes": 1,
        }
        DUTIES["trail head"] = {
            "func": "apps.trail.tasks.mail_head",
            "schedule_type": Schedule.DAILY,
        }
        DUTIES["trail verified"] = {
            "func": "apps.trail.tasks.verify_all",
            "schedule_type": Schedule.WEEKLY,
        }
