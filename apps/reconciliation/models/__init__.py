"""What comparisons are kept as: what they found, what differs, what they ask; and the weekly review."""

from apps.reconciliation.models.comparisons import KeptComparison
from apps.reconciliation.models.differences import Difference, Why
from apps.reconciliation.models.questions import Cause, Question
from apps.reconciliation.models.review import (
    ReviewItem,
    ReviewKind,
    ReviewLook,
    ReviewRemark,
    ReviewWeek,
)

__all__ = [
    "Cause",
    "Difference",
    "KeptComparison",
    "Question",
    "ReviewItem",
    "ReviewKind",
    "ReviewLook",
    "ReviewRemark",
    "ReviewWeek",
    "Why",
]
