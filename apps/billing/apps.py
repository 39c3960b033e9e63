from django.apps import AppConfig
from simple_history.signals import pre_create_historical_record


class BillingConfig(AppConfig):
    name = "apps.billing"

    def ready(self) -> None:
        from apps.billing.acts.history import keep_lines
        from apps.billing.reach import ByCompanies
        from apps.billing.rules.whose import WHOSE
        from apps.billing.sight import belongs
        from apps.staff import reach

        # simple-history's own hook, not a signal between our apps.
        pre_create_historical_record.connect(keep_lines, dispatch_uid="billing.keep_lines")
        belongs(WHOSE)
        reach.answers.append(ByCompanies())
