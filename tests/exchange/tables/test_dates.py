"""Days as people and programs write them, and what a column says of their order."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.exchange.tables.dates import DateEvidence, DateStyle, read_date, read_moment
from apps.exchange.tables.port import CellRefused, DayOrder

DMY, MDY, YMD = DayOrder.DAY_FIRST, DayOrder.MONTH_FIRST, DayOrder.YEAR_FIRST
DAY = date(2026, 3, 31)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "2026-03-31",
            "2026/3/31",
            "2026.03.31",
            "20260331",
            "31/03/2026",
            "31.3.2026",
            "31.03.26",
        ),
        *("31-03-26", "31. 3. 2026", "31 March 2026", "March 31, 2026", "31-Mar-26", "Mar 31 2026"),
        *("31. März 2026", "31 mrz. 2026", "31 mars 2026", "31 de marzo de 2026", "31 marzo 2026"),
        *(
            "Tue, 31 Mar 2026",
            "mardi 31 mars 2026",
            "2026 Mar 31",
            "31st March 2026",
            "31 MAART 2026",
        ),
        *("2026-03-31T08:26:00", "2026-03-31 08:26", "31/03/2026 8:26 PM", "2026-03-31T00:00:00Z"),
        *(
            "31\u00a0mars\u00a02026",
            " 31/03/2026 ",
            "31.03.2026 23:55:00",
            "2026-03-31 23:40:12.123456",
        ),
    ],
)
def test_a_day_is_read(text: str) -> None:
    assert read_date(text, DateStyle(order=DMY)) == DAY


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("1er août 2026", date(2026, 8, 1)),
        ("2 févr. 2026", date(2026, 2, 2)),
        ("1 de enero de 2026", date(2026, 1, 1)),
        ("Dez 24, 2026", date(2026, 12, 24)),
        ("5 Sept 69", date(2069, 9, 5)),
        ("5 Sept 70", date(1970, 9, 5)),
    ],
)
def test_months_have_names_in_several_languages(text: str, day: date) -> None:
    assert read_date(text, DateStyle()) == day


@pytest.mark.parametrize(
    ("order", "day"),
    [(DMY, date(2026, 4, 3)), (MDY, date(2026, 3, 4)), (YMD, date(2003, 4, 26))],
)
def test_the_order_decides(order: DayOrder, day: date) -> None:
    assert read_date("03/04/26", DateStyle(order=order)) == day


@pytest.mark.parametrize(
    "text",
    [
        *("", "30.02.2026", "2026-02-30", "2026-13-01", "31/04/2026", "04/13/2026", "0/1/2026"),
        *(
            "1/2/3",
            "1/2/202",
            "31 Foo 2026",
            "March 2026",
            "2026",
            "45000",
            "1.5",
            "12:30",
            "today",
        ),
        *(
            "31/03/2026 25:00",
            "31/03/2026 10:00 PST",
            "31/03/1899",
            "01.01.2200",
            "31/03/2026 extra",
        ),
        *("March April 2026", "3026-01-01", "٣١/٠٣/٢٠٢٦", "1" * 70, "31 March 2026 31", "#REF!"),
    ],
)
def test_what_is_no_day_is_refused_and_quoted(text: str) -> None:
    with pytest.raises(CellRefused, match="“"):
        read_date(text, DateStyle(order=DMY))


@pytest.mark.parametrize(
    ("text", "style", "day"),
    [
        ("2026-03-31 23:40:12 -0700", DateStyle(), DAY),
        ("2024-03-31 22:10:05 -0700", DateStyle(day_in=UTC), date(2024, 4, 1)),
        ("2026-04-01 03:12", DateStyle(written_in=UTC), date(2026, 4, 1)),
        (
            "2026-04-01 03:12",
            DateStyle(written_in=UTC, day_in=ZoneInfo("America/New_York")),
            DAY,
        ),
        ("2026-04-01T03:12:00Z", DateStyle(day_in=ZoneInfo("America/New_York")), DAY),
        (
            "2026-03-31 23:55 Europe/Berlin",
            DateStyle(day_in=ZoneInfo("Asia/Tokyo")),
            date(2026, 4, 1),
        ),
    ],
)
def test_the_accounting_day_is_that_of_the_company(text: str, style: DateStyle, day: date) -> None:
    assert read_date(text, style) == day


def test_a_moment_keeps_its_time() -> None:
    found = read_moment("2026-03-31 10:05 +0200", DateStyle())

    assert found == datetime(2026, 3, 31, 10, 5, tzinfo=timezone(timedelta(hours=2)))


@pytest.mark.parametrize(
    ("cell", "style", "day"),
    [
        (Decimal(45000), DateStyle(), date(2023, 3, 15)),
        (Decimal("45000.75"), DateStyle(), date(2023, 3, 15)),
        (Decimal(43538), DateStyle(date_1904=True), date(2023, 3, 15)),
        (Decimal(20260331), DateStyle(), DAY),
        ("45000", DateStyle(serials=True), date(2023, 3, 15)),
        (DAY, DateStyle(), DAY),
        (datetime.fromisoformat("2026-03-31T05:00"), DateStyle(), DAY),
    ],
)
def test_days_of_a_workbook(cell: Decimal | date | str, style: DateStyle, day: date) -> None:
    assert read_date(cell, style) == day


@pytest.mark.parametrize(
    "cell", [None, True, time(5), Decimal(5), Decimal("1E+22"), Decimal("NaN")]
)
def test_other_cells_are_no_days(cell: Decimal | time | bool | None) -> None:
    with pytest.raises(CellRefused):
        read_date(cell, DateStyle())


@pytest.mark.parametrize(
    ("cells", "order"),
    [
        (["03/04/2026", "04/13/2026"], MDY),
        (["03/04/2026", "13/04/2026"], DMY),
        (["2026-03-04", "2026-04-05"], DMY),  # says nothing, and needs nothing
        (["04/04/2026", "05/05/2026"], DMY),  # the same day either way
        (["31/03/26", "01/04/26"], DMY),
        (["03/31/26"], MDY),
        (["26/03/30", "26/03/31", "26/04/01", "99/12/31"], YMD),
        (["30/02/2026", "04/13/2026"], MDY),  # 30 February settles nothing
    ],
)
def test_the_column_settles_its_order(cells: list[str], order: DayOrder) -> None:
    evidence = DateEvidence().add_all(cells)

    assert (evidence.order, evidence.doubt, evidence.choices) == (order, "", ())


def test_a_column_that_tells_nothing_is_asked() -> None:
    evidence = DateEvidence().add_all(["05/05/2026", "03/04/2026", "5 May 2026"])

    assert evidence.order is None
    assert "“03/04/2026” may name two days" in evidence.doubt
    assert set(evidence.choices) >= {DMY, MDY}


def test_two_orders_in_one_column_are_asked() -> None:
    evidence = DateEvidence().add_all(["13/04/2026", "04/14/2026"])

    assert evidence.order is None
    assert "“04/14/2026” cannot be written in the order" in evidence.doubt


def test_a_column_of_numbers_of_days_is_told() -> None:
    assert DateEvidence().add_all(["45000", "45001.5", ""]).serials
    assert not DateEvidence().add_all(["45000", "31/03/2026"]).serials


@given(
    st.dates(date(1970, 1, 1), date(2069, 12, 31)),
    st.sampled_from(
        [
            ("%d/%m/%Y", DMY),
            ("%m/%d/%Y", MDY),
            ("%d.%m.%y", DMY),
            ("%y/%m/%d", YMD),
            ("%Y-%m-%d", MDY),
            ("%d %B %Y", MDY),
            ("%b %d, %Y", DMY),
            ("%Y%m%d", DMY),
            ("%Y-%m-%dT%H:%M:%S", DMY),
        ]
    ),
)
def test_any_day_in_any_writing_is_read_back(day: date, how: tuple[str, DayOrder]) -> None:
    form, order = how

    assert read_date(day.strftime(form), DateStyle(order=order)) == day


@given(st.text(max_size=70))
def test_any_text_is_a_day_or_refused(text: str) -> None:
    for order in DayOrder:
        try:
            found = read_date(text, DateStyle(order=order))
        except CellRefused:
            continue
        assert 1900 <= found.year <= 2199
