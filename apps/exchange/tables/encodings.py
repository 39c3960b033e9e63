"""In which encoding a file is written: what is certain, and what a person has to look at.

Certain are byte-order marks and UTF-8, which hardly any other text is by accident. What is neither is
taken for Windows-1252, as Excel saves it in the west, and said so; where another reading looks as
good, it is asked, with a text of the file in each.
"""

import codecs
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from charset_normalizer import from_bytes

from apps.exchange.tables.files import blocks
from apps.exchange.tables.port import Doubt, FileRefused, Limits
from apps.exchange.tables.sentences import quoted

# What may be chosen, with what people call it. No other codec is ever tried on a file.
ENCODINGS = {
    "utf-8": "UTF-8",
    "cp1252": "Windows-1252 (Western Europe)",
    "cp1250": "Windows-1250 (Central Europe)",
    "cp1251": "Windows-1251 (Cyrillic)",
    "cp1253": "Windows-1253 (Greek)",
    "cp1254": "Windows-1254 (Turkish)",
    "cp1257": "Windows-1257 (Baltic)",
    "iso8859-15": "ISO 8859-15",
    "mac-roman": "Mac Roman",
    "cp850": "DOS (Western Europe)",
    "cp852": "DOS (Central Europe)",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16 without a mark (little-endian)",
    "utf-16-be": "UTF-16 without a mark (big-endian)",
    "utf-32": "UTF-32",
    "cp932": "Shift JIS (Japanese)",
    "gb18030": "GB 18030 (Chinese)",
    "big5": "Big5 (Chinese)",
    "cp949": "Windows-949 (Korean)",
}
_MARKS = (  # the longer first: one of UTF-32 begins as one of UTF-16 does
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WESTERN = "cp1252"
_ONE_BYTE = ("cp1250", "cp1251", "cp1253", "cp1254", "cp1257", "mac-roman", "cp850", "cp852")
_MANY_BYTES = ("cp932", "gb18030", "big5", "cp949")
_UTF8_LETTER = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
# A letter in more bytes than it needs, or half of a pair: attacks and broken programs, no encoding.
_NO_LETTER = re.compile(
    rb"[\xc0\xc1][\x80-\xbf]|\xed[\xa0-\xbf][\x80-\xbf]|[\xe0\xf0]\x80[\x80-\xbf]+"
)
_ODD_LINES = 200  # lines with other than ASCII that are looked at, where a file is not UTF-8
_ODD_LENGTH = 400  # bytes of such a line


@dataclass(frozen=True, slots=True)
class FoundEncoding:
    encoding: str
    doubts: tuple[Doubt, ...] = ()
    notices: tuple[str, ...] = ()


def found_encoding(path: Path, limits: Limits) -> FoundEncoding:
    """The encoding of the whole file: every byte of it was read.

    Raises `FileRefused` for what begins as UTF-8 or UTF-16 and is damaged on the way, and for what is
    no text.
    """
    start = next(blocks(path, limits, 4096), b"")
    for mark, encoding in _MARKS:
        if start.startswith(mark):
            _read_through(path, encoding, limits)
            return FoundEncoding(encoding)
    if unmarked := _unmarked_utf16(start):
        _read_through(path, unmarked, limits)
        return FoundEncoding(unmarked, notices=(f"Read as {ENCODINGS[unmarked]}.",))
    if b"\0" in start:
        raise FileRefused(
            "The file is no text: it holds NUL bytes. Save it as CSV or .xlsx once more."
        )
    if _is_utf8(path, limits):
        return FoundEncoding("utf-8")
    return _of_other_bytes(path, limits)


def decoder(encoding: str) -> codecs.IncrementalDecoder:
    """Strict, and without the byte-order mark. Raises `FileRefused` where it is none of ours."""
    if encoding not in ENCODINGS:
        raise FileRefused(
            f"The encoding {quoted(encoding)} is not known. Choose one of "
            f"{', '.join(ENCODINGS.values())}."
        )
    return codecs.getincrementaldecoder("utf-8-sig" if encoding == "utf-8" else encoding)("strict")


def texts(path: Path, encoding: str, limits: Limits) -> Iterator[str]:
    """The text of a file in blocks. Raises `FileRefused` with the line that is not so written."""
    decode = decoder(encoding).decode
    lines = 1
    try:
        for block in blocks(path, limits):
            text = decode(block)
            yield text
            lines += text.count("\n")
        yield decode(b"", final=True)
    except UnicodeDecodeError as problem:
        lines += problem.object[: problem.start].count(b"\n")
        found = " ".join(f"{byte:02X}" for byte in problem.object[problem.start :][:4])
        raise FileRefused(
            f"The file is not {ENCODINGS[encoding]}: line {lines} holds the bytes {found}. "
            "Choose the encoding in which it was saved, or save it as UTF-8."
        ) from None


def _read_through(path: Path, encoding: str, limits: Limits) -> None:
    for _ in texts(path, encoding, limits):
        pass


def _is_utf8(path: Path, limits: Limits) -> bool:
    decode = codecs.getincrementaldecoder("utf-8")("strict").decode
    try:
        for block in blocks(path, limits):
            decode(block)
        decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _unmarked_utf16(start: bytes) -> str:
    """UTF-16 without its mark, by the nil halves of western letters; "" where it is none."""
    pairs = len(start) // 2
    if pairs < 2:
        return ""
    first, second = start[0 : pairs * 2 : 2].count(0), start[1 : pairs * 2 : 2].count(0)
    if second > pairs * 0.4 and first < pairs * 0.05:
        return "utf-16-le"
    if first > pairs * 0.4 and second < pairs * 0.05:
        return "utf-16-be"
    return ""


def _of_other_bytes(path: Path, limits: Limits) -> FoundEncoding:
    """Of a file that is not UTF-8."""
    letters = strays = broken = 0
    odd: list[bytes] = []
    for line in _lines(path, limits):
        if line.isascii():
            continue
        if len(odd) < _ODD_LINES:
            odd.append(line[:_ODD_LENGTH])
        letters += len(_UTF8_LETTER.findall(line))
        broken += len(_NO_LETTER.findall(line))
        strays += len(_NO_LETTER.sub(b"", _UTF8_LETTER.sub(b"", line)).translate(None, _ASCII))
    if broken and broken >= strays:
        raise FileRefused(
            "The file holds bytes that are no letter in any encoding (UTF-8 written wrongly). "
            "Export it again, as UTF-8."
        )
    if letters and letters >= strays:
        _read_through(path, "utf-8", limits)  # raises with the place
    return _most_likely(odd)


_ASCII = bytes(range(128))


def _lines(path: Path, limits: Limits) -> Iterator[bytes]:
    """Roughly lines, for counting: one that is longer than a block comes in pieces."""
    rest = b""
    for block in blocks(path, limits):
        if block.isascii() and rest.isascii():
            rest = b""
            continue
        *whole, rest = (rest + block).split(b"\n")
        yield from whole
        if len(rest) > len(block):
            yield rest
            rest = b""
    yield rest


def _most_likely(odd: list[bytes]) -> FoundEncoding:
    sample = b"\n".join(odd)
    western = _decoded(sample, _WESTERN)
    looks_western = bool(western) and _looks_written(western)
    rivals = [
        name
        for name in (_ONE_BYTE if looks_western else (*_ONE_BYTE, *_MANY_BYTES))
        if (text := _decoded(sample, name)) and text != western and _looks_written(text)
    ]
    hint = _hint(sample, rivals)
    if looks_western and hint is None:
        return FoundEncoding(_WESTERN, notices=(_notice(_WESTERN),))
    if not western and not rivals:
        raise FileRefused("The file is no text in any known encoding. Save it as UTF-8.")
    first = _WESTERN if looks_western or hint is None else hint
    others = [each for each in (hint, *rivals) if each and each != first]
    choices = tuple(dict.fromkeys([first, *others, _WESTERN] if western else [first, *others]))
    shown = _shown(odd, choices)
    return FoundEncoding(
        first,
        doubts=(
            Doubt(
                field="encoding",
                sentence=f"The file is not UTF-8, and may be {shown}. Choose what reads rightly.",
                choices=choices,
            ),
        ),
        notices=(_notice(first),),
    )


def _notice(encoding: str) -> str:
    return (
        f"Read as {ENCODINGS[encoding]}: the file is not UTF-8. "
        "If names look wrong, choose another encoding."
    )


def _decoded(data: bytes, encoding: str) -> str:
    """The text; "" where the bytes are none in this encoding."""
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return ""


def _hint(sample: bytes, among: list[str]) -> str | None:
    """Which of these charset-normalizer thinks likelier than Windows-1252; it may well be wrong."""
    if not among:
        return None
    best = from_bytes(sample[:8192], cp_isolation=[_WESTERN, *among]).best()
    if best is None:
        return None
    found = best.encoding.replace("_", "-")
    return found if found in among else None


def _looks_written(text: str) -> bool:
    """Whether a person may have written so.

    No sign within a word, no capital after a small letter, no word of two scripts, and none of
    accented letters alone.
    """
    words = _WORD.findall(text)
    return not any(map(_is_odd, words)) and not _SIGN_INSIDE.search(text)


_WORD = re.compile(r"[^\W\d_]+")
# What stands within a word and is neither letter, mark of one, hyphen nor apostrophe.
_SIGN_INSIDE = re.compile(r"(?<=[^\W\d_])[^\w\x00-\x7f’‘–\u00ad·](?=[^\W\d_])|[\x80-\x9f\ufffd]")


def _is_odd(word: str) -> bool:
    if word.isascii():
        return False
    others = [sign for sign in word if not sign.isascii()]
    if any(unicodedata.category(sign) in ("Lm", "Cn", "Co") for sign in others):
        return True
    latin = all(unicodedata.name(sign, "").startswith("LATIN") for sign in others)
    if len(others) < len(word) and not latin:
        return True
    if latin and len(word) > 2 and len(others) == len(word):
        return True
    return any(a.islower() and b.isupper() for a, b in pairwise(word) if not b.isascii())


def _shown(odd: list[bytes], choices: tuple[str, ...]) -> str:
    """ "Windows-1252 (“Möwe”) or Mac Roman (“Mˆwe”)": the first word that tells them apart."""
    words = [word for line in odd for word in re.findall(rb"[\w\x80-\xff]+", line)]
    odd_words = [word for word in words if not word.isascii()] or [b""]

    def told(word: bytes) -> int:
        return len({_decoded(word, each) for each in choices})

    best = max(odd_words[:50], key=told)
    parts = [f"{ENCODINGS[each]} ({quoted(_decoded(best, each))})" for each in choices]
    return " or ".join(parts) if len(parts) < 3 else f"{', '.join(parts[:-1])} or {parts[-1]}"
