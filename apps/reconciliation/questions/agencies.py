"""Whether two names mean one tax agency. Pure."""

import re

# Words that any agency's name may have, in the languages of the ledgers' charts: they tell nothing.
SAY_NOTHING = frozenset(
    """
    a administration affairs agency and authority board bureau collection collections commission
    commissioner commissioners comptroller controller county de del department dept der des
    direction division du et excise fee finance finances finanzamt for general generale générale
    inland internal la le ministry national of office payable public publiques revenu revenue
    revenues sales service services state tax taxation taxes the treasury
    """.split()  # noqa: SIM905 - a list of words reads as one
)


def same_agency(one: str, other: str) -> bool | None:
    """True: a telling word or an acronym is common to both. False: both tell something, and not
    the same. None: one of them tells nothing ("Revenue 2")."""
    mine, yours = _words(one), _words(other)
    if _acronyms(mine) & set(yours) or _acronyms(yours) & set(mine):
        return True
    telling = [set(words) - SAY_NOTHING for words in (mine, yours)]
    if not all(telling):
        return None
    return bool(telling[0] & telling[1])


def _words(name: str) -> list[str]:
    return re.findall(r"[^\W\d_]{2,}", name.casefold())


def _acronyms(words: list[str]) -> set[str]:
    """“CRA” of “Canada Revenue Agency”; of fewer than three words it would be chance."""
    return {"".join(word[0] for word in words)} if len(words) > 2 else set()
