"""What sentences about different records have in common, so that one cause is told once."""

import re
from typing import Final

# What differs from record to record: quoted names, and whatever holds a digit (numbers, days, amounts).
_DIFFERS: Final = re.compile(r"“[^”]*”|\"[^\"]*\"|'[^']*'|\S*\d\S*")
# A name in the middle of a sentence: words that begin with a capital, with what joins them.
_WORD: Final = r"[^\W\d_a-zß-ÿ][\w'’.-]*[\w'’]|[^\W\d_a-zß-ÿ]"
_NAME: Final = re.compile(
    rf"(?<=[\w,;)…] )(?:{_WORD})(?: (?:(?:&|and|of|the|de|van|von) )?(?:{_WORD}))*"
)


def shape(sentence: str) -> str:
    """Without quoted names, numbers and amounts."""
    return " ".join(_DIFFERS.sub("…", sentence).split())


def shape_without_names(sentence: str) -> str:
    """Without names that are not quoted either; the first word of a sentence is kept."""
    return _NAME.sub("…", shape(sentence))
