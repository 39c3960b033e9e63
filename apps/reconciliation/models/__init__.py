"""What comparisons are kept as: what they found, what differs, and what they ask."""

from apps.reconciliation.models.comparisons import KeptComparison
from apps.reconciliation.models.differences import Difference, Why
from apps.reconciliation.models.questions import Cause, Question

__all__ = ["Cause", "Difference", "KeptComparison", "Question", "Why"]
