"""Signing a comparison, and its proof on the screens: page, paper, kept content, postings."""

import hashlib
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from apps.core.lifting import lifted
from apps.reconciliation.models import BooksProof, Difference, KeptComparison
from apps.staff.models import User
from tests.reconciliation.proof.books import SEVEN, compared

Browse = Callable[[str], Client]
LIST = "/admin/reconciliation/booksproof/"


@pytest.fixture
def kept(people: dict[str, User]) -> KeptComparison:
    return compared(by=people["Fay"])


def sign(kept: KeptComparison, client: Client, text: str = "Known") -> BooksProof | None:
    address = reverse("admin:reconciliation_keptcomparison_sign", args=[kept.pk])
    client.post(address, {"text": text})
    return BooksProof.objects.first()


def test_who_posts_signs_it_and_is_led_to_the_proof(kept: KeptComparison, browse: Browse) -> None:
    comparison = f"/admin/reconciliation/keptcomparison/{kept.pk}/change/"
    assert "Sign it" in browse("Fay").get(comparison).content.decode()
    assert "Sign it" not in browse("Vera").get(comparison).content.decode()
    assert sign(kept, browse("Vera")) is None
    assert sign(kept, browse("Fay"), "") is None  # both sides do not agree: a word is asked for

    proof = sign(kept, browse("Fay"))
    assert proof is not None
    signed = browse("Vera").get(comparison).content.decode()
    assert f"{LIST}{proof.pk}/change/" in signed
    assert "By Fay on 28 Nov 2026" in signed
    assert "Sign it" not in browse("Fay").get(comparison).content.decode()


def test_its_page_says_the_same_whatever_happens_to_the_rows(
    kept: KeptComparison, browse: Browse
) -> None:
    proof = sign(kept, browse("Fay"))
    assert proof is not None
    address = f"{LIST}{proof.pk}/change/"

    def shown() -> str:
        page = browse("Vera").get(address).content.decode()
        return page[page.index("<h2>Books proof as of") : page.index("Add it up yourself")]

    before = shown()
    assert SEVEN in before
    assert proof.sha256 in before
    assert "Both sides do not agree" in before
    Difference.objects.update(sentence="Nothing", amount=7)
    KeptComparison.objects.filter(pk=kept.pk).update(found={}, sentence="Nothing")
    assert shown() == before


def test_paper_content_and_postings_are_handed_out_to_who_may_see_them(
    kept: KeptComparison, browse: Browse
) -> None:
    proof = sign(kept, browse("Fay"))
    assert proof is not None
    page = browse("Vera").get(f"{LIST}{proof.pk}/change/").content.decode()
    assert reverse("admin:reconciliation_keptcomparison_proof", args=[kept.pk, "journal"]) in page

    paper = browse("Vera").get(f"{LIST}{proof.pk}/pdf/")
    assert paper.content.startswith(b"%PDF")
    content = browse("Vera").get(f"{LIST}{proof.pk}/content/")
    assert hashlib.sha256(content.content).hexdigest() == proof.sha256
    for what in ("pdf", "content"):
        assert browse("Otto").get(f"{LIST}{proof.pk}/{what}/").status_code == 403
        assert browse("Vera").get(f"{LIST}{proof.pk + 1}/{what}/").status_code == 404
    found = browse("Vera").get(f"{LIST}?q={proof.sha256[:10]}").context["cl"].result_list
    assert list(found) == [proof]
    assert "content" in found[0].get_deferred_fields()
    assert "Differs" in browse("Vera").get(LIST).content.decode()


def test_one_of_the_timetable_says_how_its_postings_are_had(
    people: dict[str, User], browse: Browse
) -> None:
    proof = sign(compared(), browse("Fay"))
    assert proof is not None
    page = browse("Vera").get(f"{LIST}{proof.pk}/change/").content.decode()
    assert "No postings were kept with it" in page
    assert "by the timetable" in page


def test_what_somebody_changed_behind_it_is_told(kept: KeptComparison, browse: Browse) -> None:
    proof = sign(kept, browse("Fay"))
    assert proof is not None
    address = f"{LIST}{proof.pk}/change/"
    assert "It is not what was signed" not in browse("Vera").get(address).content.decode()
    KeptComparison.objects.filter(pk=kept.pk).update(journal=b"another")
    assert "are not those that were signed" in browse("Vera").get(address).content.decode()
    with lifted():
        BooksProof._base_manager.all()._update(
            [(BooksProof._meta.get_field("sha256"), None, "0" * 64)]
        )
    assert "It is not what was signed" in browse("Vera").get(address).content.decode()
