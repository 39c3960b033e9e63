"""How the trail belongs to a company: it is of the whole installation, and a pack of it is of one."""

from typing import Final

from apps.billing.sight import Belonging, Everybodys

_OWN: Final = "The chain itself: numbers and digests, on no page."

WHOSE: Final[dict[str, Belonging]] = {
    **dict.fromkeys(
        (
            "trail.Again",
            "trail.Chain",
            "trail.Entry",
            "trail.Floor",
            "trail.RuledDeed",
            "trail.Shape",
        ),
        Everybodys(_OWN),
    ),
    "trail.AuditorPack": "company",
    "trail.Verification": Everybodys(
        "Of the whole trail; what was found in another company is counted, and not told."
    ),
}
