"""How comparisons, proofs and the review belong to a company."""

from typing import Final

from apps.billing.sight import Belonging

WHOSE: Final[dict[str, Belonging]] = {
    "reconciliation.KeptComparison": "connection__company",
    "reconciliation.Difference": "connection__company",
    "reconciliation.Question": "connection__company",
    "reconciliation.ClosedMonth": "company",
    "reconciliation.BooksProof": "company",
    "reconciliation.ReviewItem": "company",
    "reconciliation.ReviewLook": "company",
    "reconciliation.ReviewRemark": "item__company",
    "reconciliation.ReviewWeek": "company",
}
