"""By what a customer is known: words that are its own, marks that are nobody else's, and keys."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.db import models

from apps.billing.models import CreditNote, Customer, Invoice
from apps.exchange.erasing.redaction import Redaction
from apps.exchange.erasing.words import Words
from apps.staff.models import User
from apps.sync.models import RemoteRecord

CONTACT: Final = ("email", "phone", "notes")  # stand on no document
IDENTITY: Final = ("name", "tax_number", "address_lines")  # stand on documents
TOWN: Final = ("city", "region", "postal_code", "country")  # say something beside a name alone
SHORTEST: Final = 2  # letters of a word, in rows that are theirs
LONG: Final = 6  # letters of a code, a tax number or a key that is no small number
PHONE: Final = 7  # digits: a shorter one is an amount, or somebody's number of something
PLAIN: Final = 9  # digits and nothing else: a shorter number is the key of something, too
OTHERS: Final = ("company_id", "name", "email", "phone", "tax_number", "code", "address_lines")


@dataclass(frozen=True, kw_only=True, slots=True)
class Marks:
    """`of_company` for rows of its company, `of_all` for rows that are nobody's: there a mark that
    somebody has in another company counts as shared too."""

    family: tuple[int, ...]
    of_company: Redaction
    of_all: Redaction


def family_of(customer: Customer) -> tuple[int, ...]:
    """Its key, and those that were merged into it: they are the same one."""
    return (customer.pk, *customer.aliases.order_by("pk").values_list("pk", flat=True))


def placeholder_of(customer: Customer) -> str:
    return f"Erased customer {customer.pk}"


def marks_of(customer: Customer, *, any_email: bool = False) -> Marks:
    """From its rows, their history and its documents, so for as long as these say it."""
    family, by = family_of(customer), placeholder_of(customer)
    words, strong, parts = _words_of(family)
    words, strong = {each for each in words if each != by}, strong - {by}
    shared, shared_anywhere, spared = _of_others(customer, family, words | strong)
    staff = {each.casefold() for each in User.objects.values_list("email", flat=True)}
    words = {each for each in words if each.casefold() not in staff}
    keys, short = _keys_of(family)
    numbers = {each for each in words if _is_short_number(each)}
    words -= numbers

    def redaction(taken: set[str]) -> Redaction:
        alone = {each for each in strong if each.casefold() not in taken | staff}
        return Redaction(
            own=Words({each for each in words if len(each) >= SHORTEST}, by, spared=spared),
            strong=Words(alone, by, spared=spared),
            parts=frozenset(each.casefold() for each in parts | numbers if each),
            keys=keys,
            short=short,
            any_email=any_email,
        )

    return Marks(family=family, of_company=redaction(shared), of_all=redaction(shared_anywhere))


def _words_of(family: tuple[int, ...]) -> tuple[set[str], set[str], set[str]]:
    """(all words, the strong ones of them, towns): what it has or had."""
    words: set[str] = set()
    strong: set[str] = set()
    parts: set[str] = set()
    named = (*CONTACT, *IDENTITY, "code")
    history: models.QuerySet[Any] = models.QuerySet(Customer.history.model)
    now: models.QuerySet[Any] = models.QuerySet(Customer)
    for source in (now.filter(pk__in=family), history.filter(id__in=family)):
        for row in source.values(*named, *TOWN).distinct().iterator():
            for name in (*CONTACT, *IDENTITY):
                words |= {row[name].strip(), *(each.strip() for each in row[name].splitlines())}
            strong |= set(_strong(row))
            parts |= {row[name] for name in TOWN}
    for model in (Invoice, CreditNote):
        rows = model.objects.filter(customer__in=family).exclude(status="draft")
        papers = rows.values_list("customer_name", "customer_address", "customer_tax_number")
        for name, address, number in papers.distinct().iterator():
            # The last lines of an address are its town.
            words |= {name, number, address}
            parts |= {each.strip() for each in address.splitlines()}
    return {each for each in words | strong if each}, strong, parts


def _strong(row: dict[str, Any]) -> Iterator[str]:
    """What is one person's by itself: nobody is called by it who is somebody else."""
    if "@" in row["email"]:
        yield row["email"].strip()
    phone = row["phone"].strip()
    digits = "".join(each for each in phone if each.isdecimal())
    if len(digits) >= PHONE and not _is_short_number(phone):
        yield phone
    if not _is_short_number(digits):
        yield digits
    for name in ("tax_number", "code"):
        said = row[name].strip()
        if len(said) >= LONG and not _is_short_number(said):
            yield said


def _is_short_number(word: str) -> bool:
    return len(word) < PLAIN and not word.strip("0123456789")


def _of_others(
    customer: Customer, family: tuple[int, ...], words: set[str]
) -> tuple[set[str], set[str], set[str]]:
    """(words that another customer of the company has too, or of any company; longer words of others).

    In small letters. Who was erased is nobody. Of all rows only what is asked for is held in memory.
    """
    sought = {each.casefold() for each in words}
    shared: set[str] = set()
    anywhere: set[str] = set()
    spared: set[str] = set()
    others = Customer.objects.filter(erased_at=None).exclude(pk__in=family)
    for company, *said in others.values_list(*OTHERS).iterator(chunk_size=500):
        theirs = {each.strip().casefold() for text in said for each in (text, *text.splitlines())}
        theirs.add("".join(each for each in said[2] if each.isdecimal()))
        same = theirs & sought
        anywhere |= same
        if company == customer.company_id:
            shared |= same
            spared |= {
                each for each in theirs if each not in sought and any(w in each for w in sought)
            }
    return shared, anywhere, spared


def _keys_of(family: tuple[int, ...]) -> tuple[frozenset[str], frozenset[str]]:
    """(long keys, short ones): ours, those of its objects in accounting systems, and its code."""
    found: set[str] = set()
    long: set[str] = set()
    for public_id, code in Customer.objects.filter(pk__in=family).values_list("public_id", "code"):
        long |= {str(public_id), public_id.hex}
        found |= {code}
    there = RemoteRecord.objects.filter(sync_record__customer__in=family)
    found |= set(there.values_list("remote_id", flat=True))
    is_long = {each for each in found if len(each) > LONG and not each.isdecimal()}
    return frozenset(long | is_long), frozenset(found - is_long - {""})
