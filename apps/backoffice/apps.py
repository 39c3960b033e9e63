from django.apps import AppConfig
from django.conf import settings


class BackofficeConfig(AppConfig):
    name = "apps.backoffice"

    def ready(self) -> None:
        if settings.ADMIN_THEME == "unfold":
            from apps.backoffice.frame.structured import show_as_ours

            show_as_ours()
