"""What the files of card processors tell: movements of money, and how a layout of them is read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from apps.connectors.profiles import RecordProfile, Subject


class MovementField(StrEnum):
    """What a column can tell of a movement. Those with words of ours are read in every such file, so
    that staff can add the column."""

    TRANSACTION = "transaction"  # their name of the movement, unique among all of them
    SOURCE = "source"  # their name of what it moved: a charge, a refund, a dispute
    ORIGINAL = "original"  # the transaction or source that it gives back or converts
    KIND = "kind"  # a `MovementKind`, after the profile's values
    STATUS = "status"
    IMPACT = "impact"  # on the balance
    MOMENT = "moment"  # when it happened, as written: where no name tells movements apart
    DAY = "day"  # when it happened
    TIME = "time"  # where a column of its own tells it
    ZONE = "zone"
    BANK_DAY = "bank_day"  # when the payout reaches the bank: a day as written
    CURRENCY = "currency"
    GROSS = "gross"
    FEE = "fee"
    NET = "net"
    FACING_AMOUNT = "facing_amount"  # what the customer paid, in the customer's own currency
    FACING_CURRENCY = "facing_currency"
    PAYOUT = "payout"  # the payout it lies in
    PAYOUT_STATUS = "payout_status"
    DESCRIPTION = "description"
    INVOICE = "invoice"
    ORDER = "order"
    NAME = "name"
    EMAIL = "email"
    CUSTOMER_CODE = "customer_code"
    TAKEN_AS = "taken_as"  # the kind, where a person says it


class MovementKind(StrEnum):
    """What a movement is, whatever the processor calls it."""

    CHARGE = "charge"  # a customer paid
    REFUND = "refund"  # money went back to a customer
    CHARGEBACK = "chargeback"  # the customer's bank took it back
    RETURNED = (
        "returned"  # money that had gone back came again: a dispute won, a refund that failed
    )
    FEE = "fee"  # of the processor, alone
    PAYOUT = "payout"  # to the bank
    PAYOUT_BACK = "payout_back"  # a payout that the bank did not take, or that was called off
    CONVERSION = "conversion"  # one side of an exchange of currencies
    ADJUSTMENT = "adjustment"  # a chargeback, a dispute won, or what only a person can name
    ASIDE = "aside"  # moves the balance, and is no customer's: a purchase, a reserve, a top-up
    NONE = "none"  # moves no money: an authorisation, a memo


class PayoutsAre(StrEnum):
    """How a layout says what a payout is made of."""

    NAMED = "named"  # each movement names its payout
    BALANCE = "balance"  # it is what moved the balance of its currency since the payout before


WORDS_OF_OURS: Mapping[str, tuple[str, ...]] = {
    MovementField.CUSTOMER_CODE: ("Customer code",),
    MovementField.TAKEN_AS: ("Taken as",),
}
INVOICE_WORDS = ("Invoice number",)
TAKEN_AS_WORDS: Mapping[str, str] = {
    "payment": MovementKind.CHARGE,
    "refund": MovementKind.REFUND,
    "chargeback": MovementKind.CHARGEBACK,
    "returned": MovementKind.RETURNED,
    "fee": MovementKind.FEE,
    "payout": MovementKind.PAYOUT,
    "none": MovementKind.NONE,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class PayoutProfile(RecordProfile):
    """How the movements of a `processor` are read.

    Its payment method here has the processor's name, or that is asked. A fee that was kept is above
    nil, or, where `fee_is_negative`, below. `zones` are what zones are called beside the names that
    everybody knows. `happened` are the statuses, in lower case, of what moved money, and `paid` those
    of a payout that is on its way or at the bank; where they are empty, all are. By the beginning of
    its source or a word of its description an adjustment is a chargeback, or a dispute won.
    """

    subject: Subject = Subject.PAYOUTS
    processor: str
    payouts: PayoutsAre
    fee_is_negative: bool = False
    zones: Mapping[str, str] = field(default_factory=dict)
    tells_payouts: bool = True  # each stands in a row of its own, with what it comes to
    happened: frozenset[str] = frozenset()
    paid: frozenset[str] = frozenset()
    dispute_sources: tuple[str, ...] = ()
    dispute_words: tuple[str, ...] = ()
