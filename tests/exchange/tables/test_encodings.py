"""In which encoding a file is written, and what is asked or said of it."""

import codecs
from pathlib import Path

import pytest

from apps.exchange.tables.encodings import ENCODINGS, found_encoding
from apps.exchange.tables.port import LIMITS, Dialect
from tests.exchange.tables.files import packed, read, read_bytes, refusal

TEXT = "Name;Amount\r\nMöwe & Söhne;1.000,00 €\r\n"


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (TEXT.encode("utf-8"), "utf-8"),
        (codecs.BOM_UTF8 + TEXT.encode("utf-8"), "utf-8"),
        (codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"), "utf-16"),
        (codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), "utf-16"),
        (TEXT.encode("utf-16-le"), "utf-16-le"),
        (TEXT.encode("utf-16-be"), "utf-16-be"),
        (codecs.BOM_UTF32_LE + TEXT.encode("utf-32-le"), "utf-32"),
        (TEXT.encode("cp1252"), "cp1252"),
    ],
)
def test_each_encoding_is_found_and_read(tmp_path: Path, data: bytes, encoding: str) -> None:
    found = read_bytes(tmp_path, data)

    assert found.look.dialect.encoding == encoding
    assert found.look.headings == ("Name", "Amount")
    assert found.body == [("Möwe & Söhne", "1.000,00 €")]
    assert found.look.doubts == ()


def test_windows_1252_is_said(tmp_path: Path) -> None:
    [notice] = read_bytes(tmp_path, TEXT.encode("cp1252")).look.notices

    assert notice.startswith("Read as Windows-1252 (Western Europe): the file is not UTF-8.")


def test_the_whole_file_decides(tmp_path: Path) -> None:
    """Past any sample, and in the middle of a block."""
    data = b"Name,Amount\n" + b"Smith,1\n" * 40_000 + "Möwe,2\n".encode("cp1252")

    assert read_bytes(tmp_path, data).look.dialect.encoding == "cp1252"
    assert (
        read_bytes(tmp_path, data.replace(b"\xf6", "ö".encode())).look.dialect.encoding == "utf-8"
    )


@pytest.mark.parametrize("shift", range(4))
def test_a_letter_may_lie_across_blocks(tmp_path: Path, shift: int) -> None:
    line = "x" * shift + "€" * 20 + "\n"
    found = read_bytes(tmp_path, "Name\n" + line * 10_000)

    assert found.look.dialect.encoding == "utf-8"
    assert found.body == [(line.strip(),)] * 10_000


def test_where_another_reading_looks_as_good_it_is_asked(tmp_path: Path) -> None:
    text = "Jméno;Město\r\nPříliš žlutý kůň;Plzeň\r\n" * 3
    found = read_bytes(tmp_path, text.encode("cp1250"))

    [doubt] = [each for each in found.look.doubts if each.field == "encoding"]
    assert {"cp1250", "cp1252"} <= set(doubt.choices)
    assert "Windows-1250 (Central Europe) (“" in doubt.sentence

    told = read_bytes(
        tmp_path, text.encode("cp1250"), dialect=Dialect(encoding="cp1250", delimiter=";")
    )
    assert told.look.headings == ("Jméno", "Město")


@pytest.mark.parametrize(
    ("text", "encoding", "asked"),
    [
        ("Name;Betrag\nMöwe;5\n", "cp1252", False),
        ("Name;Betrag\nMÜLLER & Söhne;5\nStraße;6\n", "cp1252", False),
        ("Name,Note\nBob’s “shop”,5 – 6\n", "cp1252", False),
        ("Nombre;Importe\nPeña Muñoz;5\nGarcía;6\n", "cp1252", True),
        ("Имя;Сумма\nИванов Иван;5,00\n", "cp1251", True),
        ("Name;Betrag\nMöwe & Söhne;5\nMüller;6\n", "cp850", True),
        ("名前,金額\n株式会社テスト,5\n東京商事,6\n", "cp932", True),
    ],
)
def test_the_likeliest_is_taken(tmp_path: Path, text: str, encoding: str, asked: bool) -> None:
    looked = read_bytes(tmp_path, text.encode(encoding)).look

    assert looked.dialect.encoding == encoding
    assert [each.field for each in looked.doubts] == ["encoding"] * asked
    assert looked.headings == tuple(text.splitlines()[0].replace(",", ";").split(";"))


def test_a_file_that_is_mostly_utf_8_is_refused_with_the_line(tmp_path: Path) -> None:
    data = "Name\nMöwe\nSöhne\n".encode() + b"Gr\xf6\xdfe\n" + "Füße\nÄ\n".encode()

    sentence = refusal(lambda: read_bytes(tmp_path, data))
    assert "The file is not UTF-8: line 4 holds the bytes F6 DF 65" in sentence


@pytest.mark.parametrize(
    "data", [b"Name\n\xc0\xafetc\n", b"Name\n\xed\xa0\x80\xed\xb0\x80\n", b"Name\nA\xe0\x80\xaf\n"]
)
def test_letters_written_too_long_and_half_pairs_are_refused(tmp_path: Path, data: bytes) -> None:
    assert "no letter in any encoding" in refusal(lambda: read_bytes(tmp_path, data))


def test_what_was_chosen_and_does_not_fit_is_refused(tmp_path: Path) -> None:
    data = TEXT.encode("cp1252")

    for encoding, words in (
        ("utf-8", "is not UTF-8: line 2"),
        ("rot13", "is not known. Choose one"),
    ):
        dialect = Dialect(encoding=encoding, delimiter=";")
        assert words in refusal(lambda dialect=dialect: read_bytes(tmp_path, data, dialect=dialect))


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_encoding_that_may_be_chosen_can_be_read(tmp_path: Path, encoding: str) -> None:
    found = read_bytes(
        tmp_path, "Name,Amount\nSmith,1\n".encode(encoding), dialect=Dialect(encoding=encoding)
    )

    assert found.body == [("Smith", "1")]


def test_what_looks_like_utf_7_is_left_as_it_stands(tmp_path: Path) -> None:
    found = read_bytes(tmp_path, b"Name,Amount\n+ADw-script+AD4-,1\n")

    assert found.body == [("+ADw-script+AD4-", "1")]


def test_a_packed_file_is_judged_by_what_is_in_it(tmp_path: Path) -> None:
    path = packed(tmp_path, TEXT.encode("cp1252") * 2)

    assert found_encoding(path, LIMITS).encoding == "cp1252"
    assert read(path).body[0] == ("Möwe & Söhne", "1.000,00 €")
