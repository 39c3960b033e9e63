"""Many lines: fifty are a form at a time, totals are of all, and nothing that lies elsewhere moves."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import QuerySet

from apps.billing import actions
from apps.billing.changes import made_by
from apps.billing.models import Invoice, InvoiceLine
from apps.billing.sums.totals import work_out
from apps.staff.models import User
from tests.backoffice.desk import Desk
from tests.backoffice.documents.test_acts import page
from tests.backoffice.frame.test_saves_kept import REFUSED, filled
from tests.backoffice.world import World

Browse = Callable[[str], Desk]
KB = 200

pytestmark = pytest.mark.slow


@pytest.fixture
def long(world: World) -> Invoice:
    """The world's draft with 120 lines of 2.00 each; the first has 10 % off."""
    draft = world.draft
    draft.lines.all().delete()
    item, rate = world.company.plain_item, None
    rows = [
        InvoiceLine(
            document=draft, position=place, item=item, description=f"Lot {place}", quantity=1,
            unit_price=2, tax_rate=rate, discount_percent=10 if place == 1 else None,
        )
        for place in range(1, 121)
    ]  # fmt: skip
    QuerySet(InvoiceLine).bulk_create(rows)
    work_out(draft)
    return draft


def on(document: Invoice, number: object) -> str:
    return f"{page(document)}?lines={number}"


def typed_lines(answer: Any) -> list[str]:
    """The texts of the lines that are a form."""
    text = answer.content.decode()
    return re.findall(
        r'<textarea[^>]* name="lines-\d+-description"[^>]*>\n([^<]*)</textarea>', text
    )


def test_fifty_lines_are_a_form_whatever_the_address_asks_for(
    long: Invoice, browse: Browse
) -> None:
    fay = browse("Fay")
    for asked, first, last in (("", 1, 50), ("2", 51, 100), ("last", 101, 120), ("99", 101, 120),
                               ("-1", 1, 50), ("two", 1, 50)):  # fmt: skip
        answer = fay.get(on(long, asked))
        assert typed_lines(answer) == [f"Lot {place}" for place in range(first, last + 1)]
        said = " ".join(answer.content.decode().split())
        assert f"Lines <strong>{first}–{last}</strong> of 120" in said
        assert "239.80" in said  # of all lines
        assert len(answer.content) < KB * 1000


def test_the_lines_of_one_page_are_saved_and_the_others_stay(long: Invoice, browse: Browse) -> None:
    fay, address = browse("Fay"), on(long, 2)
    form = filled(fay, address)
    before = list(long.lines.values_list("pk", "position", "description"))
    form |= {"lines-9-quantity": "7", "lines-10-DELETE": "on", "_continue": "1"}
    answer = fay.post(address, form)
    assert answer.status_code == 302, answer.content.decode()
    assert answer.headers["Location"] == address
    gone = before.pop(60)
    assert gone[2] == "Lot 61"
    assert list(long.lines.values_list("pk", "position", "description")) == before
    quantities = dict(long.lines.values_list("description", "quantity"))
    assert quantities.pop("Lot 60") == 7
    assert set(quantities.values()) == {1}
    long.refresh_from_db()
    assert long.net == Decimal("239.80") + 12 - 2


def test_a_line_is_added_at_the_end_and_shown_where_it_lies(long: Invoice, browse: Browse) -> None:
    fay, address = browse("Fay"), on(long, 1)
    form = filled(fay, address)
    new = {"description": "Late", "quantity": "1", "unit_price": "5"}
    form |= {f"lines-50-{name}": value for name, value in new.items()}
    form |= {"lines-TOTAL_FORMS": "51", "_continue": "1"}
    answer = fay.post(address, form, follow=True)
    assert typed_lines(answer)[-1] == "Late"
    assert long.lines.last().position == 121
    assert long.lines.count() == 121


def test_what_another_changed_on_this_page_is_not_undone_and_on_another_page_hinders_nobody(
    long: Invoice, people: dict[str, User], browse: Browse
) -> None:
    fay, address = browse("Fay"), on(long, 2)
    form = filled(fay, address)
    theirs, elsewhere = long.lines.get(description="Lot 60"), long.lines.get(description="Lot 3")

    def cleo_types(line: InvoiceLine, quantity: int) -> None:
        with made_by(people["Cleo"].pk):
            line.quantity = quantity
            line.save()

    # What Fay's form holds of the whole stands as it was; a page elsewhere is no business of hers.
    cleo_types(elsewhere, 4)
    assert fay.post(address, {**form, "lines-9-quantity": "7"}).status_code == 302
    form = filled(fay, address)
    cleo_types(theirs, 5)
    answer = fay.post(address, {**form, "lines-9-quantity": "8"})
    assert answer.status_code == REFUSED
    (moved,) = [each for each in answer.context["outdated"].differences if each.moved]
    assert (moved.what, moved.was, moved.now, moved.typed) == ("Line 60: Quantity", "7", "5", "8")
    quantities = dict(long.lines.values_list("description", "quantity"))
    assert (quantities["Lot 3"], quantities["Lot 60"]) == (4, 5)


def test_a_line_of_another_page_or_of_another_draft_is_not_written_from_this_one(
    long: Invoice, browse: Browse
) -> None:
    fay = browse("Fay")
    form = filled(fay, on(long, 1))
    for line in (
        long.lines.get(description="Lot 60"),
        InvoiceLine.objects.exclude(document=long)[0],
    ):
        fay.post(on(long, 1), {**filled(fay, on(long, 1)), "lines-0-id": str(line.pk),
                               "lines-0-quantity": "9"})  # fmt: skip
        kept = line.quantity
        line.refresh_from_db()
        assert line.quantity == kept
    assert form["lines-0-id"] == str(long.lines.first().pk)


def test_what_is_wrong_on_a_page_is_shown_there_as_it_was_typed(
    long: Invoice, browse: Browse
) -> None:
    fay, address = browse("Fay"), on(long, 2)
    form = filled(fay, address) | {"lines-9-quantity": "many", "lines-8-description": "Typed"}
    answer = fay.post(address, form)
    assert answer.status_code == 200
    assert typed_lines(answer)[8] == "Typed"
    assert len(typed_lines(answer)) == 50
    assert answer.content.decode().count('class="t-error"') == 1
    assert not long.lines.filter(description="Typed").exists()


@pytest.mark.parametrize(("name", "issued"), [("Vera", False), ("Fay", True)])
def test_what_is_only_read_is_a_plain_table_in_pages(
    name: str, issued: bool, long: Invoice, browse: Browse
) -> None:
    if issued:
        actions.issue(long)
    answer = browse(name).get(on(long, 3))
    said = answer.content.decode()
    assert "lines-0-" not in said
    assert re.findall(r'data-label="Description">([^<]*)<', said) == [
        f"Lot {place}" for place in range(101, 121)
    ]
    assert "239.80" in said
    assert len(answer.content) < KB * 1000


def test_a_draft_of_fifty_lines_has_no_pages(long: Invoice, browse: Browse) -> None:
    long.lines.filter(position__gt=50).delete()
    said = browse("Fay").get(page(long)).content.decode()
    assert "Pages of lines" not in said
    assert len(said) < KB * 1000


def test_an_old_version_shows_its_lines_in_pages(long: Invoice, browse: Browse) -> None:
    long.message = "Changed"
    long.save()
    version = long.history.latest()
    answer = browse("Fay").get(f"{page(long, 'history')}{version.history_id}/?lines=2")
    texts = re.findall(r'data-label="Description">([^<]*)<', answer.content.decode())
    assert texts == [f"Lot {place}" for place in range(51, 101)]
