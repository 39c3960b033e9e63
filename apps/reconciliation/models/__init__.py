"""What comparisons are kept as: what they found, what differs, what they ask; the weekly review,
the months that were closed, and the proofs that were signed."""

from apps.reconciliation.models.comparisons import KeptComparison
from apps.reconciliation.models.differences import Difference, Why
from apps.reconciliation.models.months import ClosedMonth
from apps.reconciliation.models.proofs import BooksProof
from apps.reconciliation.models.questions import Cause, Question
from apps.reconciliation.models.review import (
    ReviewItem,
    ReviewKind,
    ReviewLook,
    ReviewRemark,
    ReviewWeek,
)

__all__ = [
    "BooksProof",
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
