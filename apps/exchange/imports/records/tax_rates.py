"""Brings tax rates with their components. One that documents bear is not changed: another follows it."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction

from apps.billing.models import TaxAgency, TaxComponent, TaxRate, Treatment
from apps.billing.rules.doubles import near_rates
from apps.connectors.profiles import RecordProfile
from apps.core.money import ZERO
from apps.exchange.imports.at_hand import profile_of, records_of
from apps.exchange.imports.port import Preview
from apps.exchange.imports.records.judging import (
    JudgedRecords,
    in_words,
    note,
    preview_of,
    refused_before,
    said,
)
from apps.exchange.imports.records.once import Once, in_portions
from apps.exchange.imports.records.reading import ReadRecord
from apps.exchange.imports.records.references import Unfit
from apps.exchange.imports.shapes import shape_of
from apps.exchange.imports.tally import Outcome
from apps.exchange.models import FileImport

PORTION = 20  # rates: each is stored by itself, with its components and their history
FIELDS = ("code", "name", "treatment", "country", "valid_from", "valid_to", "active")
TREATMENTS = {
    written.casefold(): value
    for value, label in Treatment.choices
    for written in (value, str(label))
}
# "GST: 5 % to Canada Revenue Agency; QST: 9.975 % to Revenu Québec"
ONE_PART = r"(?P<name>\S.*?): (?P<percent>\d+(?:\.\d+)?) % to (?P<agency>.+?)"
NEXT_PART = r"(?:; (?=\S.*?: \d+(?:\.\d+)? % to )|$)"
PARTS = re.compile(ONE_PART + NEXT_PART)


class Part(NamedTuple):
    """A component as a file tells it."""

    name: str
    percent: Decimal
    agency: str


@dataclass(slots=True)
class Brought:
    """A rate as it is to stand; `parts` where they are new or others."""

    rate: TaxRate
    parts: Sequence[Part] | None
    follows: str | None = None  # the code of the one that it follows, where that is new or another
    changed: list[str] = field(default_factory=list)


class TaxRatesBrought:
    holds = False

    def __init__(self, file_import: FileImport) -> None:
        profile = profile_of(file_import)
        assert isinstance(profile, RecordProfile), "it brings records"
        self.file_import, self.profile = file_import, profile
        self.company, self.shape = file_import.company, shape_of(profile)
        self._coming: set[str] = set()  # codes that the file brings, in lower case

    def portions(self) -> Iterator[Sequence[ReadRecord]]:
        yield from in_portions(self._records(), PORTION)

    def judge(self, portion: Sequence[ReadRecord], *, writing: bool) -> JudgedRecords:
        brought: list[Brought] = []
        judged = JudgedRecords(lambda: self._store(brought))
        before = refused_before(self.file_import, portion) if writing else {}
        known = self._known()
        for each in judged.sort_out(portion, before):
            try:
                with transaction.atomic():
                    outcome, rate, words = self._judged(each, known)
            except Unfit as why:
                judged.say(each, Outcome.REFUSED, str(why))
                continue
            judged.say(each, outcome, words)
            if rate is not None:
                brought.append(rate)
                self._coming.add(rate.rate.code.lower())
        return judged

    def first_rows(self, at_most: int) -> Preview:
        return preview_of(self.judge([*islice(self._records(), at_most)], writing=False))

    def _records(self) -> Iterator[ReadRecord]:
        once = Once(lambda each: [("code", ("code", each.text("code").lower()))])
        return once.rows(records_of(self.file_import))

    def _known(self) -> dict[str, TaxRate]:
        rows = TaxRate.objects.filter(company=self.company).select_related("follows", "company")
        return {each.code.lower(): each for each in rows.prefetch_related("components__agency")}

    # --- One row ---

    def _judged(
        self, record: ReadRecord, known: dict[str, TaxRate]
    ) -> tuple[Outcome, Brought | None, str]:
        stored = known.get(record.text("code").lower())
        values = self._values(record)
        follows = self._follows(record, known)
        if stored is None:
            rate = TaxRate(company=self.company, **{"country": "", **values})
            parts = self._parts_of_new(record, rate)
            self._refuse_unfit(rate, parts)
            self._note_likeness(record, rate, parts)
            words = "; ".join([Treatment(rate.treatment).label, *map(_in_words, parts)])
            return Outcome.NEW, Brought(rate, parts, follows or None), words
        parts_here = _parts_of(stored)
        parts_told = self._parts_of_stored(record, stored)
        differing = [name for name, told in values.items() if told != getattr(stored, name)]
        differences = [
            f"{self.shape.called.get(name, name)} from {said(getattr(stored, name))} to "
            f"{said(values[name])}"
            for name in differing
        ]
        here = stored.follows.code if stored.follows else ""
        other_follows = follows is not None and follows.lower() != here.lower()
        if other_follows:
            differences.append(f"follows from {said(here)} to {said(follows)}")
        other_parts = parts_told is not None and _keys(parts_told) != _keys(parts_here)
        if parts_told is not None and other_parts:
            was, is_now = (", ".join(map(_in_words, each)) for each in (parts_here, parts_told))
            differences.append(f"components from {said(was)} to {said(is_now)}")
        if not differences:
            return Outcome.UNCHANGED, None, ""
        self._refuse_borne(stored, differing, others=other_follows or other_parts)
        for name in differing:
            setattr(stored, name, values[name])
        brought = Brought(
            stored,
            parts_told if other_parts else None,
            follows if other_follows else None,
            differing,
        )
        self._refuse_unfit(stored, parts_here if parts_told is None else parts_told)
        words = "; ".join(differences)
        note(record, f"Changes {words}.")
        return Outcome.CHANGED, brought, words

    def _values(self, record: ReadRecord) -> dict[str, Any]:
        told = record.told
        values: dict[str, Any] = {each: told[each] for each in ("code", "name") if told.get(each)}
        values |= {each: told[each] for each in ("valid_from", "valid_to") if each in told}
        if "country" in told:
            values["country"] = record.text("country").upper()
        if (active := record.flag("active")) is not None:
            values["active"] = active
        if written := record.text("treatment"):
            if written.casefold() not in TREATMENTS:
                labels = ", ".join(str(each) for each in Treatment.labels)
                raise Unfit(f"there is no treatment {written}. Write one of: {labels}")
            values["treatment"] = TREATMENTS[written.casefold()]
        return values

    def _follows(self, record: ReadRecord, known: dict[str, TaxRate]) -> str | None:
        """The code of the one that it follows; "" for none, None where the file does not tell."""
        if "follows" not in record.told:
            return None
        code = record.text("follows")
        if code and code.lower() not in known and code.lower() not in self._coming:
            raise Unfit(
                f"there is no tax rate {code} here that it could follow, and no row above this one brings "
                "it. Add it under Tax rates, or move its row above this one"
            )
        return code

    def _parts_of_new(self, record: ReadRecord, rate: TaxRate) -> list[Part]:
        percent = record.number("percent")
        if not rate.name:
            raise Unfit(
                f"there is no tax rate {rate.code} here, and the row gives no name to make one"
            )
        if parts := self._told_parts(record):
            return parts
        if percent is None:
            raise Unfit("it says no percentage. Write it under Percent")
        if not percent and "treatment" not in record.told:
            raise Unfit(
                "it taxes nothing and does not say why. Write Zero rated, Exempt, Outside the scope, "
                "Export or Reverse charge under Treatment"
            )
        return [Part(rate.name, percent, self._agency(record))]

    def _agency(self, record: ReadRecord) -> str:
        if named := record.text("agency"):
            return named
        agencies = [*TaxAgency.objects.filter(company=self.company, active=True)[:2]]
        if len(agencies) != 1:
            raise Unfit("it does not say whom the tax is owed to. Write that under Agency")
        return agencies[0].name

    def _parts_of_stored(self, record: ReadRecord, stored: TaxRate) -> list[Part] | None:
        if parts := self._told_parts(record):
            return parts
        percent, here = record.number("percent"), _parts_of(stored)
        if percent is None or percent == stored.percent:
            return None
        if len(here) != 1:
            raise Unfit(
                f"its percentage is {percent.normalize():f} in the file and "
                f"{stored.percent.normalize():f} here, and it has {len(here)} components. Write them too"
            )
        return [here[0]._replace(percent=percent)]

    def _told_parts(self, record: ReadRecord) -> list[Part]:
        text = record.text("components")
        found = [
            Part(each["name"], Decimal(each["percent"]), each["agency"])
            for each in PARTS.finditer(text)
        ]
        if text and (PARTS.sub("", text).strip(" ;") or not found):
            raise Unfit(
                f"{said(text)} names no components. Write each as “GST: 5 % to Canada Revenue Agency”, "
                "with a semicolon between two"
            )
        percent, total = record.number("percent"), sum((each.percent for each in found), ZERO)
        if found and percent is not None and percent != total:
            raise Unfit(
                f"its percentage is {percent.normalize():f} in the file, and its components come to "
                f"{total.normalize():f}"
            )
        return found

    def _refuse_borne(self, stored: TaxRate, differing: Iterable[str], *, others: bool) -> None:
        if stored.used and (others or not TaxRate.OPEN_FIELDS.issuperset(differing)):
            raise Unfit(
                f"documents bear {stored}, so only its name, its last day and whether it is in use can "
                "change. Make a new rate that follows it"
            )

    def _refuse_unfit(self, rate: TaxRate, parts: Sequence[Part]) -> None:
        try:
            rate.clean()
            rate.clean_fields(exclude=["company", "follows"])
            for each in parts:
                # A component asks its rate only where that is stored.
                bearer = TaxRate(pk=rate.pk or -1, treatment=rate.treatment)
                component = TaxComponent(name=each.name, percent=each.percent, rate=bearer)
                component.clean()
                component.clean_fields(exclude=["rate", "agency"])
                TaxAgency(name=each.agency).clean_fields(exclude=["company"])
        except ValidationError as error:
            raise Unfit(in_words(error, self.profile, self.shape)) from error

    def _note_likeness(self, record: ReadRecord, rate: TaxRate, parts: Sequence[Part]) -> None:
        percent = sum((each.percent for each in parts), ZERO)
        for each in near_rates(rate, percent)[:1]:
            note(
                record,
                f"It is new, and looks like {each.record}, which is here: it has {each.why}. If it is "
                f"that one, give it the code {each.record.code} in the file.",
            )

    # --- Writing ---

    def _store(self, some: Iterable[Brought]) -> None:
        for each in some:
            if each.follows is not None:
                each.rate.follows = (
                    TaxRate.objects.get(company=self.company, code__iexact=each.follows)
                    if each.follows
                    else None
                )
            if each.rate.pk is None or each.changed or each.follows is not None:
                each.rate.save()
            if each.parts is not None:
                self._store_parts(each.rate, each.parts)

    def _store_parts(self, rate: TaxRate, parts: Sequence[Part]) -> None:
        here = [*rate.components.all()] if rate.pk else []
        for place, part in enumerate(parts):
            agency = self._agency_called(part.agency)
            component = here[place] if place < len(here) else TaxComponent(rate=rate)
            if component.pk and _keys([_part_of(component)]) == _keys([part]):
                continue
            component.name, component.percent, component.agency = part.name, part.percent, agency
            if not component.pk:
                component.position = 1 + max((each.position for each in here), default=0)
                here.append(component)
            component.save()
        for extra in here[len(parts) :]:
            extra.delete()

    def _agency_called(self, name: str) -> TaxAgency:
        """One that is not here is made: a rate says whom it is owed to."""
        rows = TaxAgency.objects.filter(company=self.company, name__iexact=name)
        return rows.first() or TaxAgency.objects.create(company=self.company, name=name)


def _parts_of(rate: TaxRate) -> list[Part]:
    return [_part_of(each) for each in rate.components.all()]


def _part_of(component: TaxComponent) -> Part:
    return Part(component.name, component.percent, component.agency.name)


def _in_words(part: Part) -> str:
    return f"{part.name}: {part.percent.normalize():f} % to {part.agency}"


def _keys(parts: Iterable[Part]) -> list[tuple[str, Decimal, str]]:
    """By which two are the same: an agency is one however its name is spelled."""
    return [(each.name, each.percent, each.agency.casefold()) for each in parts]
