"""Tax rates, bank accounts and roles: what fits, what is proposed, what is still missing."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from apps.billing.models import (
    BankAccount,
    Company,
    Customer,
    Item,
    PaymentMethod,
    TaxAgency,
    TaxComponent,
    TaxRate,
)
from apps.connections.models import Connection
from apps.connectors.port import CodePart
from apps.mappings.choices import missing, set_mapping
from apps.mappings.look_up import Mappings
from apps.mappings.models import RemoteCode
from apps.mappings.proposals import propose
from apps.mappings.taxes import Pair, paired

pytestmark = pytest.mark.django_db

Named = Callable[[str], RemoteCode]


def a_rate(company: Company, code: str, treatment: str, *percents: str) -> TaxRate:
    rate = TaxRate.objects.create(company=company, code=code, name=code, treatment=treatment)
    agency, _ = TaxAgency.objects.get_or_create(company=company, name="HMRC")
    for position, percent in enumerate(percents, start=1):
        TaxComponent.objects.create(
            rate=rate,
            agency=agency,
            name=f"{code} {position}",
            percent=Decimal(percent),
            position=position,
        )
    return rate


@pytest.fixture
def taxed(books: Connection) -> Connection:
    """Paper with tax codes of the United Kingdom and of Canada on every line."""
    Connection.objects.filter(pk=books.pk).update(tax_regime="codes", tax_code_on_every_line=True)
    books.refresh_from_db()
    sale = ["sales_tax"]
    for number, (name, roles, percents) in enumerate(
        [
            ("20.0% S", sale, ["20"]),
            ("5.0% R", sale, ["5"]),
            ("0.0% Z", sale, ["0"]),
            ("Exempt", sale, ["0"]),
            ("No VAT", sale, ["0"]),
            ("20.0% PVA", [], ["20"]),
            ("GST/QST QC", sale, ["5", "9.975"]),
        ],
        start=50,
    ):
        parts = [
            {"remote_id": f"{number}.{place}", "name": name, "percent": percent, "agency": ""}
            for place, percent in enumerate(percents)
        ]
        RemoteCode.objects.create(
            connection=books,
            kind="tax_code",
            remote_id=str(number),
            name=name,
            roles=roles,
            parts=parts,
            read_at=books.created_at,
        )
    for name, roles in (
        ("Bank charges", ["expense"]),
        ("Tax withheld", ["clearing"]),
        ("Retainers", ["liability"]),
    ):
        RemoteCode.objects.create(
            connection=books,
            kind="account",
            remote_id=name,
            name=name,
            roles=roles,
            read_at=books.created_at,
        )
    return books


def proposed(books: Connection) -> dict[tuple[str, str], str]:
    return {(each.subject, str(each.thing or "")): each.code.name for each in propose(books)}


def test_a_rate_is_looked_up_and_a_line_without_one_is_under_the_code_without_tax(
    taxed: Connection, code: Named
) -> None:
    standard = a_rate(taxed.company, "S20", "standard", "20")
    set_mapping(taxed, "tax", code=code("20.0% S"), tax_rate=standard)
    set_mapping(taxed, "no_tax", code=code("No VAT"))
    known = Mappings.of(taxed)
    assert known.tax_code(standard) == code("20.0% S")
    assert known.tax_code(None) == known.no_tax() == code("No VAT")
    assert known.tax_code(a_rate(taxed.company, "R5", "reduced", "5")) is None


@pytest.mark.parametrize(
    ("percents", "name", "sentence"),
    [
        (["20"], "20.0% PVA", "cannot stand on a sale"),
        (["20"], "5.0% R", "X X is 20 %, and 5.0% R is 5 % over there. Choose a"),
        (["5", "9.975"], "5.0% R", "X X is 5 % and 9.975 %, and 5.0% R is 5 % over there"),
        (["20"], "Sales", "is of the kind “account”"),
    ],
)
def test_a_code_that_is_another_tax_is_refused_in_words(
    taxed: Connection, code: Named, percents: list[str], name: str, sentence: str
) -> None:
    rate = a_rate(taxed.company, "X", "standard", *percents)
    with pytest.raises(ValidationError) as refused:
        set_mapping(taxed, "tax", code=code(name), tax_rate=rate)
    assert sentence in " ".join(refused.value.messages)


def test_where_they_work_the_tax_out_the_percentage_is_no_check(
    taxed: Connection, code: Named
) -> None:
    Connection.objects.filter(pk=taxed.pk).update(works_out_tax=True)
    taxed.refresh_from_db()
    rate = a_rate(taxed.company, "CA", "standard", "7.25", "2.25")
    assert set_mapping(taxed, "tax", code=code("20.0% S"), tax_rate=rate).code == code("20.0% S")


def test_lines_without_tax_do_not_go_under_a_code_that_asks_tax(
    taxed: Connection, code: Named
) -> None:
    with pytest.raises(ValidationError, match="asks tax"):
        set_mapping(taxed, "no_tax", code=code("5.0% R"))
    with pytest.raises(ValidationError, match="cannot stand on a sale"):
        set_mapping(taxed, "no_tax", code=code("20.0% PVA"))


@pytest.mark.parametrize(
    ("ours", "theirs", "pairs"),
    [
        (["20"], ["20"], [((0,), ("0",))]),
        (["5", "9.975"], ["9.975", "5"], [((0,), ("1",)), ((1,), ("0",))]),
        (["14.975"], ["5", "9.975"], [((0,), ("0", "1"))]),
        (["5", "9.975"], ["14.975"], [((0, 1), ("0",))]),
        (["1", "2", "4"], ["4", "3"], [((2,), ("0",)), ((0, 1), ("1",))]),
        ([], ["0"], [((), ("0",))]),
        (["0"], [], []),
        (["20"], ["17.5"], None),
        (["20"], [], None),
        (["5", "9.975"], ["5"], None),
    ],
)
def test_components_are_matched_with_the_parts_of_a_code_by_percentage(
    ours: list[str], theirs: list[str], pairs: list[Any] | None
) -> None:
    parts = [
        CodePart(remote_id=str(place), name="", percent=Decimal(each))
        for place, each in enumerate(theirs)
    ]
    found = paired([Decimal(each) for each in ours], parts)
    wanted = None if pairs is None else tuple(
        Pair(places, tuple(parts[int(each)] for each in ids)) for places, ids in pairs
    )  # fmt: skip
    assert found == wanted


def test_rates_are_proposed_by_treatment_and_percentage(taxed: Connection) -> None:
    for code, treatment, percents in (
        ("S20", "standard", ["20"]),
        ("R5", "reduced", ["5"]),
        ("Z", "zero", ["0"]),
        ("E", "exempt", []),
        ("O", "outside", []),
        ("QC", "standard", ["5", "9.975"]),
        ("OLD", "standard", ["17.5"]),
        ("X", "export", []),
    ):
        a_rate(taxed.company, code, treatment, *percents)
    found = {key[1]: name for key, name in proposed(taxed).items() if key[0] == "tax"}
    assert found == {
        "S20 S20": "20.0% S",
        "R5 R5": "5.0% R",
        "Z Z": "0.0% Z",
        "E E": "Exempt",
        "O O": "No VAT",
        "QC QC": "GST/QST QC",
    }
    assert proposed(taxed)[("no_tax", "")] == "No VAT"


def test_where_two_codes_are_the_rate_a_person_chooses(taxed: Connection) -> None:
    a_rate(taxed.company, "S20", "standard", "20")
    twin = RemoteCode.objects.get(connection=taxed, name="20.0% S")
    twin.pk, twin.remote_id, twin.name = None, "99", "Standard 20%"
    twin.save()
    assert ("tax", "S20 S20") not in proposed(taxed)


def test_without_tax_over_there_no_code_is_proposed_or_missing(
    taxed: Connection, mug: Item
) -> None:
    Connection.objects.filter(pk=taxed.pk).update(tax_regime="none", tax_code_on_every_line=False)
    taxed.refresh_from_db()
    mug.tax_rate = a_rate(taxed.company, "S20", "standard", "20")
    mug.save()
    assert not [each for each in propose(taxed) if each.subject in ("tax", "no_tax")]
    assert not [each for each in missing(taxed) if each.subject in ("tax", "no_tax")]


@pytest.mark.parametrize(
    ("role", "fits", "refused"),
    [
        ("bank_charge", "Bank charges", "Retainers"),
        ("early_discount", "Sales", "Vouchers"),
        ("bad_debt", "Bank charges", "Debtors"),
        ("small_difference", "Sales", "Bank"),
        ("tax_withheld", "Tax withheld", "Sales"),
        ("retainer", "Retainers", "Sales"),
    ],
)
def test_the_account_of_a_role_must_be_able_to_take_it(
    taxed: Connection, code: Named, role: str, fits: str, refused: str
) -> None:
    with pytest.raises(ValidationError, match=f"{refused} cannot take"):
        set_mapping(taxed, role, code=code(refused))
    set_mapping(taxed, role, code=code(fits))
    assert Mappings.of(taxed).role_account(role) == code(fits)


def test_a_bank_account_is_one_there_in_its_currency(taxed: Connection, code: Named) -> None:
    main = BankAccount.objects.create(company=taxed.company, name="Barclays", currency="GBP")
    euros = BankAccount.objects.create(company=taxed.company, name="Euros", currency="EUR")
    with pytest.raises(ValidationError, match="Barclays is a bank account, and 400 Sales is none"):
        set_mapping(taxed, "bank_account", code=code("Sales"), bank_account=main)
    RemoteCode.objects.filter(name="Bank").update(currency="GBP")
    with pytest.raises(ValidationError, match="Euros is in EUR, and 120 Bank is kept in GBP"):
        set_mapping(taxed, "bank_account", code=code("Bank"), bank_account=euros)
    assert proposed(taxed)[("bank_account", "Barclays")] == "Bank"
    set_mapping(taxed, "bank_account", code=code("Bank"), bank_account=main)
    assert Mappings.of(taxed).bank_account(main) == code("Bank")
    assert Mappings.of(taxed).bank_account(euros) is None


def test_what_taxes_banking_and_roles_still_lack_is_named(
    taxed: Connection, code: Named, mug: Item, card: PaymentMethod
) -> None:
    company = taxed.company
    set_mapping(taxed, "income", code=code("Sales"))
    set_mapping(taxed, "method_account", code=code("Undeposited"), payment_method=card)
    mug.tax_rate = a_rate(company, "S20", "standard", "20")
    mug.save()
    exempt = a_rate(company, "E", "exempt")
    Customer.objects.create(company=company, name="Ash", currency="GBP", tax_rate=exempt)
    a_rate(company, "R5", "reduced", "5")  # on nothing
    card.bank_account = BankAccount.objects.create(company=company, name="Barclays", currency="GBP")
    card.save()
    assert {each.key: str(each) for each in missing(taxed)} == {
        f"mapping:tax:{mug.tax_rate.pk}": "No Paper tax code is chosen for tax rate S20 S20.",
        f"mapping:tax:{exempt.pk}": "No Paper tax code is chosen for tax rate E E.",
        "mapping:no_tax": "No Paper tax code is chosen for lines without tax.",
        f"mapping:bank_account:{card.bank_account.pk}": (
            "No Paper account is chosen for bank account Barclays."
        ),
    }


def test_a_role_that_was_booked_to_is_missing_until_it_has_an_account(
    taxed: Connection, code: Named
) -> None:
    from tests.mappings.booked import an_adjustment

    an_adjustment(taxed.company, role="bank_charge", on=date(2026, 3, 2))
    assert [str(each) for each in missing(taxed) if each.subject == "bank_charge"] == [
        "No Paper account is chosen for “Bank charges and fees”."
    ]
    set_mapping(taxed, "bank_charge", code=code("Bank charges"))
    assert not [each for each in missing(taxed) if each.subject == "bank_charge"]
