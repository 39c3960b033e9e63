"""Keep the simulated ledgers in their own database file, and nothing else there."""

from typing import Any


class SandboxRouter:
    def db_for_read(self, model: type, **hints: Any) -> str:
        return "sandbox"

    def db_for_write(self, model: type, **hints: Any) -> str:
        return "sandbox"

    def allow_relation(self, obj1: Any, obj2: Any, **hints: Any) -> bool:
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == "sandbox" and app_label == "sandbox"
