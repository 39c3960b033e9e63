"""A whole company out in a file: the page that asks for a passphrase, and the download."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils.text import slugify

from apps.backoffice.frame.acts import ActForm, ButtonAct
from apps.backoffice.frame.downloads import attached
from apps.backoffice.frame.formatting import ago, in_bytes, in_groups
from apps.backoffice.frame.once import nothing_done
from apps.backoffice.frame.permissions import person
from apps.billing.models import Company
from apps.exchange.archive.sealed import refuse_weak
from apps.exchange.archive.taking import Taking
from apps.exchange.models import CompanyArchive
from apps.staff.acts import ActName

UNSEEN = {"autocomplete": "new-password"}


class PassphraseForm(ActForm):
    passphrase = forms.CharField(
        strip=False,
        widget=forms.PasswordInput(attrs=UNSEEN),
        help_text="At least 12 characters; four or five words do well. Tieout keeps it nowhere: "
        "without it nobody can open the archive.",
    )
    again = forms.CharField(
        label="The same again", strip=False, widget=forms.PasswordInput(attrs=UNSEEN)
    )

    def clean_passphrase(self) -> str:
        typed = str(self.cleaned_data["passphrase"])
        refuse_weak(typed)
        return typed

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if "passphrase" in cleaned and cleaned.get("again") not in (None, cleaned["passphrase"]):
            raise ValidationError({"again": "The two are not the same. Type both again."})
        return cleaned


class _Through:
    """Takes what is written until it is fetched."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def write(self, data: bytes) -> int:
        self._waiting += data
        return len(data)

    def fetched(self) -> bytes:
        taken = bytes(self._waiting)
        self._waiting.clear()
        return taken


def _take(request: HttpRequest, company: Company, answers: dict[str, Any]) -> HttpResponse:
    through = _Through()
    taking = Taking(company, through, answers["passphrase"], person(request))
    response = StreamingHttpResponse(_pieces(taking, through))
    name = slugify(company.legal_name) or "company"
    attached(response, f"{name}-{company.today()}.tieout", "application/octet-stream")
    # Pressed again, it is taken again: the first may have broken off on its way.
    return nothing_done(response)  # type: ignore[arg-type] # a stream


def _pieces(taking: Taking, through: _Through) -> Iterator[bytes]:
    for _ in taking.portions():
        if piece := through.fetched():
            yield piece
    yield through.fetched()


def _means(company: Company) -> str:
    rows = CompanyArchive.objects.filter(company=company, ended_at__isnull=False)
    last = rows.select_related("taken_by").first()
    before = (
        f" Last taken {ago(last.began_at)} by {last.taken_by or 'the command'}, "
        f"{in_bytes(last.size)}, SHA-256 {in_groups(last.sha256)}."
        if last
        else " None was taken yet."
    )
    return (
        "Everything of this company goes into one file as of this moment: customers, documents, "
        "money, history, kept prints, and what is known of its books over there. What lets Tieout "
        "into those books stays behind, and so do scheduled exports and the files that they made. "
        "Whoever runs Tieout brings it back by “manage.py restore”: as a new company, whole or not "
        f"at all, with its books disconnected. That you took it is noted.{before}"
    )


TAKE_ARCHIVE = ButtonAct(
    name="archive",
    words="Take an archive",
    permission=ActName.TAKE_ARCHIVE,
    asks=PassphraseForm,
    means=_means,
    do=_take,
)
