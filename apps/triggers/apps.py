from django.apps import AppConfig


class TriggersConfig(AppConfig):
    name = "apps.triggers"

    def ready(self) -> None:
        from django_q.models import Schedule

        from apps.billing import changes
        from apps.billing.sight import belongs
        from apps.core.sealed_fields import FIELDS
        from apps.staff.entrance import own_keys
        from apps.sync.models import news
        from apps.sync.schedules import DUTIES, TASKS
        from apps.triggers.api.keys import count_own, revoke_own
        from apps.triggers.events.of_records import asked_for, wake_with_news
        from apps.triggers.events.wake import wake_those_listened_to
        from apps.triggers.models.sealed_fields import SEALED
        from apps.triggers.models.whose import WHOSE

        belongs(WHOSE)
        FIELDS.extend(SEALED)
        changes.listeners.append(wake_those_listened_to)
        own_keys.keepers.append(own_keys.OwnKeys(count=count_own, revoke=revoke_own))
        news.askers.append(asked_for)
        news.listeners.append(wake_with_news)
        DUTIES["events"] = {
            "func": "apps.triggers.tasks.tick",
            "schedule_type": Schedule.MINUTES,
            "minutes": 1,
        }
        DUTIES["old events"] = {
            "func": "apps.triggers.tasks.purge",
            "schedule_type": Schedule.DAILY,
        }
        TASKS.update(
            {
                "apps.triggers.delivery.sending.send_due",
                "apps.triggers.tasks.tell",
                "apps.triggers.tasks.tell_brought",
            }
        )
