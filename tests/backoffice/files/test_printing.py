"""Printing, statements and mails over HTTP, as people use them."""

import email
import io
import re
from collections.abc import Callable
from email import policy
from html import unescape
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission
from django.core import mail
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from apps.backoffice.files import many as screens
from apps.exchange.models import IssuedPrint, MailedPrint, PrintDownload, PrintJob
from apps.exchange.printing import many
from apps.exchange.printing.mailing import Letter, send
from apps.exchange.printing.words import LANGUAGES
from apps.staff.models import User
from tests.backoffice.documents.test_acts import page
from tests.backoffice.files.mail_server import mail_server
from tests.backoffice.world import World
from tests.exchange.printing.reading import text_of

Browse = Callable[[str], Client]
INVOICES = "admin:billing_invoice_changelist"


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def test_whoever_may_see_it_may_print_it(world: World, browse: Browse) -> None:
    answer = browse("Vera").get(page(world.open_invoice, "pdf"))

    assert answer.headers["Content-Type"] == "application/pdf"
    assert "no-store" in answer.headers["Cache-Control"]
    assert f'filename="{world.open_invoice.number}.pdf"' in answer.headers["Content-Disposition"]
    assert str(world.open_invoice.number) in text_of(answer.content)
    assert IssuedPrint.objects.get().invoice == world.open_invoice
    assert browse("Otto").get(page(world.open_invoice, "pdf")).status_code == 403
    assert browse("").get(page(world.open_invoice, "pdf")).status_code == 302


def test_a_paid_invoice_offers_the_copy_and_what_was_issued(world: World, browse: Browse) -> None:
    fay = browse("Fay")
    copy = text_of(fay.get(page(world.invoice, "pdf")).content)
    issued = text_of(fay.get(page(world.invoice, "pdf-as-issued")).content)
    french = fay.post(page(world.invoice, "pdf-in-another-language"), {"language": "fr"})
    shown = fay.get(page(world.invoice)).content.decode()

    assert "COPY" in copy
    assert "COPY" not in issued
    assert "COPIE" in text_of(french.content)
    assert IssuedPrint.objects.get().sha256 in shown
    assert "PDF as issued" in shown
    assert "PDF as issued" not in fay.get(page(world.open_invoice)).content.decode()


def test_a_draft_is_not_printed(world: World, browse: Browse) -> None:
    fay = browse("Fay")
    assert 'pdf/"' not in fay.get(page(world.draft)).content.decode()
    answer = fay.get(page(world.draft, "pdf"), follow=True)
    assert "is not possible" in answer.content.decode()
    choose(fay, world.draft)
    assert "Drafts are not printed" in fay.get(reverse(INVOICES)).content.decode()
    assert not IssuedPrint.objects.exists()


def test_credit_note_and_receipt_are_printed_too(world: World, browse: Browse) -> None:
    vera = browse("Vera")
    assert "Credits invoice" in text_of(vera.get(page(world.note, "pdf")).content)
    assert "Amount received 150.00 GBP" in text_of(vera.get(page(world.payment, "pdf")).content)


def test_a_statement_asks_for_its_kind_and_day(world: World, browse: Browse) -> None:
    vera, customer = browse("Vera"), world.invoice.customer
    address = page(customer, "statement")
    asked = {"print": "yes", "on": "2026-11-28", "language": "en"}

    assert "Show PDF" in vera.get(address).content.decode()
    items = text_of(vera.get(address, {**asked, "how": "open"}).content)
    moved = text_of(vera.get(address, {**asked, "how": "moved", "start": "2026-01-01"}).content)
    assert str(world.open_invoice.number) in items
    assert "Opening balance 0.00" in moved
    refused = vera.get(address, {**asked, "how": "moved", "start": "2026-12-01"})
    assert "The first day lies after the last." in refused.content.decode()
    assert "Say from which day." in vera.get(address, {**asked, "how": "moved"}).content.decode()
    assert "is no day here" in vera.get(address, {**asked, "on": "soon"}).content.decode()


def test_aged_receivables_stand_in_the_menu(world: World, browse: Browse) -> None:
    vera, address = browse("Vera"), reverse("admin:billing_customer_aged_receivables")
    assert address in vera.get(reverse("admin:index")).content.decode()
    asked = {"company": world.company.pk, "on": "2026-11-28", "language": "en", "print": "yes"}
    assert "Bell & Daughters" in text_of(vera.get(address, asked).content)
    assert browse("Otto").get(address).status_code == 403


def test_aged_receivables_are_one_page_to_which_old_addresses_lead_with_every_paper(
    world: World, browse: Browse
) -> None:
    vera, address = browse("Vera"), reverse("admin:billing_customer_aged_receivables")
    report = reverse("admin:billing_company_report", args=["aged-receivables"])
    asked = {"company": world.company.pk, "on": "2026-11-27"}

    assert vera.get(address)["Location"] == report
    led = vera.get(address, {**asked, "language": "de"})
    assert led["Location"] == f"{report}?company={world.company.pk}&on=2026-11-27"
    shown = vera.get(led["Location"]).content.decode()
    assert "Bell &amp; Daughters" in shown
    # A day that is none is asked for again, there.
    wrong = vera.get(
        address, {**asked, "on": "soon", "language": "en", "print": "yes"}, follow=True
    )
    assert "is no day here" in wrong.content.decode()
    # What the old page printed is offered on the one that remains, for the day that is shown.
    papers = dict(re.findall(r'href="([^"]*language=(?:[a-z]{2}))">([^<]*) \(PDF\)<', shown))
    assert set(papers.values()) == set(LANGUAGES.values())
    german = next(each for each, words in papers.items() if words == LANGUAGES["de"])
    assert "Fälligkeiten der Forderungen" in text_of(vera.get(unescape(german)).content)
    # It is of now, and by due date: another reading has its own file alone.
    known = vera.get(f"{led['Location']}&known_on=2026-11-27").content.decode()
    assert "language=de" not in known


# --- several -------------------------------------------------------------------------------------


def choose(client: Client, *invoices: Any) -> Any:
    keys = [str(each.pk) for each in invoices]
    form = {"action": "print_selected", "_selected_action": keys}
    return client.post(reverse(INVOICES), form)


def test_the_chosen_invoices_come_as_one_zip(world: World, browse: Browse) -> None:
    answer = choose(browse("Vera"), world.draft, world.invoice, world.open_invoice)

    with ZipFile(io.BytesIO(body(answer))) as archive:
        assert sorted(archive.namelist()) == sorted(
            many.name_of(each) for each in (world.invoice, world.open_invoice)
        )
        assert archive.read(many.name_of(world.invoice)).startswith(b"%PDF")


def test_many_are_made_in_the_background_and_downloads_are_noted(
    world: World, browse: Browse, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(settings, "PRIVATE_FILES_DIR", str(tmp_path))
    monkeypatch.setattr(screens.many, "AT_ONCE", 1)
    vera = browse("Vera")
    answer = choose(vera, world.invoice, world.open_invoice)
    job = PrintJob.objects.get()
    place = reverse("admin:exchange_printjob_change", args=[job.pk])

    assert answer.headers["Location"] == place
    waiting = vera.get(place)
    assert "0 of 2" in waiting.content.decode()
    assert waiting.headers["Refresh"] == "3"
    download = f"{place.removesuffix('change/')}download/"
    assert "is not possible" in vera.get(download, follow=True).content.decode()
    many.go_on(job.pk)
    assert "Refresh" not in vera.get(place).headers
    with ZipFile(io.BytesIO(body(vera.get(download)))) as archive:
        assert len(archive.namelist()) == 2
    assert browse("Otto").get(download).status_code == 403
    assert browse("").get(download).status_code == 302
    assert [row.user.email for row in PrintDownload.objects.all()] == ["vera@example.com"]
    assert "vera@example.com" in vera.get(place).content.decode().lower()
    (tmp_path / many.file_of(job)).unlink()
    PrintJob.objects.update(state=PrintJob.State.FAILED, sentence="The disk is full.")
    assert "The disk is full." in vera.get(place).content.decode()
    vera.post(f"{place.removesuffix('change/')}go-on/")
    many.go_on(job.pk)
    assert "Ready" in vera.get(place).content.decode()
    sealed = tmp_path / many.file_of(job)
    sealed.write_bytes(sealed.read_bytes()[:-1])
    assert "not what was kept" in vera.get(download, follow=True).content.decode()
    assert PrintDownload.objects.count() == 1
    sealed.unlink()
    assert "Choose the invoices again" in vera.get(download, follow=True).content.decode()


# --- mail ----------------------------------------------------------------------------------------


def letter(**fields: str) -> dict[str, str]:
    return {"to": "bell@example.com", "subject": "Your invoice", "text": "Here it is.", **fields}


def test_what_is_sent_is_shown_before_and_kept_afterwards(world: World, browse: Browse) -> None:
    cleo, address = browse("Cleo"), page(world.open_invoice, "send-by-email")
    before = cleo.get(address).content.decode()
    assert f"Invoice {world.open_invoice.number} from Thornfield Trading Ltd" in before
    assert "bell@example.com" in before
    assert "as it was issued" in before
    cleo.post(address, letter())
    sent, row = mail.outbox[0], MailedPrint.objects.get()
    name, content, kind = sent.attachments[0]

    assert (sent.to, sent.subject, sent.body) == (
        ["bell@example.com"], "Your invoice", "Here it is."
    )  # fmt: skip
    assert sent.from_email == "Thornfield Trading Ltd <tieout@localhost>"
    assert (name, kind) == (f"{world.open_invoice.number}.pdf", "application/pdf")
    assert content == bytes(IssuedPrint.objects.get().pdf)
    assert (row.state, row.sent_by.email, row.invoice) == (
        "sent", "cleo@example.com", world.open_invoice
    )  # fmt: skip
    assert row.sha256 == IssuedPrint.objects.get().sha256
    shown = cleo.get(page(world.open_invoice)).content.decode()
    assert "Printed and sent" in shown
    assert "Your invoice" in shown
    assert "It was sent to bell@example.com" in cleo.get(address).content.decode()


def test_a_form_posted_twice_sends_once(world: World, browse: Browse) -> None:
    fay, address = browse("Fay"), page(world.open_invoice, "send-by-email")
    form = {**letter(), **fay.opened(address)}  # type: ignore[attr-defined] # a Desk
    fay.post(address, form)
    fay.post(address, form)
    assert len(mail.outbox) == 1


@pytest.mark.slow
def test_receipts_and_statements_are_sent_too(world: World, browse: Browse) -> None:
    fay, customer = browse("Fay"), world.invoice.customer
    fay.post(page(world.payment, "send-by-email"), letter())
    fay.post(
        page(customer, "send-statement"),
        letter(how="moved", start="2026-01-01", on="2026-11-28"),
    )
    receipt, statement = (text_of(each.attachments[0][1]) for each in mail.outbox)
    assert "Amount received" in receipt
    assert "Closing balance" in statement
    assert {row.file_name for row in customer.mailed.all()} == {f"statement-{customer.pk}.pdf"}


@pytest.mark.variants
@pytest.mark.parametrize("to", ["nobody", "a@b@c.example", "bell@example.com\nBcc: x@example.com"])
def test_a_bad_address_is_refused_in_a_sentence(to: str, world: World, browse: Browse) -> None:
    answer = browse("Fay").post(page(world.open_invoice, "send-by-email"), letter(to=to))
    assert "Enter a valid email address." in answer.content.decode()
    assert mail.outbox == []
    assert not MailedPrint.objects.exists()


def test_a_mail_goes_over_real_smtp_and_a_refusal_is_told(
    world: World, browse: Browse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "EMAIL_BACKEND", "django.core.mail.backends.smtp.EmailBackend")
    monkeypatch.setattr(settings, "EMAIL_HOST", "127.0.0.1")
    fay, address = browse("Fay"), page(world.open_invoice, "send-by-email")
    with mail_server() as server:
        monkeypatch.setattr(settings, "EMAIL_PORT", server.server_address[1])
        fay.post(address, letter(subject="Größe"))
    parsed: Any = email.message_from_bytes(server.taken[0], policy=policy.default)
    (attached,) = parsed.iter_attachments()
    assert parsed["Subject"] == "Größe"
    assert attached.get_content() == bytes(IssuedPrint.objects.get().pdf)

    with mail_server(refuses="550 5.1.1 No such user here") as server:
        monkeypatch.setattr(settings, "EMAIL_PORT", server.server_address[1])
        refused = fay.post(address, letter()).content.decode()
    assert "refused the address bell@example.com: 550 5.1.1 No such user here" in refused
    down = fay.post(address, letter()).content.decode()  # nobody listens there any more
    assert "The mail server could not be reached" in down
    assert "Nothing was sent" in down
    assert [row.state for row in MailedPrint.objects.order_by("pk")] == [
        "sent", "refused", "refused"
    ]  # fmt: skip
    assert "No such user here" in fay.get(page(world.open_invoice)).content.decode()


def test_a_mail_server_that_hangs_up_leaves_it_in_doubt(
    world: World, browse: Browse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may have left: nobody is told that nothing was sent."""
    monkeypatch.setattr(settings, "EMAIL_BACKEND", "django.core.mail.backends.smtp.EmailBackend")
    monkeypatch.setattr(settings, "EMAIL_HOST", "127.0.0.1")
    fay, address = browse("Fay"), page(world.open_invoice, "send-by-email")
    with mail_server(hangs_up=True) as server:
        monkeypatch.setattr(settings, "EMAIL_PORT", server.server_address[1])
        said = fay.post(address, letter()).content.decode()

    assert len(server.taken) == 1
    assert "Ask bell@example.com before you send it again." in said
    assert "Nothing was sent" not in said
    assert MailedPrint.objects.get().state == MailedPrint.State.SENDING
    assert "broke off before it answered" in fay.get(page(world.open_invoice)).content.decode()


def test_a_subject_makes_no_head_of_its_own(world: World) -> None:
    """Python ends a line at each of these, and “Bcc :” is a head to a mail server."""
    for mark in "\n\x0b\x0c\x1d\x85\u2028":
        sent = Letter(
            to="bell@example.com", subject=f"Hello{mark}Bcc : x@y.example", text="",
            file_name="a.pdf", pdf=b"",
        )  # fmt: skip
        with pytest.raises(ValidationError, match="A subject is one line"):
            send(world.open_invoice, sent, by=1)
    assert mail.outbox == []


def test_who_only_views_sends_nothing(world: World, browse: Browse) -> None:
    vera = browse("Vera")
    assert vera.post(page(world.open_invoice, "send-by-email"), letter()).status_code == 403
    assert "Send by e-mail" not in vera.get(page(world.open_invoice)).content.decode()


def test_a_statement_is_for_whoever_may_see_invoices(
    world: World, browse: Browse, people: dict[str, User]
) -> None:
    """It lists them all: the right to see customers alone is not enough."""
    seen = Permission.objects.filter(codename__in=["view_customer", "send_by_email"])
    people["Otto"].user_permissions.set(seen)
    otto, customer = browse("Otto"), world.invoice.customer
    asked = {"print": "yes", "on": "2026-11-28", "language": "en", "how": "open"}

    assert otto.get(page(customer)).status_code == 200
    assert otto.get(page(customer, "statement"), asked).status_code == 403
    mailed = otto.post(page(customer, "send-statement"), letter(how="open", on="2026-11-28"))
    assert mailed.status_code == 403
    assert mail.outbox == []
