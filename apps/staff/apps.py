from django.apps import AppConfig


class StaffConfig(AppConfig):
    name = "apps.staff"

    def ready(self) -> None:
        # allauth's signals, not ours: its own apps are told of sign-ins in the same way.
        from apps.core.lookups import keep_to_columns
        from apps.core.sealed_fields import FIELDS
        from apps.staff.entrance import noted
        from apps.staff.entrance.sealed_fields import SEALED

        FIELDS.extend(SEALED)
        keep_to_columns()
        noted.listen()
