"""How amounts, states and times look on every screen."""

from datetime import datetime
from decimal import Decimal
from typing import Final

from babel import Locale
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timesince import timesince

from apps.core.money import minor_unit
from apps.exchange.exports.cells import Cell, Money

NOTHING: Final = "–"

GOOD, BAD, WARN, BUSY, PLAIN = "good", "bad", "warn", "busy", "plain"


class Shown(SafeString):
    """What a cell of a list shows, and the figure behind it, which a file holds instead."""

    value: Cell


def _shown(html: SafeString, value: Cell) -> Shown:
    shown = Shown(html)
    shown.value = value
    return shown


def amount_text(amount: Decimal | None, currency: str) -> str:
    """“1,234.50”, with as many decimals as the currency has; finer amounts keep all of theirs."""
    if amount is None:
        return NOTHING
    decimals = decimals_of(currency)
    exact = -int(amount.normalize().as_tuple().exponent)
    return number_format(amount, max(decimals, exact), use_l10n=True, force_grouping=True)


def money(amount: Decimal | None, currency: str) -> SafeString:
    """An amount with its currency, in figures of one width."""
    if amount is None:
        return format_html('<span class="t-amount">{}</span>', NOTHING)
    html = format_html(
        '<span class="t-amount{}">{} <span class="t-currency">{}</span></span>',
        " t-negative" if amount < 0 else "",
        amount_text(amount, currency),
        currency,
    )
    return _shown(html, Money(amount, currency))


def decimals_of(currency: str) -> int:
    return max(0, -int(minor_unit(currency).as_tuple().exponent)) if currency else 2


def price(number: Decimal | None, currency: str) -> SafeString:
    """A unit price with all decimals of its currency, and every finer one."""
    return figure(number, decimals_of(currency))


def figure(number: Decimal | None, least: int = 0) -> SafeString:
    """A quantity (1.000000 → 1) or a rate, with `least` decimals (0.8 → 0.80)."""
    if number is None:
        return format_html('<span class="t-amount">{}</span>', NOTHING)
    decimals = max(least, -int(number.normalize().as_tuple().exponent))
    shown = number_format(number, decimals, use_l10n=True, force_grouping=True)
    return _shown(format_html('<span class="t-amount">{}</span>', shown), number)


def percent(number: Decimal | None) -> str:
    """“20 %”, “9.975 %”: every decimal that says something, and no other."""
    return NOTHING if number is None else f"{number.normalize():f} %"


def country_name(code: str) -> str:
    """“United Kingdom” of “GB”; what is no code as it stands."""
    return str(Locale("en").territories.get(code.upper(), code))


def tag(words: str, colour: str = PLAIN) -> SafeString:
    """A status label. The words say it; the colour only helps."""
    return format_html('<span class="t-tag t-{}">{}</span>', colour, words)


def tags(pairs: list[tuple[str, str]]) -> SafeString:
    """Several labels in one cell; `pairs` of words and colour."""
    if not pairs:
        return format_html('<span class="t-quiet">{}</span>', NOTHING)
    return format_html_join(" ", '<span class="t-tag t-{}">{}</span>', ((c, w) for w, c in pairs))


def link(url: str, words: object) -> SafeString:
    return format_html('<a class="t-link" href="{}">{}</a>', url, words)


def link_out(url: str, words: object) -> SafeString:
    """To another site, in another tab, which learns nothing of where it was opened."""
    return format_html(
        '<a class="t-link" href="{}" target="_blank" rel="noopener noreferrer">{} ↗</a>', url, words
    )


def ago(moment: datetime | None) -> str:
    """“5 minutes ago”; “never” where there was none."""
    if moment is None:
        return "never"
    now = timezone.now()
    if moment > now or (now - moment).total_seconds() < 60:
        return "just now"
    return f"{timesince(moment, now, depth=1)} ago"


def activity(active: bool) -> SafeString:
    return tag("Active", GOOD) if active else tag("Not in use", PLAIN)


def in_bytes(size: int) -> str:
    """“1 byte”, “1,316 bytes”."""
    return f"{size:,} byte{'' if size == 1 else 's'}"


def in_groups(digest: str) -> str:
    """A checksum in groups, between which a narrow page may break it."""
    return " ".join(digest[place : place + 8] for place in range(0, len(digest), 8))
