"""By which payment method of ours a processor's money comes in: one that lies in clearing until its
payout reaches the bank."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError

from apps.billing.models import Company, PaymentMethod
from apps.exchange.profiles.movements import PayoutProfile
from apps.exchange.tables.port import Doubt, FileRefused

PAYMENT_METHOD = "payment_method"  # what a person may say of such a file


def in_clearing(company: Company) -> list[PaymentMethod]:
    rows = PaymentMethod.objects.filter(
        company=company, active=True, posts_to=PaymentMethod.PostsTo.CLEARING
    )
    return list(rows.select_related("bank_account"))


def doubt_of(company: Company, profile: PayoutProfile, said: Mapping[str, str]) -> list[Doubt]:
    """What a person has to choose: none where one of ours has the processor's name, or it was said.
    Raises FileRefused where there is none to choose."""
    names = _names(in_clearing(company))
    if not names:
        raise FileRefused(
            f"{company} has no payment method that lies on a clearing account until it is banked. "
            f"Make one, such as “{profile.processor}”, and say where its payouts arrive."
        )
    if said.get(PAYMENT_METHOD) in names or _meant(names, profile) is not None:
        return []
    sentence = (
        f"Say by which payment method the money of {profile.processor} comes in: it lies on that "
        "one's clearing account until the payout reaches the bank."
    )
    return [Doubt(field=PAYMENT_METHOD, sentence=sentence, choices=tuple(names))]


def _names(methods: list[PaymentMethod]) -> list[str]:
    return list(dict.fromkeys(each.name for each in methods))


def _meant(names: list[str], profile: PayoutProfile) -> str | None:
    """The one that has the processor's name, or bears it alone among all."""
    processor = profile.processor.casefold()
    same = [each for each in names if each.casefold() == processor]
    found = same or [each for each in names if processor in each.casefold()]
    return found[0] if len(found) == 1 else None


@dataclass(slots=True)
class Methods:
    """Those of one name, by their currency."""

    company: Company
    profile: PayoutProfile
    said: Mapping[str, str]
    name: str = ""
    by_currency: dict[str, PaymentMethod] = field(default_factory=dict)

    def __post_init__(self) -> None:
        methods = in_clearing(self.company)
        names = _names(methods)
        said = self.said.get(PAYMENT_METHOD)
        self.name = (said if said in names else _meant(names, self.profile)) or ""
        self.by_currency = {each.currency: each for each in methods if each.name == self.name}

    def of(self, currency: str) -> PaymentMethod:
        """Raises ValidationError where there is none in this currency."""
        method = self.by_currency.get(currency)
        if method is None:
            raise ValidationError(
                f"there is no payment method “{self.name or self.profile.processor}” in {currency} that "
                "lies on a clearing account. Make one, and check again"
            )
        if method.deposits_itself:
            raise ValidationError(
                f"“{method}” makes its bank deposits by itself, and this file tells what its payouts "
                "are made of. Switch that off at the payment method, and check again"
            )
        return method
