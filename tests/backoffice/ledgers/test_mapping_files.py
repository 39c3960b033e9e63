"""Mappings in and out as CSV and Excel: an error file, all or but the wrong rows, and what it touches."""

import csv
import io
from collections.abc import Callable
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from apps.mappings.files import HEAD
from apps.mappings.models import Mapping
from tests.backoffice.ledgers.test_mapping import code, words
from tests.backoffice.world import World
from tests.factories import make_item

Browse = Callable[[str], Client]


def page(world: World) -> str:
    return reverse("admin:connections_connection_map-file", args=[world.connection.pk])


def sent(*rows: tuple[str, ...], **more: str) -> dict[str, Any]:
    held = io.StringIO()
    csv.writer(held).writerows([HEAD, *rows])
    return {"file": SimpleUploadedFile("mappings.csv", held.getvalue().encode()), **more}


def test_a_wrong_row_changes_nothing_or_only_itself_and_the_error_file_names_it(
    world: World, browse: Browse
) -> None:
    mug = make_item(world.company, code="=MUG")
    sales = code(world, "80", "Mug sales", "income")
    good = ("Sales account of an item", "'=MUG", "", "Mug sales", "")
    bad = ("Sales account of an item", mug.code, "", "Undeposited Funds", "")
    other = ("Sales account of an item", "NONE", "", "Mug sales", "")
    fay = browse("Fay")

    told = fay.post(page(world), sent(good, other))

    assert "Nothing was saved: 1 row cannot hold" in words(told)
    assert not Mapping.objects.filter(item=mug).exists()
    errors = fay.get(f"{page(world)}?file=errors").content.decode("utf-8-sig")
    [head, row] = list(csv.reader(io.StringIO(errors)))
    assert head == ["Row", "Field", "What stands there", "What to do"]
    assert row[:3] == ["3", "Ours", "NONE"]
    told = fay.post(page(world), sent(good, other, bad, mode="but-the-wrong"))
    assert "2 rows left out" in words(told)
    assert Mapping.objects.get(item=mug).code == sales
    out = fay.get(f"{page(world)}?file=mappings").content.decode("utf-8-sig")
    assert ["Sales account of an item", "'=MUG", "", "Mug sales", "80"] in list(
        csv.reader(io.StringIO(out))
    )


def test_a_file_that_changes_a_choice_in_force_is_shown_with_what_that_touches(
    world: World, browse: Browse
) -> None:
    other = code(world, "81", "Lantern sales", "income")
    fay = browse("Fay")
    told = fay.post(page(world), sent(("Sales account by default", "", "", "", "81")))
    assert "Nothing is saved yet" in words(told)
    assert Mapping.objects.get(subject="income").code != other
    carried = {"income-default": str(other.pk), "seen": "1"}
    fay.post(page(world), {**carried, "reason": "The accountant said so"})
    assert Mapping.objects.get(subject="income").code == other


def test_who_changes_no_mappings_has_no_file_of_them(world: World, browse: Browse) -> None:
    for name in ("Vera", "Cleo"):
        assert browse(name).get(f"{page(world)}?file=mappings").status_code == 403


def test_what_is_taken_out_comes_in_again_as_a_workbook_and_in_any_dialect(
    world: World, browse: Browse
) -> None:
    fay = browse("Fay")
    mug = make_item(world.company, code="=MUG")
    code(world, "80", "Tassen & Möbel", "income")
    fay.post(page(world), sent(("Sales account of an item", "'=MUG", "", "Tassen & Möbel", "")))
    assert Mapping.objects.filter(item=mug).exists()
    book = fay.get(f"{page(world)}?file=workbook")
    assert book["Content-Disposition"].endswith('.xlsx"')
    text = fay.get(f"{page(world)}?file=mappings").content.decode("utf-8-sig")
    held = io.StringIO()
    csv.writer(held, delimiter="\t").writerows(csv.reader(io.StringIO(text)))
    for content in (book.content, held.getvalue().encode("utf-16"), text.encode("cp1252")):
        told = fay.post(page(world), {"file": SimpleUploadedFile("m", content)}, follow=True)
        assert "Nothing was different." in words(told)
    told = fay.post(page(world), {"file": SimpleUploadedFile("m", b"\x89PNG\r\n\x1a\n")})
    assert "Ask for the data itself" in words(told)
