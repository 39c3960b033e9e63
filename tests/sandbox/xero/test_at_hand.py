"""A list is sorted and filtered by what the books hold in the same words as an answer."""

from operator import itemgetter
from typing import Any

import pytest

from apps.sandbox.xero.reading import AT_HAND
from apps.sandbox.xero.where import ordered, value_at, where
from tests.xero_twin import XeroCaller


class Told:
    """An object of which only some fields are at hand; the rest is made out when it is asked for."""

    def __init__(self, whole: dict[str, Any], *at_hand: str) -> None:
        self.whole, self.at_hand, self.made_out = whole, at_hand, 0

    def get(self, name: str) -> Any:
        self.made_out += name not in self.at_hand
        return self.whole.get(name)


def test_a_filter_asks_for_no_more_than_it_names() -> None:
    sold = Told({"Type": "ACCREC", "Contact": {"Name": "Bell & Daughters"}}, "Type")

    assert where('Type=="ACCREC"')(sold)
    assert sold.made_out == 0
    assert where('Type=="ACCREC" AND Contact.Name.StartsWith("bell")')(sold)
    assert sold.made_out == 1
    assert value_at(sold, "Type.Name") is None


@pytest.mark.parametrize("way", ["ASC", "DESC"])
def test_an_order_keeps_equal_ones_as_they_came(way: str) -> None:
    objects = [Told({"Status": status, "n": n}, "Status") for n, status in enumerate("BABA")]

    found = [(each.whole["Status"], each.whole["n"]) for each in ordered(objects, f"Status {way}")]

    letters = "AABB" if way == "ASC" else "BBAA"
    assert "".join(status for status, _ in found) == letters
    assert [n for status, n in found if status == "A"] == [1, 3]
    assert sum(each.made_out for each in objects) == 0


def test_filters_and_orders_find_what_is_answered(xero: XeroCaller) -> None:
    """Field by field that is told from the books: the filter agrees with what stands in the answer."""
    contact = xero.contact()
    paid = xero.invoice(contact)
    xero.invoice(contact, Type="ACCPAY", LineItems=bought())
    xero.credit_note(contact)
    xero.overpayment(contact, 20)
    xero.pay(paid["InvoiceID"], 115)
    for kind, at_hand in AT_HAND.items():
        listed = xero.get(kind, page=1)[kind]
        assert listed or kind == "Prepayments", f"no {kind} to look at"
        for field in set(at_hand) - {"UpdatedDateUTC"}:
            for value in {each[field] for each in listed}:
                found = xero.get(kind, page=1, where=f'{field}=="{value}"')[kind]
                assert found == [each for each in listed if each[field] == value]
        newest = xero.get(kind, page=1, order="UpdatedDateUTC DESC")[kind]
        assert newest == sorted(listed, key=itemgetter("UpdatedDateUTC"), reverse=True)


def bought() -> list[dict[str, Any]]:
    line = {"Description": "Paper", "Quantity": 1, "UnitAmount": 7, "AccountCode": "400"}
    return [line | {"TaxType": "INPUT2"}]
