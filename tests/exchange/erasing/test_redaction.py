"""What is taken out of texts, JSON and packed bytes, and what beside it is left."""

import zlib

from apps.exchange.erasing.redaction import Redaction
from apps.exchange.erasing.words import Words

BY = "Erased customer 7"
BELL = Redaction(
    own=Words(["Bell"], BY, spared=["Bell & Sons"]),
    strong=Words(["anna@bell.example", "Zoë & Co"], BY),
    parts=frozenset({"leeds", "ls1 4ap"}),
    keys=frozenset({"8f14e45f-ceea-467f-9f3d-1f6ad0ea1111"}),
    short=frozenset({"12"}),
)


def test_in_their_own_rows_whole_words_go_and_longer_names_of_others_stay() -> None:
    assert BELL.value("BELL paid; Bell & Sons and Bellamy did not", is_own=True) == (
        "Erased customer 7 paid; Bell & Sons and Bellamy did not"
    )
    town = {"name": "Bell", "at": {"city": "Leeds"}}
    assert BELL.value(town, is_own=True) == {"name": BY, "at": {"city": BY}}


def test_elsewhere_a_mark_goes_and_a_name_stays() -> None:
    assert BELL.value("Bell, by <Anna@bell.example>", is_own=False) == (
        "Bell, by <Erased customer 7>"
    )
    assert BELL.value("/query?q=anna%40bell.example", is_own=False) == f"/query?q={BY}"
    assert BELL.value('{"a": "Zo\\u00eb & Co"}', is_own=False) == f'{{"a": "{BY}"}}'


def test_a_name_goes_beside_a_key_of_theirs_and_nowhere_else_in_the_same_body() -> None:
    sale = {
        "CustomerRef": {"value": "12", "name": "Bell"},
        "BillAddr": {"Line1": "Bell", "City": "Leeds"},
        "DepositToAccountRef": {"value": "12", "name": "Bell"},
    }
    others = {"CustomerRef": {"value": "9", "name": "Other"}, "Memo": "as Bell does"}
    account = {"Account": {"Id": "12", "Name": "Bell"}, "City": "Leeds"}
    told = {"customer": {"id": "8f14e45f-ceea-467f-9f3d-1f6ad0ea1111", "name": "Bell"}}
    body = [sale, others, account, told]
    assert BELL.value(body, is_own=False) == [
        {
            "CustomerRef": {"value": "12", "name": BY},
            "BillAddr": {"Line1": BY, "City": BY},
            "DepositToAccountRef": {"value": "12", "name": "Bell"},
        },
        others,
        account,
        {"customer": {**told["customer"], "name": BY}},
    ]


def test_a_bare_number_goes_as_a_line_or_a_place_and_is_never_a_key() -> None:
    vienna = Redaction(
        own=Words(["Bell"], BY), strong=Words(["442079460000"], BY), parts=frozenset({"1010", "4"})
    )
    paper = {"customer": {"id": "1010", "name": "Bell"}, "postal": "1010", "quantity": "1010"}
    assert vienna.value(paper, is_own=True) == {
        "customer": {"id": "1010", "name": BY},
        "postal": BY,
        "quantity": "1010",
    }
    address = {
        "name": "Bell",
        "address": {"lines": ["4", "Ring"], "postal_code": "1010", "id": "4"},
    }
    assert vienna.value(address, is_own=True) == {
        "name": BY,
        "address": {"lines": [BY, "Ring"], "postal_code": BY, "id": "4"},
    }
    assert vienna.value("Bell\n4\n1010\n4 lanterns", is_own=True) == f"{BY}\n{BY}\n{BY}\n4 lanterns"
    other = {"id": "442079460000", "phone": "442079460000"}
    assert vienna.value(other, is_own=False) == {"id": "442079460000", "phone": BY}


def test_a_word_that_programs_read_stays_whoever_is_called_so() -> None:
    customer = Redaction(own=Words(["Customer"], BY), strong=Words([], BY))
    said = {"kind": "customer", "name": "Customer", "Type": "Customer"}
    assert customer.value(said, is_own=True) == {**said, "name": BY}


def test_packed_json_keeps_its_fractions_and_what_is_no_text_its_bytes() -> None:
    cleaned = BELL.value(zlib.compress(b'{"name":"Bell","total":1.10,"tax":0.20}'), is_own=True)
    assert zlib.decompress(cleaned) == b'{"name":"Erased customer 7","total":1.10,"tax":0.20}'
    kept = zlib.compress(b'{"total": 1.10}', 1)
    assert BELL.value(kept, is_own=True) is kept
    assert BELL.value(b"%PDF \xff Bell", is_own=True) == b"%PDF \xff Bell"
