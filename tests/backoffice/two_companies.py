"""Two whole companies: people who see the first alone, and a word in every text of the second."""

from typing import Any

from django.db import connection, models

from apps.billing.models import Company, CompanyMember
from apps.billing.sight import BELONGINGS, Everybodys, OrEverybodys
from apps.core.lifting import lifted
from apps.staff.access import add_member
from apps.staff.models import User
from tests.backoffice.people import FAY, PASSWORD
from tests.backoffice.world import WholeWorld

# Stands in every text of the second company, and nowhere else.
CANARY = "Zyxgate"
# Texts that people wrote or read; what programs compare (states, kinds, keys) stays as it is.
TEXTS = frozenset(
    [
        "name",
        "legal_name",
        "description",
        "sentence",
        "remedy",
        "reason",
        "message",
        "reference",
        "memo",
        "customer_name",
        "code",
        "email",
        "notes",
        "purchase_order_number",
        "item_code",
        "evidence",
        "stage_reason",
        "figure",
        "registration",
        "customer_address",
        "customer_tax_number",
        "terms_text",
        "tax_number",
        "phone",
        "address",
        "city",
        "here",
        "there",
        "decision_reason",
        "void_reason",
        "cancel_reason",
        "payout_reference",
        "remark",
        "note",
        "question",
        "words",
    ]
)
# Read by programs where they stand.
LEFT = frozenset({("exchange.FileImport", "name"), ("triggers.Endpoint", "address"),
                  ("mappings.RemoteCode", "code")})  # fmt: skip


class TwoCompanies:
    """`own` is of the people, `other` of Zoe, who sees every company."""

    def __init__(self, people: dict[str, User]) -> None:
        self.zoe = add_member("zoe@example.com", FAY, PASSWORD, name="Zoe")
        self.own = WholeWorld(people["Fay"])
        self.other = WholeWorld(self.zoe, f"{CANARY} Trading Ltd")
        self.other.records[User] = self.zoe  # who sees more than the people do
        with lifted():
            self.marked = mark(self.other.company)


def narrow(user: User, *companies: Company) -> None:
    """From now on this person sees these companies only."""
    user.every_company = False
    user.save()
    CompanyMember.objects.filter(user=user).delete()
    for company in companies:
        CompanyMember.objects.create(company=company, user=user)


def mark(company: Company) -> int:
    """Put the word into every text of this company's rows, past all that guards them."""
    marked = 0
    for model in with_company():
        keys = list(rows_of(model, company).values_list("pk", flat=True))
        for field in model._meta.local_concrete_fields:
            if not _is_text(model, field) or not keys:
                continue
            with connection.cursor() as cursor:
                listed = ",".join(["%s"] * len(keys))
                key = model._meta.pk.column
                cursor.execute(
                    f'UPDATE "{model._meta.db_table}" SET "{field.column}" = '
                    f'SUBSTR(%s || "{field.column}", 1, %s) WHERE "{key}" IN ({listed})'
                    f" AND \"{field.column}\" <> ''",
                    [CANARY, getattr(field, "max_length", None) or 4000, *keys],
                )
                marked += cursor.rowcount
    return marked


def with_company() -> list[type[models.Model]]:
    """Every model that has a path to a company."""
    from django.apps import apps

    return [
        model
        for model in apps.get_models(include_auto_created=True)
        if isinstance(path_of(model), str)
    ]


def path_of(model: type[models.Model]) -> str | None:
    said: Any = BELONGINGS.get(model._meta.label)
    if isinstance(said, OrEverybodys):
        return said.path
    return said if isinstance(said, str) and not isinstance(said, Everybodys) else None


def rows_of(model: type[models.Model], company: Company) -> "models.QuerySet[Any]":
    return models.QuerySet(model).filter(**{str(path_of(model)): company.pk})


def _is_text(model: type[models.Model], field: Any) -> bool:
    if field.name not in TEXTS or (model._meta.label, field.name) in LEFT:
        return False
    return isinstance(field, models.CharField | models.TextField) and not field.choices
