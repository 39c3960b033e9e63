"""Our sums and the ledger's, worked out by two hands: they agree on every document.

`TIEOUT_SUMS` is how many documents are drawn (`.ci/run`: 10,000); a hundred thousand by
`python -m tests.sums.many`.
"""

import os

from hypothesis import HealthCheck, given, settings

from tests.sums.drawing import Drawn, documents
from tests.sums.laying import lay

DOCUMENTS = int(os.environ.get("TIEOUT_SUMS", "300"))


@settings(
    max_examples=DOCUMENTS,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(documents())
def test_every_document_comes_to_the_same_on_both_sides_and_its_credit_note_cancels_it(
    document: Drawn,
) -> None:
    lay(document)
