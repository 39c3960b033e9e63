"""What comparisons are kept as: what they found, what differs, what they ask; the weekly review,
and the months that were closed."""

from apps.reconciliation.models.comparisons import KeptComparison
from apps.reconciliation.models.differences import Difference, Why
from apps.reconciliation.models.months import ClosedMonth
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
    "ClosedMonth",
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
