import logging

from django.apps import AppConfig


class ConnectionsConfig(AppConfig):
    name = "apps.connections"

    def ready(self) -> None:
        from apps.billing.sight import belongs
        from apps.connections.checks import register_checks
        from apps.connections.models.whose import WHOSE
        from apps.connections.sealed_fields import SEALED
        from apps.core.sealed_fields import FIELDS

        belongs(WHOSE)
        FIELDS.extend(SEALED)
        register_checks()
        # At DEBUG these two write tokens and token requests into the log in clear.
        for talkative in ("requests_oauthlib", "oauthlib"):
            logging.getLogger(talkative).setLevel(logging.WARNING)
