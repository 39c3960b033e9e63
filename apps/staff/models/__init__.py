"""People, and what happens to their access."""

from apps.staff.models.security import SecurityEvent
from apps.staff.models.users import User, UserManager, UserQuerySet

__all__ = ["SecurityEvent", "User", "UserManager", "UserQuerySet"]
