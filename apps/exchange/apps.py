from django.apps import AppConfig
from django.core.checks import Tags, register


class ExchangeConfig(AppConfig):
    name = "apps.exchange"

    def ready(self) -> None:
        from django_q.models import Schedule

        from apps.billing.sight import belongs
        from apps.exchange.coming_back.by_itself import EVERY
        from apps.exchange.models.whose import WHOSE
        from apps.exchange.schedules.daily import DailyReport
        from apps.exchange.schedules.exports import AgedReceivables, OtherSystem, PlainTextLedger
        from apps.exchange.schedules.makers import MAKERS
        from apps.exchange.storage.checks import files_are_sealed
        from apps.sync.schedules import DUTIES, TASKS

        register(Tags.security)(files_are_sealed)
        belongs(WHOSE)
        MAKERS.update(
            {
                "daily": DailyReport(),
                "aged": AgedReceivables(),
                "layout": OtherSystem(),
                "plain-text": PlainTextLedger(),
            }
        )
        DUTIES["exports"] = {
            "func": "apps.exchange.schedules.tasks.tick",
            "schedule_type": Schedule.MINUTES,
            "minutes": 1,
        }
        DUTIES["what came back"] = {
            "func": "apps.exchange.coming_back.by_itself.look_at_all",
            "schedule_type": Schedule.MINUTES,
            "minutes": EVERY,
        }
        DUTIES["kept files"] = {
            "func": "apps.exchange.schedules.tasks.forget",
            "schedule_type": Schedule.DAILY,
        }
        TASKS.update(
            {
                "apps.exchange.coming_back.by_itself.look",
                "apps.exchange.erasing.people.go_on",
                "apps.exchange.erasing.tasks.go_on",
                "apps.exchange.imports.background.go_on",
                "apps.exchange.imports.background.release_on",
                "apps.exchange.printing.many.go_on",
                "apps.exchange.schedules.tasks.make",
                "apps.exchange.schedules.tasks.post",
            }
        )
