from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    name = "apps.webhooks"

    def ready(self) -> None:
        from apps.billing.sight import belongs
        from apps.webhooks.whose import WHOSE

        belongs(WHOSE)
