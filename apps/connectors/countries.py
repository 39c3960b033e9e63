"""Countries as files write them: English names, and the two letters of ISO 3166 themselves."""

from typing import Final

from babel import Locale

NO_COUNTRIES: Final = frozenset({"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"})  # regions and such
# In lower case, by what is written; what is not listed is no country.
ISO_OF: Final[dict[str, str]] = {
    written.casefold(): code
    for code, name in Locale("en").territories.items()
    if len(code) == 2 and code.isalpha() and code not in NO_COUNTRIES
    for written in (name, code)
}
