"""The hostile files that are, or call themselves, CSV."""

import bz2
import codecs
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

from tests.exchange.tables.hostile import Hostile

GOOD = b"Number,Customer,Amount\n1,Smith,5.00\n2,Jones,6.00\n"


def holding(data: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(data)


def repeated(start: bytes, piece: bytes, times: int) -> Callable[[Path], None]:
    """Written piece by piece: these are larger than the tests may be."""

    def write(path: Path) -> None:
        block = piece * max(1, (1 << 20) // len(piece))
        left = times * len(piece)
        with path.open("wb") as file:
            file.write(start)
            while left > 0:
                file.write(block[:left])
                left -= len(block)

    return write


def members(piece: bytes, times: int) -> Callable[[Path], None]:
    """A packed file of so many members alike: what it unpacks to was never in memory."""
    return repeated(b"", gzip.compress(piece, 9), times)


def _tar() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        info = tarfile.TarInfo("a.csv")
        info.size = len(GOOD)
        archive.addfile(info, io.BytesIO(GOOD))
    return out.getvalue()


def _zip_of(name: str, data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return out.getvalue()


def _wrong_checksum() -> bytes:
    packed = gzip.compress(GOOD)
    return packed[:-8] + struct.pack("<LL", zlib.crc32(GOOD) ^ 1, len(GOOD))


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504
FORMULAS = (
    b'Name,Amount\n=cmd|\'/c calc\'!A0,5\n@SUM(1+1),6\n"=HYPERLINK(""http://x.example"")",7\n'
)

TEXTS = (
    Hostile(name="empty.csv", write=holding(b""), refused="is empty"),
    Hostile(name="mark-alone.csv", write=holding(codecs.BOM_UTF8), refused="holds no text"),
    Hostile(name="utf16-mark-alone.csv", write=holding(codecs.BOM_UTF16_LE), refused="no text"),
    Hostile(name="blanks.csv", write=holding(b" \n\t\n  \n"), refused="holds no text"),
    Hostile(name="delimiters-alone.csv", write=holding(b",,,,\n" * 1000), refused="are blank"),
    Hostile(name="sep-alone.csv", write=holding(b"sep=;\n"), refused="holds no text"),
    Hostile(name="sep-is-a-quote.csv", write=holding(b'sep="\na"b\n'), refused="as its delimiter"),
    Hostile(name="nul-inside.csv", write=holding(GOOD * 200 + b"3,A\0B,5\n"), refused="NUL"),
    Hostile(name="nul-first.csv", write=holding(b"\0" + GOOD), refused="NUL"),
    Hostile(name="nuls.csv", write=holding(bytes(1_000_000)), refused="NUL"),
    Hostile(name="utf7.csv", write=holding(b"Name,X\n+ADw-script+AD4-,1\n"), body=1, holds=("+ADw-script+AD4-",)),
    Hostile(name="overlong.csv", write=holding(b"Name,X\n\xc0\xaf\xc0\xae,1\n"), refused="no letter in any"),
    Hostile(name="surrogates.csv", write=holding(b"Name,X\n\xed\xa0\x80,1\n"), refused="no letter in any"),
    Hostile(
        name="utf16-half-pair.csv",
        write=holding(codecs.BOM_UTF16_LE + "Name,X\n".encode("utf-16-le") + b"\x00\xd8,\0" + "1\n".encode("utf-16-le")),
        refused="is not UTF-16",
    ),
    Hostile(
        name="utf16-cut.csv",
        write=holding(codecs.BOM_UTF16_LE + "Name,X\nA,1\n".encode("utf-16-le")[:-1]),
        refused="is not UTF-16",
    ),
    Hostile(name="mixed-encodings.csv", write=holding("Name,X\nMöwe,1\nÄ,2\n".encode() + b"Gr\xf6,3\n"), refused="is not UTF-8: line 4"),
    Hostile(name="mark-inside.csv", write=holding(GOOD + "3,\ufeffA,5\n".encode()), body=3),
    Hostile(name="bidi.csv", write=holding("Name,X\n\u202egnp.exe,1\n".encode()), body=1, holds=("\u202egnp.exe",)),
    Hostile(name="script.csv", write=holding(b"<b>Name</b>,X\n<script>alert(1)</script>,1\n"), body=1, holds=("<script>alert(1)</script>",)),
    Hostile(name="formulas.csv", write=holding(FORMULAS), body=3, holds=("=cmd|'/c calc'!A0", "@SUM(1+1)")),
    Hostile(name="not-numbers.csv", write=holding(b"Name,X\nA,NaN\nB,Infinity\nC,1e999999\n"), body=3, holds=("1e999999",)),
    Hostile(name="columns.csv", write=holding(b",".join(b"c%d" % n for n in range(16_384)) + b"\n"), refused="16,384 columns"),
    Hostile(name="columns-later.csv", write=holding(GOOD + b"x," * 16_383 + b"x\n"), refused="16,384 columns"),
    Hostile(name="a-million-commas.csv", write=holding(b"," * 1_000_000), refused="columns"),
    Hostile(name="long-cell.csv", write=holding(GOOD + b"3," + b"x" * 32_768 + b",1\n"), refused="row 4 holds more than 32,767"),
    Hostile(name="unclosed.csv", write=holding(GOOD + b'3,"A,5\n'), refused="opens in row 4 is never closed"),
    Hostile(name="quotes-alone.csv", write=holding(b'"' * 1_000_000), refused="more than 32,767"),
    Hostile(name="quotes-in-turn.csv", write=holding(b'a,b\n' + b'","' * 60_000), refused="row 2 holds more than 32,767"),
    Hostile(name="apostrophes.csv", write=holding(b"a,b\n" + b"'," * 100 + b"\n"), body=1),
    Hostile(name="quote-inside.csv", write=holding(b'Name,X\n5" pipe,1\n6" pipe,2\n'), body=2, holds=('5" pipe',)),
    Hostile(name="returns-alone.csv", write=holding(GOOD.replace(b"\n", b"\r")), body=2, holds=("Jones",)),
    Hostile(name="mixed-ends.csv", write=holding(b"a,b\r\n1,2\r3,4\n"), body=2),
    Hostile(name="no-table.csv", write=holding(bytes(range(128, 256)) * 40), refused="no text"),
)  # fmt: skip

PACKED = (
    Hostile(name="cut.csv.gz", write=holding(gzip.compress(GOOD * 100)[:-12]), refused="cut short"),
    Hostile(name="head-alone.csv.gz", write=holding(gzip.compress(GOOD)[:10]), refused="cut short"),
    Hostile(name="checksum.csv.gz", write=holding(_wrong_checksum()), refused="damaged"),
    Hostile(name="garbage-after.csv.gz", write=holding(gzip.compress(GOOD) + b"garbage" * 9), refused="damaged"),
    Hostile(name="twice.csv.gz", write=holding(gzip.compress(gzip.compress(GOOD))), refused="packed twice"),
    Hostile(name="zip-inside.gz", write=holding(gzip.compress(_zip_of("a.csv", GOOD))), refused="packed twice"),
    Hostile(name="tar.gz", write=holding(_tar()), refused="tar archive"),
    Hostile(name="program-inside.gz", write=holding(gzip.compress(b"\x7fELF" + bytes(99))), refused="a program"),
)  # fmt: skip

OTHERS = (
    Hostile(name="pdf.csv", write=holding(b"%PDF-1.7\n1 0 obj\n"), refused="a PDF"),
    Hostile(name="page.xls", write=holding(b"\n<html><body><table><tr><td>1</td></tr>"), refused="a web page"),
    Hostile(name="table.xls", write=holding(b"\xef\xbb\xbf<TABLE><tr><td>1</td></tr>"), refused="a web page"),
    Hostile(name="xml2003.xls", write=holding(b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>'), refused="is XML"),
    Hostile(name="laughs.csv", write=holding(b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]>'), refused="is XML"),
    Hostile(name="old.xls", write=holding(OLE), refused="old kind (.xls)"),
    Hostile(name="password.xlsx", write=holding(OLE + "EncryptedPackage".encode("utf-16-le") + b"\0" * 99), refused="protected by a password"),
    Hostile(name="rtf.csv", write=holding(b"{\\rtf1 text}"), refused="RTF"),
    Hostile(name="picture.csv", write=holding(b"\x89PNG\r\n\x1a\n" + bytes(99)), refused="a picture"),
    Hostile(name="program.csv", write=holding(b"\x7fELF\x02" + bytes(99)), refused="a program"),
    Hostile(name="database.csv", write=holding(b"SQLite format 3\0" + bytes(99)), refused="a database"),
    Hostile(name="bzip2.csv", write=holding(bz2.compress(GOOD)), refused="packed by bzip2"),
    Hostile(name="xz.csv", write=holding(lzma.compress(GOOD)), refused="packed by xz"),
    Hostile(name="seven.csv", write=holding(b"7z\xbc\xaf\x27\x1c" + bytes(99)), refused="7z archive"),
)  # fmt: skip

LARGE = (
    Hostile(name="unclosed-100mb.csv", write=repeated(b'a,b\n1,2\n3,"', b"4,5\n", 25_000_000), refused="more than 2,000,000 rows", large=True),
    Hostile(name="unclosed-late.csv", write=repeated(GOOD * 20_000 + b'3,"', b"4,5\n", 20_000_000), refused="Perhaps a quotation mark", large=True),
    Hostile(name="one-line-100mb.csv", write=repeated(b"a,b\n", b"x", 100_000_000), refused="longer than 2,000,000", large=True),
    Hostile(name="blank-lines.csv", write=repeated(b"", b"\n", 100_000_000), refused="more than 2,000,000 rows", large=True),
    Hostile(name="rows.csv", write=repeated(b"a,b\n", b"1,2\n", 3_000_000), refused="more than 2,000,000 rows", large=True),
    Hostile(name="past-the-size.csv", write=repeated(b"a,b\n", b"1,2\n", 51_000_000), refused="has 204 MB", large=True),
    Hostile(name="zeros-2gb.csv.gz", write=members(bytes(1 << 24), 128), refused="NUL", large=True),
    Hostile(name="text-1gb.csv.gz", write=members(b"a,b,c,d\n" * (1 << 20), 128), refused="more than 200 times", large=True),
    Hostile(name="cp1252-rows.csv", write=repeated(b"Name,X\nM\xf6we,1\n", b"\xe4,1\n", 400_000), body=400_001, large=True),
)  # fmt: skip
CASES = (*TEXTS, *PACKED, *OTHERS, *LARGE)
