"""People, and what happens to their access."""

from apps.staff.models.declarations import OnePersonDeclaration
from apps.staff.models.invitations import Invitation
from apps.staff.models.rights import RightsRequest
from apps.staff.models.security import SecurityEvent
from apps.staff.models.users import User, UserManager, UserQuerySet

__all__ = [
    "Invitation",
    "OnePersonDeclaration",
    "RightsRequest",
    "SecurityEvent",
    "User",
    "UserManager",
    "UserQuerySet",
]
