"""Lines of two versions, told apart by what they are of."""

from typing import Any

from apps.backoffice.frame.line_steps import TOLD, line_steps


def line(text: str, quantity: str = "1", **more: Any) -> dict[str, Any]:
    fields = {"item": None, "item_code": "", "unit_price": "5", "net": "5", "tax": "0"}
    return {**fields, "description": text, "quantity": quantity, **more}


def told(newer: list[dict[str, Any]], older: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    return [(each.field, each.old, each.new) for each in line_steps(newer, older, "GBP")]


def test_only_what_differs_of_a_line_is_told() -> None:
    assert told([line("Lamp", "8", net="40")], [line("Lamp", "10", net="50")]) == [
        ("Line 1, Lamp", "quantity 10, net 50.00", "quantity 8, net 40.00")
    ]


def test_whoever_takes_the_first_line_off_did_not_change_the_others() -> None:
    lamp, box, book = line("Lamp"), line("Box", "2"), line("Book")
    whole = "quantity 1, unit price 5.00, net 5.00, tax 0.00"
    assert told([box, book], [lamp, box, book]) == [("Line 1, Lamp", whole, "taken off")]
    assert told([lamp, box, book], [box, book]) == [("Line 1, Lamp", "not there", whole)]


def test_another_text_discount_and_rate_are_told_in_words() -> None:
    taxed = {"tax_code": "S20", "tax_percent": "20", "tax_rate": 3}
    newer = line("Lamps", discount_percent="10", net="4.5", tax="0.9", **taxed)
    assert told([newer], [line("Lamp", discount_amount="1", net="4")]) == [
        (
            "Line 1, Lamps",
            "Lamp, discount 1.00, net 4.00, tax 0.00, tax rate none",
            "Lamps, discount 10 %, net 4.50, tax 0.90, tax rate S20 20 %",
        )
    ]


def test_what_is_the_same_and_what_holds_no_lines_of_a_sale_says_nothing() -> None:
    assert told([line("Lamp")], [line("Lamp")]) == []
    assert told([{"payment": 1, "amount": "5"}], []) == []


def test_of_very_many_it_is_said_how_many_more() -> None:
    older = [line(f"Lot {place}") for place in range(40)]
    newer = [{**each, "quantity": "2"} for each in older]
    found = told(newer, older)
    assert len(found) == TOLD + 1
    assert found[-1] == ("Further lines", "–", "28 changed")
