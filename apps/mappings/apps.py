from django.apps import AppConfig


class MappingsConfig(AppConfig):
    name = "apps.mappings"

    def ready(self) -> None:
        from apps.billing.sight import belongs
        from apps.mappings.whose import WHOSE

        belongs(WHOSE)
