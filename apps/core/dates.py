"""In which order a country writes a day, from the Unicode locale data."""

from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.languages import get_official_languages

DAY_FIRST = "dmy"


@lru_cache(maxsize=300)
def usual_date_order(country: str) -> str:
    """“dmy”, “mdy” or “ymd” of a country (two letters); the day first where none is known."""
    languages = get_official_languages(country.upper(), de_facto=True) if country else ()
    for language in languages:
        try:
            locale = Locale.parse(f"{language}_{country.upper()}")
        except (UnknownLocaleError, ValueError):
            continue
        pattern = locale.date_formats["short"].pattern
        return "".join(sorted("dmy", key=lambda part: pattern.lower().index(part)))
    return DAY_FIRST
