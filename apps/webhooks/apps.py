from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    name = "apps.webhooks"

    def ready(self) -> None:
        from apps.billing.sight import belongs
        from apps.core.sealed_fields import FIELDS
        from apps.webhooks.sealed_fields import SEALED
        from apps.webhooks.whose import WHOSE

        belongs(WHOSE)
        FIELDS.extend(SEALED)
