from django.apps import AppConfig


class StaffConfig(AppConfig):
    name = "apps.staff"

    def ready(self) -> None:
        # allauth's signals, not ours: its own apps are told of sign-ins in the same way.
        from apps.staff.entrance import noted

        noted.listen()
