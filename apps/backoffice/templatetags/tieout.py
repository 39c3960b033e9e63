"""What our templates need to show amounts, times and the first page."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django import template
from django.conf import settings
from django.template import RequestContext
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.alerts.watching import banner
from apps.backoffice.frame import formatting, once, versions
from apps.backoffice.frame.history_words import reason_in_words
from apps.backoffice.frame.permissions import SEE_COMPANIES, may
from apps.backoffice.frame.slim_cells import cell_of_a_list
from apps.backoffice.worklist.first_page import first_page as read_first_page
from apps.backoffice.worklist.lines import up_to as words_up_to
from apps.core.company_sign_in import CompanySignIn
from apps.staff.entrance.factors import is_waived

register = template.Library()


@register.simple_tag
def money(amount: Decimal | None, currency: str) -> SafeString:
    return formatting.money(amount, currency)


@register.simple_tag
def side(amount: Decimal, currency: str) -> SafeString:
    """A debit or credit in a column that bears its currency; nothing on the side that is nil."""
    return SafeString("") if not amount else formatting.price(amount, currency)


@register.simple_tag
def figure(number: Decimal | None, least: int = 0) -> SafeString:
    return formatting.figure(number, least)


@register.simple_tag
def price(number: Decimal | None, currency: str) -> SafeString:
    return formatting.price(number, currency)


register.filter("reason_in_words", reason_in_words)


@register.filter
def slim(cell: SafeString) -> SafeString:
    """A cell of the theme's list with a class of ours in the place of its own thirty."""
    return cell_of_a_list(cell)


@register.filter
def exact(text: str) -> Decimal:
    """An amount that was kept as a text."""
    return Decimal(text)


@register.simple_tag
def tag(words: str, colour: str = formatting.PLAIN) -> SafeString:
    return formatting.tag(words, colour)


@register.inclusion_tag("backoffice/frame/find_field.html", takes_context=True)
def find_field(context: RequestContext) -> dict[str, str]:
    """In the head of each page: a field that finds any record; nothing for who may not, and on the page that
    is this."""
    request: Any = context.get("request")
    address = reverse("admin:billing_company_find")
    shown = request is not None and request.path != address and may(request, SEE_COMPANIES)
    return {"address": address if shown else ""}


@register.simple_tag
def silence() -> SafeString:
    """On top of each page while no worker runs; nothing otherwise."""
    words = banner(timezone.now())
    if not words:
        return SafeString("")
    return format_html(
        '<p class="t-silence" role="alert"><strong>{}</strong> Ask whoever runs Tieout to look '
        "at the worker.</p>",
        words,
    )


@register.simple_tag
def waived() -> SafeString:
    """On top of each page while nobody is asked for a second factor; nothing otherwise."""
    if not is_waived():
        return SafeString("")
    return format_html(
        '<section class="t-waived" aria-label="A note"><strong>{}</strong> {}</section>',
        "For a demo only.",
        "Nobody is asked for a second factor here: keep no real books in it.",
    )


@register.simple_tag
def company_sign_in() -> CompanySignIn | None:
    """The company's own sign-in, where one is set up."""
    found: CompanySignIn | None = settings.OIDC
    return found


@register.simple_tag
def one_time_key() -> SafeString:
    """The key of one form: each form of a page has one of its own."""
    return format_html('<input type="hidden" name="{}" value="{}">', once.FIELD, once.new_key())


@register.simple_tag(takes_context=True)
def opened_at(context: RequestContext) -> SafeString:
    """What the form was opened with, signed; nothing where it edits nothing."""
    sealed = getattr(context["request"], versions.FIELD, "")
    if not sealed:
        return SafeString("")
    return format_html('<input type="hidden" name="{}" value="{}">', versions.FIELD, sealed)


@register.filter
def percent(number: Decimal | None) -> str:
    return formatting.percent(number)


@register.filter
def ago(moment: datetime | None) -> str:
    return formatting.ago(moment)


@register.inclusion_tag("backoffice/worklist/first_page_body.html", takes_context=True)
def first_page(context: RequestContext) -> dict[str, object]:
    """Who is alone and what of rights waits; what needs a person today, the books' health, money
    outstanding, the latest runs."""
    page = read_first_page(context["request"])
    return {"page": page, "request": context["request"], **page.people}


@register.filter
def up_to(count: int) -> str:
    """“12,345”; “more than 10,000” of what is counted no further."""
    return words_up_to(count)
