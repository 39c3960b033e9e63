"""No password that is made of a company's name: it stands on every invoice."""

import re
from typing import Any

from django.core.exceptions import ValidationError

from apps.billing.models import Company
from apps.staff.entrance.passwords import REFUSED, WORDS, is_easy

LONG_ENOUGH = 4  # letters of a word that is a name


class NoCompanysName:
    """Refuses a password of which little is left without the names of the companies here."""

    def validate(self, password: str, user: Any = None) -> None:
        names: set[str] = set()
        for name in Company.objects.values_list("legal_name", flat=True):
            words = re.findall(r"\w+", name.lower())
            names |= {name.lower(), "".join(words), *words}
        parts = sorted((each for each in names if len(each) >= LONG_ENOUGH), key=len, reverse=True)
        if is_easy(password.lower(), (*parts, *WORDS)):
            raise ValidationError(REFUSED, code="password_easy_to_guess")

    def get_help_text(self) -> str:
        return "Not the name of a company of yours."
