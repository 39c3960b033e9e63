"""Which books we may use."""

from apps.connections.models.connections import Bucket, Connection
from apps.connections.models.grants import ConsentState, Grant
from apps.connections.models.invitations import Invitation

__all__ = ["Bucket", "Connection", "ConsentState", "Grant", "Invitation"]
