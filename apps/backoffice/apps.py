from django.apps import AppConfig, apps
from django.conf import settings
from django.db.models.signals import post_migrate, pre_migrate


class BackofficeConfig(AppConfig):
    name = "apps.backoffice"

    def ready(self) -> None:
        from apps.backoffice.frame.word_index import drop_triggers, make_word_indexes

        # An app without models of its own is told of no migration: the last one that is searched.
        searched = apps.get_app_config("sync")
        pre_migrate.connect(drop_triggers, sender=searched)
        post_migrate.connect(make_word_indexes, sender=searched)
        if settings.ADMIN_THEME == "unfold":
            from apps.backoffice.frame.structured import show_as_ours

            show_as_ours()
