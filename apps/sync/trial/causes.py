"""Why a document came back otherwise than it was sent: a table of rules, each of which knows one cause.

Pure: two snapshots in, likely causes out. Which mapping of which item it is, `advice` finds.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from apps.connectors.port import CodeKind
from apps.connectors.snapshots import DocumentSnapshot, InvoiceSnapshot, Kind, Line
from apps.core.money import ZERO, minor_unit
from apps.sync.wording import day, money


class Where(StrEnum):
    """What is changed to put it right."""

    ACCOUNT = "account"  # the mapping of what a line sells
    TAX_CODE = "tax_code"  # the mapping of how a line is taxed
    TERM = "term"  # the mapping of the payment terms
    ROUNDING = "rounding"  # the rounding rule of our company
    DISCOUNT = "discount"  # how our company's discounts are booked
    CUSTOMER = "customer"  # which of their customers ours is
    ITEM = "item"  # which of their items ours is
    EXCHANGE = "exchange"  # the exchange rate of the day
    THERE = "there"  # a setting of their company


@dataclass(frozen=True, kw_only=True, slots=True)
class Cause:
    """One likely cause. `fields` are the rows of the comparison that it explains; `line` is the
    place of ours (from 0) whose mapping it is, None where it is of the whole document."""

    where: Where
    sentence: str
    fields: frozenset[str]
    line: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Came:
    """Both sides, the name of their system, and what their things are called: (what, id) → words.

    `accounts`: whether a line names an account there.
    """

    ours: DocumentSnapshot
    theirs: DocumentSnapshot
    name: str
    accounts: bool = True
    called: Callable[[str, str], str] = lambda what, remote_id: f"id {remote_id}"

    def word(self, what: str, remote_id: str) -> str:
        return self.called(what, remote_id) if remote_id else "nothing"

    def money(self, amount: Decimal) -> str:
        return money(amount, self.ours.currency)

    @property
    def pairs(self) -> list[tuple[int, Line, Line]]:
        """Lines that stand at the same place on both sides; none where their number differs."""
        if len(self.ours.lines) != len(self.theirs.lines):
            return []
        both = zip(self.ours.lines, self.theirs.lines, strict=True)
        return [(place, one, other) for place, (one, other) in enumerate(both)]


TAX_RATE = "tax_rate"  # a part of a tax code of theirs
Rule = Callable[[Came], Iterator[Cause]]
SUMS = frozenset({"Net", "Tax", "Total", "Total in home currency"})
PER_LINE = ("item", "account", "tax code", "quantity", "unit price", "amount")


def causes(came: Came) -> tuple[Cause, ...]:
    """Likely causes, the most telling first; a field that one has explained is not explained again
    by a later one of which nothing else is left."""
    found: list[Cause] = []
    explained: set[str] = set()
    for rule in RULES:
        for cause in rule(came):
            if not cause.fields <= explained:
                found.append(cause)
        explained = {name for each in found for name in each.fields}
    return tuple(found)


# --- Lines ------------------------------------------------------------------------------------


def discount_apart(came: Came) -> Iterator[Cause]:
    """They have one line more than we sent, below nil, and the same net: a discount that is inside
    our lines is a line of its own there. Or the other way round."""
    taken_off = [each for each in came.theirs.lines if each.net < 0]
    ours_apart = [each for each in came.ours.lines if each.net < 0]
    if came.ours.net != came.theirs.net or len(taken_off) == len(ours_apart):
        return
    amount = came.money(-sum((each.net for each in taken_off or ours_apart), ZERO))
    if len(taken_off) > len(ours_apart):
        said = f"The discount of {amount} is a line of its own in {came.name}; here it is taken off the lines."
    else:
        said = f"The discount of {amount} is a line of its own here; {came.name} took it off the lines."
    yield Cause(where=Where.DISCOUNT, sentence=said, fields=_of_lines(came) | {"Number of lines"})


def lost_line(came: Came) -> Iterator[Cause]:
    """They have fewer lines than we sent: which are missing, by item and amount."""
    if len(came.theirs.lines) >= len(came.ours.lines):
        return
    there = Counter((each.item_id, each.net) for each in came.theirs.lines)
    for place, line in enumerate(came.ours.lines):
        key = (line.item_id, line.net)
        if there[key]:
            there[key] -= 1
            continue
        what = line.description or came.word(Kind.ITEM, line.item_id)
        why = (
            "What it sells cannot be booked there as it is chosen now."
            if came.accounts
            else "Nothing chosen here decides that: somebody, or an app, took it out there."
        )
        yield Cause(
            where=Where.ACCOUNT if came.accounts else Where.THERE,
            line=place,
            sentence=f"Line {place + 1} (“{what}”, {came.money(line.net)}) was lost: {came.name} has "
            f"{len(came.theirs.lines)} of {len(came.ours.lines)} lines. {why}",
            fields=_of_lines(came) | SUMS | _rates(came) | {"Number of lines"},
        )


def wrong_account(came: Came) -> Iterator[Cause]:
    for place, one, other in came.pairs:
        if one.account_id != other.account_id and one.account_id:
            yield Cause(
                where=Where.ACCOUNT,
                line=place,
                sentence=f"Line {place + 1} was booked to the wrong account: "
                f"{came.word(CodeKind.ACCOUNT, other.account_id)} instead of {came.word(CodeKind.ACCOUNT, one.account_id)}.",
                fields=frozenset({f"Line {place + 1}: account"}),
            )


def wrong_item(came: Came) -> Iterator[Cause]:
    for place, one, other in came.pairs:
        if one.item_id != other.item_id:
            yield Cause(
                where=Where.ITEM,
                line=place,
                sentence=f"Line {place + 1} names another item there: {came.word(Kind.ITEM, other.item_id)} "
                f"instead of {came.word(Kind.ITEM, one.item_id)}.",
                fields=frozenset({f"Line {place + 1}: item"}),
            )


# --- Tax --------------------------------------------------------------------------------------


def inclusive(came: Came) -> Iterator[Cause]:
    """What we sent without tax was read as with it, or the other way round."""
    ours, theirs = came.ours, came.theirs
    if not ours.tax or ours.total == theirs.total:
        return
    fields = SUMS | _of_lines(came, ("unit price", "amount", "tax code")) | _rates(came)
    # Where they took no tax at all, their total is our net for another reason.
    if theirs.tax and _near(theirs.total, ours.net, len(ours.lines), ours.currency):
        yield Cause(
            where=Where.THERE,
            sentence=f"{came.name} took our amounts as including tax: its total is our net amount, "
            f"{came.money(ours.net)}. Prices there must be without tax.",
            fields=fields,
        )
    elif _near(theirs.net, ours.total, len(ours.lines), ours.currency):
        yield Cause(
            where=Where.THERE,
            sentence=f"{came.name} took our total, {came.money(ours.total)}, as the amount before "
            "tax, and added tax once more. Prices there must include tax as they do here.",
            fields=fields,
        )


def wrong_tax_code(came: Came) -> Iterator[Cause]:
    for place, one, other in came.pairs:
        if one.tax_code_id != other.tax_code_id:
            yield Cause(
                where=Where.TAX_CODE,
                line=place,
                sentence=f"Line {place + 1} has the wrong tax code: {came.word(CodeKind.TAX_CODE, other.tax_code_id)} "
                f"instead of {came.word(CodeKind.TAX_CODE, one.tax_code_id)}.",
                fields=frozenset({f"Line {place + 1}: tax code"}) | SUMS | _rates(came),
            )


def another_rate(came: Came) -> Iterator[Cause]:
    """The same codes, and tax that no rounding explains: the code has another percentage there."""
    ours, theirs = came.ours, came.theirs
    if ours.tax == theirs.tax or _near(ours.tax, theirs.tax, len(ours.lines), ours.currency):
        return
    if any(one.tax_code_id != other.tax_code_id for _, one, other in came.pairs):
        return
    if ours.net != theirs.net or not ours.net:
        return
    here, there = (_percent(each.tax, ours.net) for each in (ours, theirs))
    yield Cause(
        where=Where.TAX_CODE,
        line=_first_taxed(ours),
        sentence=f"{came.name} taxed it at another rate: its tax is {there} % of the net amount, "
        f"ours {here} %. Its tax code has changed, or is the code of another rate.",
        fields=SUMS | _rates(came),
    )


def moved_between_rates(came: Came) -> Iterator[Cause]:
    """The same tax in all, on other rates: another agency or country is owed it."""
    mine = {each.rate_id: each.tax for each in came.ours.taxes if each.tax}
    yours = {each.rate_id: each.tax for each in came.theirs.taxes if each.tax}
    if not mine or not yours or mine.keys() == yours.keys():
        return
    others = ", ".join(came.word(TAX_RATE, each) for each in yours if each not in mine)
    yield Cause(
        where=Where.TAX_CODE,
        line=_first_taxed(came.ours),
        sentence=f"Its tax stands under another rate there{': ' + others if others else ''}. Another "
        "agency or country would be owed it.",
        fields=_rates(came),
    )


def rounding(came: Came) -> Iterator[Cause]:
    """Cents, at most one a line: each side rounds in its own way."""
    ours, theirs = came.ours, came.theirs
    off = {"tax": theirs.tax - ours.tax, "net amount": theirs.net - ours.net}
    told = {what: amount for what, amount in off.items() if amount}
    if len(ours.lines) != len(theirs.lines) or not told:
        return
    most = minor_unit(ours.currency) * max(len(ours.lines), 1)
    if any(abs(amount) > most for amount in told.values()):
        return
    said = " and ".join(f"{what} by {came.money(abs(amount))}" for what, amount in told.items())
    yield Cause(
        where=Where.ROUNDING,
        sentence=f"{came.name} rounds otherwise: its {said} {'more' if sum(told.values()) > 0 else 'less'} "
        "than ours. Choose the same rounding on both sides: per line, or once per document.",
        fields=SUMS
        | _rates(came)
        | {f"Line {place}: amount" for place in range(1, len(ours.lines) + 1)},
    )


# --- The head of the paper --------------------------------------------------------------------


def swapped_dates(came: Came) -> Iterator[Cause]:
    ours, theirs = came.ours, came.theirs
    turned_round = (theirs.issue_date, _due(theirs)) == (_due(ours), ours.issue_date)
    if turned_round and _due(ours) != ours.issue_date:
        yield Cause(
            where=Where.TERM,
            sentence=f"The dates changed places: {came.name} has {day(theirs.issue_date)} as the "
            f"date and {day(ours.issue_date)} as the due date.",
            fields=frozenset({"Date", "Due date"}),
        )
    elif ours.issue_date != theirs.issue_date:
        turned = (theirs.issue_date.day, theirs.issue_date.month) == (
            ours.issue_date.month,
            ours.issue_date.day,
        )
        how = "Day and month changed places" if turned else "It is dated otherwise there"
        yield Cause(
            where=Where.THERE,
            sentence=f"{how}: {day(theirs.issue_date)} instead of {day(ours.issue_date)}. See the "
            f"date format and the closing date of {came.name}.",
            fields=frozenset({"Date", "Due date"} if _as_long_after(came) else {"Date"}),
        )


def due_by_their_terms(came: Came) -> Iterator[Cause]:
    ours, theirs = came.ours, came.theirs
    due = _due(theirs)
    if _due(ours) == due or ours.issue_date != theirs.issue_date:
        return
    there = day(due) if due else "no day"
    yield Cause(
        where=Where.TERM,
        sentence=f"{came.name} worked the due date out by its own terms: {there}.",
        fields=frozenset({"Due date"}),
    )


def another_customer(came: Came) -> Iterator[Cause]:
    if came.ours.customer_id != came.theirs.customer_id:
        yield Cause(
            where=Where.CUSTOMER,
            sentence=f"It stands under another customer there: {came.word(Kind.CUSTOMER, came.theirs.customer_id)}.",
            fields=frozenset({"Customer"}),
        )


def own_number(came: Came) -> Iterator[Cause]:
    if came.ours.number != came.theirs.number:
        yield Cause(
            where=Where.THERE,
            sentence=f"{came.name} gave it a number of its own, {came.theirs.number or 'none'}. Switch "
            "on custom transaction numbers there.",
            fields=frozenset({"Number"}),
        )


def another_worth(came: Came) -> Iterator[Cause]:
    """The currency, its rate, or what it comes to at home."""
    ours, theirs = came.ours, came.theirs
    if ours.currency != theirs.currency:
        yield Cause(
            where=Where.CUSTOMER,
            sentence=f"It is in {theirs.currency} there instead of {ours.currency}: their customer "
            "has another currency.",
            fields=frozenset({"Currency", "Exchange rate", "Total in home currency"}),
        )
    elif ours.exchange_rate != theirs.exchange_rate:
        yield Cause(
            where=Where.EXCHANGE,
            sentence=f"{came.name} took another exchange rate: {theirs.exchange_rate.normalize():f} "
            f"instead of {ours.exchange_rate.normalize():f}.",
            fields=frozenset({"Exchange rate", "Total in home currency"}),
        )


# A cause that explains many fields stands before those that would explain each of them alone.
RULES: tuple[Rule, ...] = (
    discount_apart,
    lost_line,
    inclusive,
    wrong_tax_code,
    another_rate,
    moved_between_rates,
    rounding,
    wrong_account,
    wrong_item,
    swapped_dates,
    due_by_their_terms,
    another_customer,
    another_worth,
    own_number,
)


# --- Small words ------------------------------------------------------------------------------


def _due(document: DocumentSnapshot) -> date | None:
    """A credit note is due on no day."""
    return document.due_date if isinstance(document, InvoiceSnapshot) else None


def _of_lines(came: Came, what: Iterable[str] = PER_LINE) -> frozenset[str]:
    places = range(1, max(len(came.ours.lines), len(came.theirs.lines)) + 1)
    return frozenset(f"Line {place}: {each}" for place in places for each in what)


def _rates(came: Came) -> frozenset[str]:
    rates = {each.rate_id for each in (*came.ours.taxes, *came.theirs.taxes)}
    return frozenset(f"Tax: {came.called(TAX_RATE, each)}" for each in rates)


def _near(one: Decimal, other: Decimal, lines: int, currency: str) -> bool:
    """Equal but for a cent a line."""
    return abs(one - other) <= minor_unit(currency) * max(lines, 1)


def _as_long_after(came: Came) -> bool:
    """Whether both are due as many days after their date: the due date went with it."""
    ours, theirs = _due(came.ours), _due(came.theirs)
    if ours is None or theirs is None:
        return False
    return ours - came.ours.issue_date == theirs - came.theirs.issue_date


def _percent(tax: Decimal, net: Decimal) -> str:
    return format((tax * 100 / net).quantize(Decimal("0.01")).normalize(), "f")


def _first_taxed(snapshot: DocumentSnapshot) -> int | None:
    taxed = (place for place, line in enumerate(snapshot.lines) if line.tax or line.tax_code_id)
    return next(taxed, None)
