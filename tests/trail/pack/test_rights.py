"""From when to when somebody had a role in a company, told by moments."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from apps.trail.pack.rights import Moved, Standing

COMPANY, OTHER, NIA, ADA = 7, 8, 3, 1
DAY = datetime(2026, 3, 1, 9, tzinfo=UTC)


def person(on: int, roles: str = "Clerk", **fields: Any) -> Moved:
    """A row of history, so many days after the first."""
    row = {
        "history_type": "~",
        "is_active": True,
        "every_company": False,
        "last_day": None,
        "roles_then": roles,
    } | fields
    return Moved(at=DAY + timedelta(days=on), by=ADA, person=SimpleNamespace(**row))


def companies(on: int, now: list[int] | None) -> Moved:
    """Said a moment after the row of that day."""
    return Moved(at=DAY + timedelta(days=on, milliseconds=20), by=ADA, companies=now)


def rights(*moves: Moved, member: bool = False) -> list[tuple[str, int, int | None]]:
    """(role, the day on which it began, the day on which it ended)."""
    standing = Standing(company=COMPANY, member=member)
    for each in moves:
        standing.move(NIA, each)
    return [
        (each.role, (each.begin - DAY).days, (each.end - DAY).days if each.end else None)
        for each in standing.rights
    ]


def test_a_role_counts_while_its_person_is_active_and_sees_the_company() -> None:
    assert rights(person(0), companies(2, [OTHER]), companies(5, [COMPANY]), companies(8, [])) == [
        ("Clerk", 5, 8)
    ]
    assert rights(person(0), person(3, is_active=False), person(6), member=True) == [
        ("Clerk", 0, 3),
        ("Clerk", 6, None),
    ]
    assert rights(person(0, every_company=True), person(4, "Viewer", every_company=True)) == [
        ("Clerk", 0, 4),
        ("Viewer", 4, None),
    ]
    assert rights(person(0), companies(1, [OTHER])) == []


def test_what_stood_for_a_moment_while_a_page_was_saved_is_no_right_and_no_end() -> None:
    assert rights(person(0, every_company=True), person(4), companies(4, [COMPANY])) == [
        ("Clerk", 0, None)
    ]
    assert rights(person(0), person(4, every_company=True), companies(4, [OTHER]), person(4)) == []


def test_an_auditor_ends_by_the_last_day() -> None:
    last = date(2026, 3, 5)  # until its end: midnight is fifteen hours after the fifth day began
    auditor = person(0, "Auditor", last_day=last)
    assert rights(auditor, member=True) == [("Auditor", 0, 4)]
    assert rights(auditor, person(2, ""), member=True) == [("Auditor", 0, 2)]
    assert rights(person(0, "Auditor", last_day=date(2099, 3, 5)), member=True) == [
        ("Auditor", 0, None)
    ]
