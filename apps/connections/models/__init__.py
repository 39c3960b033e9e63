"""Which books we may use."""

from apps.connections.models.connections import Bucket, Connection
from apps.connections.models.grants import ConsentState, Grant
from apps.connections.models.invitations import Invitation
from apps.connections.models.mailbox import (
    BatchDownload,
    BatchFile,
    BroughtFile,
    BroughtRow,
    FolderLook,
    Said,
)

__all__ = [
    "BatchDownload",
    "BatchFile",
    "BroughtFile",
    "BroughtRow",
    "Bucket",
    "Connection",
    "ConsentState",
    "FolderLook",
    "Grant",
    "Invitation",
    "Said",
]
