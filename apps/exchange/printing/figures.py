"""Amounts, quantities and days as a language and a country write them."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal

from apps.core.money import fits, minor_unit
from apps.exchange.printing.words import SPOKEN

AT_HOME = {
    "en": {"GB", "US", "CA", "AU", "NZ", "IE", "IN", "SG", "HK", "PH"},
    **{language: {each for each, spoken in SPOKEN.items() if spoken == language}
       for language in set(SPOKEN.values())},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes figures of one document. `locale` is "de_CH": the language, as that country writes it."""

    locale: Locale

    @classmethod
    def of(cls, language: str, country: str) -> "Writer":
        """As the country writes the language, where it is at home there; else as its own does."""
        if country in AT_HOME[language]:
            return cls(Locale.parse(f"{language}_{country}"))
        return cls(Locale.parse("en_GB" if language == "en" else language))

    def amount(self, amount: Decimal, currency: str) -> str:
        """“1,234.50”: all decimals of its currency, and every finer one; below nil with a minus."""
        least = _decimals(currency)
        exact = least if fits(amount, currency) else _exact(amount)
        return self._figure(amount, exact, exact)

    def price(self, price: Decimal, currency: str) -> str:
        """At least the decimals of its currency."""
        return self._figure(price, _decimals(currency), 10)

    def quantity(self, quantity: Decimal) -> str:
        return self._figure(quantity, 0, 10)

    def percent(self, percent: Decimal) -> str:
        """“20 %”, “9.975 %”, of a percentage as people write it."""
        return f"{self._figure(percent, 0, 10)}\u202f%"

    def day(self, day: date) -> str:
        """“2 March 2026”, with the month in letters: no reader takes it for the other order."""
        return format_date(day, format="long", locale=self.locale)

    def short_day(self, day: date) -> str:
        """“2 Mar 2026”."""
        return format_date(day, format="medium", locale=self.locale)

    def _figure(self, number: Decimal, least: int, most: int) -> str:
        pattern = f"#,##0.{'0' * least}{'#' * (most - least)}"
        found = format_decimal(
            number, format=pattern, locale=self.locale, decimal_quantization=False
        )
        return found.replace("-", "\u2212")


def _decimals(currency: str) -> int:
    return max(0, -int(minor_unit(currency).as_tuple().exponent))


def _exact(amount: Decimal) -> int:
    return max(0, -int(amount.normalize().as_tuple().exponent))
