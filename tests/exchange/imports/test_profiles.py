"""Every layout is known by its headings, and profiles are data that hold together."""

import dataclasses

import pytest

from apps.connectors.layouts import Holds
from apps.connectors.profiles import CHARGES, JOINED_BY, NUMBERS, DocumentKind, Field, Profile
from apps.exchange.exports.layouts import layouts
from apps.exchange.imports.reading import Reader
from apps.exchange.profiles import PROFILES
from apps.exchange.profiles.fitting import fitting
from apps.exchange.tables.headings import heading_key
from apps.exchange.tables.port import FileRefused
from tests.exchange.imports.layouts import HEADINGS, NOT_PROPOSED, OURS

WRITTEN = [(code, line.split(",")) for code, lines in HEADINGS.items() for line in lines]
EXPORTED = [
    (OURS[each.code], [column.heading for column in each.columns])
    for each in layouts().values()
    if each.holds is Holds.DOCUMENTS
]


@pytest.mark.parametrize(("code", "headings"), WRITTEN + EXPORTED)
def test_the_headings_of_a_layout_propose_its_profile(code: str, headings: list[str]) -> None:
    found = fitting(headings, PROFILES.values())
    assert found is not None
    assert found.code == code
    Reader(found, headings)  # it has all that the profile requires


def test_every_profile_and_every_layout_of_documents_is_looked_at() -> None:
    assert {code for code, _ in WRITTEN + EXPORTED} | NOT_PROPOSED == {*PROFILES}
    assert {each.code for each in layouts().values() if each.holds is Holds.DOCUMENTS} == {*OURS}


@pytest.mark.parametrize(
    "headings", [[], ["Number", "Date"], ["Name", "E-mail"], ["Invoice no", "Customer", "Net"]]
)
def test_other_headings_propose_none(headings: list[str]) -> None:
    assert fitting(headings, PROFILES.values()) is None


def test_two_that_fit_alike_propose_none() -> None:
    one = PROFILES["one-row-net"]
    twin = dataclasses.replace(one, code="twin")
    assert fitting(["Number", "Date", "Customer", "Net"], [one, twin]) is None


@pytest.mark.parametrize("code", sorted(PROFILES))
def test_a_file_that_lacks_what_is_required_is_refused_by_name(code: str) -> None:
    profile = PROFILES[code]
    lacking = [each for each in profile.required if each in profile.columns]
    if code in NOT_PROPOSED:
        headings = HEADINGS[code.removesuffix("-with-tax")][0].split(",")
    else:
        headings = next(headings for name, headings in WRITTEN + EXPORTED if name == code)
    for each in lacking:
        named = {heading_key(heading) for heading in profile.columns[each]}
        left = [heading for heading in headings if heading_key(heading) not in named]
        if each in profile.constants:
            Reader(profile, left)
            continue
        with pytest.raises(FileRefused, match="has no column"):
            Reader(profile, left)


@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda each: each.code)
def test_a_profile_holds_together(profile: Profile) -> None:
    nested = profile.nested.columns if profile.nested else {}
    told = {*profile.columns, *profile.constants, *nested}
    assert {*profile.required} <= told
    assert {*profile.blank_tells, *profile.further, *profile.charges} <= told
    assert {*profile.charges} <= {*CHARGES}
    # More columns of a field are joined, or added: of nothing else is there a way.
    assert {*profile.further} <= {*JOINED_BY, *NUMBERS}
    assert {*profile.values.get(Field.KIND, {}).values()} <= {*DocumentKind}
    for written in (*profile.refused_statuses, *profile.entries):
        assert written == written.casefold()
    # A heading that tells two fields tells an amount and what it is held against, or the address by
    # which a customer is known.
    for heading in profile.headings:
        fields = [each for each, names in profile.columns.items() if heading in names]
        by_address = set(fields) == {Field.CUSTOMER_CODE, Field.EMAIL}
        assert len(fields) <= 1 or Field.TOTAL in fields or by_address, heading
