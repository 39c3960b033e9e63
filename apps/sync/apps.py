from django.apps import AppConfig
from django.db.models.signals import post_migrate


class SyncConfig(AppConfig):
    name = "apps.sync"

    def ready(self) -> None:
        from django_q.signals import post_spawn

        from apps import connections, mappings
        from apps.billing import changes
        from apps.billing.rules import objections
        from apps.billing.sight import belongs
        from apps.core.heap import leave_out_what_stays
        from apps.sync.assemble.foresee import objections_of_main_books
        from apps.sync.models.whose import WHOSE
        from apps.sync.queue import make_plain
        from apps.sync.schedules import make_schedules
        from apps.sync.scheduling import keep_to_duties
        from apps.sync.want.wake import wake_connected, wake_mapped, wake_those_with_changes

        make_plain()
        keep_to_duties()
        belongs(WHOSE)
        objections.objectors.append(objections_of_main_books)
        changes.listeners.append(wake_those_with_changes)
        connections.listeners.append(wake_connected)
        mappings.listeners.append(wake_mapped)
        post_migrate.connect(make_schedules, sender=self)
        post_spawn.connect(leave_out_what_stays, dispatch_uid="sync.leave_out_what_stays")
