"""Whatever is brought as an archive: a sentence each, and nothing written."""

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from apps.billing.models import Company
from apps.exchange.archive import reading, sealed
from apps.exchange.archive.manifest import FORMAT, Digest, Manifest
from apps.exchange.archive.reading import Archive, CannotRestore
from apps.staff.models import User
from tests.exchange.archive.world import PASSPHRASE, Packed, packed_world, restored

pytestmark = pytest.mark.django_db
Members = dict[str, bytes]


@pytest.fixture
def packed(db: None, monkeypatch: pytest.MonkeyPatch) -> Packed:
    monkeypatch.setattr(sealed, "_N", 1 << 4)
    return packed_world()


def sealed_again(
    change: Callable[[Members], None], packed: Packed, *, honest: bool = True
) -> bytes:
    """The archive with changed members, by somebody who knows the passphrase; `honest`: with a
    manifest that fits them."""
    with zipfile.ZipFile(sealed.opening(io.BytesIO(packed.file), PASSPHRASE)) as old:
        members = {name: old.read(name) for name in old.namelist()}
    change(members)
    if honest:
        manifest = Manifest.from_json(json.loads(members["manifest.json"]))
        for name, member in manifest.members.items():
            digest = Digest()
            for line in members[f"{name}.jsonl"].splitlines(keepends=True):
                digest.add(line)
            made = digest.member(member.last, member.fields)
            manifest.members[name] = made
        members["manifest.json"] = manifest.to_json()
    file = io.BytesIO()
    writer = sealed.sealing(file, PASSPHRASE)
    with zipfile.ZipFile(writer, "w", zipfile.ZIP_DEFLATED) as new:
        for name, content in members.items():
            new.writestr(name, content)
    writer.finish()
    return file.getvalue()


def refusal(file: bytes, passphrase: str = PASSPHRASE) -> str:
    people = User.objects.count()
    with pytest.raises(CannotRestore) as refused:
        restored(file, passphrase)
    assert not Company.objects.exists()
    assert User.objects.count() == people
    return str(refused.value)


def test_without_its_passphrase_it_does_not_open(packed: Packed) -> None:
    told = refusal(packed.file, "four words that do not")

    assert told.startswith("The passphrase is not the one that this archive was sealed with.")


def test_a_letter_that_is_composed_otherwise_is_the_same_passphrase(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealed, "_N", 1 << 4)
    file = io.BytesIO()
    writer = sealed.sealing(file, "Ze\N{COMBINING ACUTE ACCENT}ro of the four")
    writer.write(b"plain")
    writer.finish()
    file.seek(0)

    assert (
        sealed.opening(file, "Z\N{LATIN SMALL LETTER E WITH ACUTE}ro of the four").read()
        == b"plain"
    )


@pytest.mark.parametrize("weak", ["", "short", "aaaaaaaaaaaaaaaaaa"])
def test_a_weak_passphrase_is_refused_before_anything_is_written(weak: str) -> None:
    with pytest.raises(ValidationError, match="at least 12 characters"):
        sealed.refuse_weak(weak)


def test_torn_longer_or_changed_by_one_bit_anywhere(packed: Packed) -> None:
    whole = packed.file
    assert refusal(b"") == refusal(b"PK\3\4 a ZIP") == refusal(whole[:20])
    for cut in (60, len(whole) // 2, len(whole) - 1):
        assert refusal(whole[:cut]) == sealed.TORN
    assert refusal(whole + b"\0") == sealed.TORN
    for place in range(len(sealed.MARK) + len(sealed.ENVELOPE) + sealed.SALT, len(whole), 9973):
        spoilt = bytearray(whole)
        spoilt[place] ^= 1
        assert refusal(bytes(spoilt)) in (sealed.TORN, WRONG_PASSPHRASE), place
    other = bytearray(whole)
    other[len(sealed.MARK)] = ord("2")
    assert "newer Tieout" in refusal(bytes(other))


WRONG_PASSPHRASE = (
    "The passphrase is not the one that this archive was sealed with. Type it again; without it "
    "nobody can open the archive."
)


def test_chunks_in_another_order_do_not_open(
    packed: Packed, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = len(sealed.MARK) + len(sealed.ENVELOPE) + sealed.SALT + 33
    chunk = 64 * 1024 + 16
    big = sealed_again(lambda members: members.update({"x.jsonl": random_text()}), packed)
    assert len(big) > head + 3 * chunk
    first, second = big[head:][:chunk], big[head + chunk :][:chunk]
    swapped = big[:head] + second + first + big[head + 2 * chunk :]

    with pytest.raises(Exception, match="not what was kept"):
        sealed.opening(io.BytesIO(swapped), PASSPHRASE).read()


def random_text() -> bytes:
    import random

    return random.Random(7).randbytes(300_000)


def test_a_member_that_is_not_what_the_manifest_says(packed: Packed) -> None:
    def penny(members: Members) -> None:
        name = "billing.InvoiceLine.jsonl"
        members[name] = members[name].replace(b'"12.500000"', b'"12.510000"')

    assert "is not what its manifest says" in refusal(sealed_again(penny, packed, honest=False))


def test_sums_that_do_not_fit_the_rows(packed: Packed) -> None:
    def more(members: Members) -> None:
        name = "billing.Payment.jsonl"
        assert b'"150.0000"' in members[name]
        members[name] = members[name].replace(b'"150.0000"', b'"151.0000"')

    told = refusal(sealed_again(more, packed))

    assert "would not be what this archive says" in told or "refused what this archive" in told


def edited(name: str, change: Callable[[dict[str, Any]], Any]) -> Callable[[Members], None]:
    """Changes the first row of a member, by the names of its fields."""

    def edit(members: Members) -> None:
        fields = json.loads(members["manifest.json"])["members"][name]["fields"]
        first, *others = members[f"{name}.jsonl"].splitlines(keepends=True)
        row = dict(zip(fields, json.loads(first), strict=True))
        change(row)
        line = json.dumps(list(row.values())).encode() + b"\n"
        members[f"{name}.jsonl"] = b"".join([line, *others])

    return edit


HOSTILE_CELLS: list[tuple[str, str, Any]] = [
    ("billing.Invoice", "customer_id", 0),
    ("billing.Invoice", "customer_id", -1),
    ("billing.Invoice", "customer_id", 10**30),
    ("billing.Invoice", "customer_id", 1.0),
    ("billing.Invoice", "customer_id", True),
    ("billing.Invoice", "customer_id", None),
    ("billing.Invoice", "company_id", 2),
    ("billing.Invoice", "total", "NaN"),
    ("billing.Invoice", "total", "1e99"),
    ("billing.Invoice", "total", "0.00001"),
    ("billing.Invoice", "total", 12.5),
    ("billing.Invoice", "number", "x" * 41),
    ("billing.Invoice", "number", "a\0b"),
    ("billing.Invoice", "number", "\ud800"),
    ("billing.Invoice", "issue_date", "2026-13-01"),
    ("billing.Invoice", "created_at", "2026-01-01T00:00:00"),
    ("billing.Invoice", "public_id", "no id"),
    ("billing.Invoice", "taxes", {"rate_id": 1}),
    ("billing.Invoice", "taxes", [{"rate_id": "1"}]),
    ("billing.Invoice", "issued_by_id", 999),
    ("billing.Customer", "active", 1),
    ("sync.Call", "members", "abc"),
    ("sync.Call", "body", "not base64!"),
    ("sync.SyncRecord", "waits_for", 7),
    ("billing.HistoricalInvoice", "lines_then", [[[[]]]]),
    ("billing.Company", "legal_name", ""),
    ("people", "", None),
]


@pytest.mark.parametrize(("name", "field", "value"), HOSTILE_CELLS)
@pytest.mark.variants(keep=6)
def test_a_value_that_no_field_holds(packed: Packed, name: str, field: str, value: Any) -> None:
    if name == "people":
        file = sealed_again(
            lambda members: members.update({"people.jsonl": b'[1,"x","y"]\n'}), packed
        )
    else:
        file = sealed_again(edited(name, lambda row: row.update({field: value})), packed)

    told = refusal(file)

    assert "Nothing was restored" in told or "nothing was restored" in told or "--name" in told


@pytest.mark.parametrize(
    "line",
    [b"[" * 100_000 + b"\n", b'{"id": 1}\n', b"[1]\n", b"[" + b"9" * 5000 + b"]\n", b"\xff\xfe\n"],
    ids=["deep", "object", "short", "digits", "bytes"],
)
@pytest.mark.variants(keep=2)
def test_a_line_that_is_no_row(packed: Packed, line: bytes) -> None:
    file = sealed_again(lambda members: members.update({"billing.Item.jsonl": line}), packed)

    assert refusal(file).startswith("Row 1 of billing.Item in this archive is none")


@pytest.mark.slow
def test_a_secret_that_it_brings_is_not_taken(packed: Packed) -> None:
    """Whoever knows a passphrase may name a grant that stands here: it stays empty."""
    file = sealed_again(
        edited("connections.Connection", lambda row: row.update(grant_id=1)), packed
    )

    assert "connections.Connection would not be" in refusal(file)


def test_other_members_other_versions_and_none(packed: Packed) -> None:
    def manifest(**fields: Any) -> Callable[[Members], None]:
        def change(members: Members) -> None:
            members["manifest.json"] = json.dumps(
                {**json.loads(members["manifest.json"]), **fields}
            ).encode()

        return change

    def told(change: Callable[[Members], None]) -> str:
        return refusal(sealed_again(change, packed, honest=False))

    assert f"newer Tieout (format {FORMAT + 1}, here {FORMAT})" in told(manifest(format=FORMAT + 1))
    assert told(manifest(members={})).startswith("This archive was made by another version")
    assert told(manifest(members={"x": 7})) == reading.NO_MANIFEST
    assert told(manifest(members=None)) == reading.NO_MANIFEST
    assert told(lambda members: members.pop("manifest.json")) == reading.NO_MANIFEST
    assert told(lambda members: members.update({"manifest.json": b"[]"})) == reading.NO_MANIFEST
    assert "members of this archive" in told(lambda members: members.update({"../x": b""}))
    assert "members of this archive" in told(lambda members: members.pop("sync.Tie.jsonl"))


def test_a_field_more_or_less_is_another_version(packed: Packed) -> None:
    def without(members: Members) -> None:
        stored = json.loads(members["manifest.json"])
        stored["members"]["billing.Item"]["fields"].remove("code")
        members["manifest.json"] = json.dumps(stored).encode()

    told = refusal(sealed_again(without, packed, honest=False))

    assert "keeps other fields of billing.Item" in told


@pytest.mark.slow
def test_a_bomb_is_refused_before_a_row_is_read(packed: Packed) -> None:
    bomb = b"[" + b"1," * (8 << 20)
    file = sealed_again(lambda members: members.update({"billing.Item.jsonl": bomb}), packed)

    with pytest.raises(CannotRestore, match="unpacks to more than 250 times its size"):
        Archive(io.BytesIO(file), PASSPHRASE)
