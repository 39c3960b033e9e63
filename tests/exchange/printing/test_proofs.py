"""A books proof on paper: the same bytes whenever it is made, and heads repeated on each page."""

import re

import pytest

from apps.billing.models import Company
from apps.exchange.printing import proofs
from apps.exchange.printing.proofs import print_proof
from apps.reconciliation.models import BooksProof, Difference, KeptComparison
from apps.reconciliation.proof.sections import Row, Section
from apps.reconciliation.proof.signing import sign
from apps.staff.models import User
from tests.exchange.printing.reading import page_texts
from tests.reconciliation.proof.books import compared

pytestmark = pytest.mark.django_db


@pytest.fixture
def proof(db: None) -> BooksProof:
    """300 invoices that differ by a penny each, and what was signed of it."""
    fay = User.objects.create_user(email="fay@example.com", name="Fay")
    kept = compared(by=fay)
    many = [f"Invoice INV-{n}: total is 1.00 GBP here and 1.01 GBP there." for n in range(300)]
    KeptComparison.objects.filter(pk=kept.pk).update(found={**kept.found, "differences": many})
    kept.refresh_from_db()
    return sign(kept, "Known", by=fay.pk)


def test_made_again_after_everything_changed_it_is_the_same_to_the_byte(proof: BooksProof) -> None:
    first = print_proof(proof)
    Company._base_manager.update(legal_name="Another Ltd", country="US", address="Elsewhere")
    Difference.objects.update(sentence="Nothing")
    KeptComparison.objects.update(found={})
    assert print_proof(BooksProof.objects.get()) == first


def test_long_lists_go_over_pages_with_their_head_and_the_number_of_the_page(
    proof: BooksProof,
) -> None:
    told = page_texts(print_proof(proof))
    assert len(told) > 5
    for number, page in enumerate(told, start=1):
        assert f"Page {number} of {len(told)}" in page
    listed = [page for page in told if "Invoice INV-" in page]
    # What lists differences begins with its head; the first pages hold what moves totals, too.
    assert sum("Theirs less ours" in page for page in listed) >= 5
    whole = "\n".join(told)
    assert re.sub(r"\s", "", whole).count(proof.sha256) == 1
    for number in range(300):
        assert f"Invoice INV-{number}: total is 1.00 GBP" in whole


def test_what_is_too_much_for_paper_is_cut_and_says_where_all_of_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(proofs, "ON_PAPER", 2)
    rows = [Row(cells=(each,)) for each in "abc"]
    cut = proofs._section(Section(title="t", headings=("What",), widths=(1,), rows=rows))
    assert [row["cells"][0]["lines"] for row in cut["rows"]] == [["a"], ["b"]]
    assert cut["note"] == "The first 2 of 3; the kept content, of the checksum above, has all."
