"""LibreOffice opens what we write: no cell is a formula, amounts are numbers, days are days."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

import pytest
from django.test import Client
from django.urls import reverse

from apps.connectors.csv_ledger.cells import by_hand_row
from apps.exchange.exports.codes import TypedCodes
from apps.exchange.exports.files import Export
from apps.exchange.exports.laying import Laying
from apps.exchange.exports.layouts import layouts
from apps.exchange.exports.records import Choice
from apps.exchange.exports.sources import Terms
from apps.exchange.exports.writing import EUROPEAN, PLAIN, Tally, csv_chunks, write_xlsx
from tests.all_rights import make_almighty
from tests.core.test_formulas import unseen
from tests.exchange.exports.varied import HOSTILE, Varied

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed"),
]
OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
# Separator, quote, UTF-8, from the first line; US English or German; numbers as a person who opens
# it would have them recognised, and formulas worked out, as Excel does.
CSV = "CSV:{},34,76,1,,{},false,true,false,false,false,-1,true"
ENGLISH, GERMAN = 1033, 1031


def converted(folder: Path, files: list[Path], how: str = "") -> None:
    words = ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless"]
    words += ["--convert-to", "fods", "--outdir", str(folder)]
    words += [f"--infilter={how}"] if how else []
    subprocess.run([*words, *map(str, files)], check=True, capture_output=True, timeout=120)


def cells_of(file: Path) -> Iterator[tuple[str, str]]:
    """(type, what it holds) of every cell that holds something; a formula is a type of its own."""
    for cell in ElementTree.parse(file).iter(f"{TABLE}table-cell"):
        kind = cell.get(f"{OFFICE}value-type")
        if cell.get(f"{TABLE}formula") is not None:
            kind = "formula"
        if kind is None:
            continue
        text = "\n".join("".join(each.itertext()) for each in cell.iter(f"{TEXT}p"))
        yield kind, cell.get(f"{OFFICE}value") or cell.get(f"{OFFICE}date-value") or text


def listed(client: Client, model: str, kind: str) -> bytes:
    response = client.get(f"{reverse(f'admin:billing_{model}_export')}?_format={kind}")
    return b"".join(response.streaming_content)


def test_no_cell_is_a_formula_and_amounts_are_numbers(varied: Varied, tmp_path: Path) -> None:
    client = Client()
    client.force_login(make_almighty("all@example.com", "a-long-enough-password-1"))
    english, german, excel = [], [], []
    for model in ("customer", "invoice", "payment"):
        for into, kind, end in (
            (english, "csv", "en.csv"), (german, "csv-european", "de.csv"), (excel, "xlsx", "x.xlsx"),
        ):  # fmt: skip
            into.append(tmp_path / f"{model}-{end}")
            into[-1].write_bytes(listed(client, model, kind))
    for code in ("native-documents", "native-customers", "native-payments"):
        layout = layouts()[code]
        terms = Terms(layout=layout, codes=TypedCodes(), home="GBP")
        export = Export(Laying(terms, layout.formulas), Choice(company=varied.company))
        english += export.write(tmp_path, code)[0]
    converted(tmp_path, english, CSV.format(44, ENGLISH))
    converted(tmp_path, german, CSV.format(59, GERMAN))
    converted(tmp_path, excel)

    totals = {invoice.total.normalize() for invoice in varied.invoices}
    for file in [*english, *german, *excel]:
        cells = list(cells_of(file.with_suffix(".fods")))
        assert [each for each in cells if each[0] == "formula"] == [], file.name
        numbers = {Decimal(value).normalize() for kind, value in cells if kind == "float"}
        texts = [value for kind, value in cells if kind == "string"]
        if file.name.startswith(("invoice", "native-documents")):
            assert totals <= numbers, file.name
            assert not [each for each in texts if re.fullmatch(r"-?\d+[.,]\d\d", each)]
            assert ("date", "2026-03-02") in cells
        if file.name.startswith(("customer", "native-customers")):
            shown = HOSTILE if file.suffix == ".xlsx" else f"'{HOSTILE}"
            assert shown in texts, file.name


def test_a_formula_would_be_seen(tmp_path: Path) -> None:
    file = tmp_path / "unsafe.csv"
    file.write_text('"Name"\r\n"=1+1"\r\n')
    converted(tmp_path, [file], CSV.format(44, ENGLISH))
    assert "formula" in {kind for kind, _ in cells_of(tmp_path / "unsafe.fods")}


def test_nothing_that_is_not_seen_lets_a_formula_through(tmp_path: Path) -> None:
    """Every blank, control and format character, and what else shows nothing, before every sign."""
    texts = [
        f"{before}{sign}1+1"
        for before in ["", *unseen(), "\u200b\u00a0", "\ufeff\u3000", " \u00ad ", "'\u200e"]
        for sign in "=+-@＝＋－＠﹦﹢﹣﹫⁼⁺₌₊"
    ]
    rows = [(place, text) for place, text in enumerate(texts)]
    styles = {"en": PLAIN, "de": EUROPEAN}
    for name, style in styles.items():
        file = tmp_path / f"{name}.csv"
        file.write_bytes(b"".join(csv_chunks(("Row", "Text"), rows, style)))
    ledger = tmp_path / "ledger.csv"
    ledger.write_text("".join(by_hand_row(*row) for row in rows), encoding="utf-8", newline="")
    book = tmp_path / "book.xlsx"
    with book.open("wb") as into:
        write_xlsx(into, "Texts", ("Row", "Text"), rows, Tally())
    converted(tmp_path, [tmp_path / "en.csv", ledger], CSV.format(44, ENGLISH))
    converted(tmp_path, [tmp_path / "de.csv"], CSV.format(59, GERMAN))
    converted(tmp_path, [book])
    for name in ("en", "ledger", "de", "book"):
        cells = list(cells_of(tmp_path / f"{name}.fods"))
        assert len([each for each in cells if each[0] == "string"]) >= len(texts), name
        assert [each for each in cells if each[0] == "formula"] == [], name
