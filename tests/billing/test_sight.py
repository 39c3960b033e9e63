"""Who sees which company's records."""

import pytest
from django.contrib.auth.models import AnonymousUser

from apps.billing.models import Company, CompanyMember, Customer, Invoice, InvoiceLine
from apps.billing.sight import BELONGINGS, Unsaid, belonging_of, companies_of, in_sight, sees
from apps.staff.models import User
from tests.factories import make_company, make_customer, make_invoice

pytestmark = pytest.mark.django_db


def a_person(*companies: Company, every: bool = False) -> User:
    user = User.objects.create_user("fay@example.com", every_company=every)
    for company in companies:
        CompanyMember.objects.create(company=company, user=user)
    return User.objects.get(pk=user.pk)


@pytest.fixture
def two() -> tuple[Company, Company]:
    return make_company(legal_name="Ours Ltd"), make_company(legal_name="Theirs Ltd")


def test_a_person_sees_the_companies_that_were_given_to_them(two: tuple[Company, Company]) -> None:
    ours, theirs = two
    own, other = (make_invoice(customer=make_customer(each)) for each in two)
    fay = a_person(ours)
    assert list(in_sight(fay, Company.objects.all())) == [ours]
    assert list(in_sight(fay, Invoice.objects.all())) == [own]
    assert {line.document for line in in_sight(fay, InvoiceLine.objects.all())} == {own}
    assert all(sees(fay, each) for each in (own, own.lines.get(), ours))
    assert not any(sees(fay, each) for each in (other, other.lines.get(), theirs))


def test_history_belongs_as_its_record_does(two: tuple[Company, Company]) -> None:
    ours, _ = two
    own, _ = (make_customer(each) for each in two)
    fay = a_person(ours)
    seen = in_sight(fay, Customer.history.all())
    assert {each.id for each in seen} == {own.pk}
    assert {each.id for each in in_sight(fay, Company.history.all())} == {ours.pk}


def test_without_a_company_nothing_is_seen(two: tuple[Company, Company]) -> None:
    make_customer(two[0])
    for nobody in (a_person(), AnonymousUser()):
        assert not in_sight(nobody, Company.objects.all()).exists()
        assert not in_sight(nobody, Customer.objects.all()).exists()


def test_every_company_is_asked_of_nothing_more(
    two: tuple[Company, Company], django_assert_num_queries: object
) -> None:
    fay = a_person(every=True)
    with django_assert_num_queries(0):  # type: ignore[operator] # a fixture of pytest-django
        assert companies_of(fay) is None
        assert str(in_sight(fay, Customer.objects.all()).query) == str(Customer.objects.all().query)


def test_whoever_is_moved_out_sees_it_no_more_at_the_next_request(
    two: tuple[Company, Company],
) -> None:
    ours, _ = two
    fay = a_person(ours)
    assert sees(fay, ours)
    CompanyMember.objects.all().delete()
    assert not sees(User.objects.get(pk=fay.pk), ours)


def test_a_model_of_which_nobody_said_is_shown_to_nobody(
    two: tuple[Company, Company], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(BELONGINGS, "billing.Customer")
    fay = a_person(two[0])
    with pytest.raises(Unsaid):
        in_sight(fay, Customer.objects.all())
    with pytest.raises(Unsaid):
        belonging_of(Customer)
