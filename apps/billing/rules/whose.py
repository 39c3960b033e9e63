"""How the records of billing belong to a company, and what belongs to nobody."""

from typing import Final

from django.db.models import Q

from apps.billing.reach import people_within, person_in_sight
from apps.billing.sight import Belonging, Everybodys

_HERE: Final = "Who works here, with which right, is no secret among staff; history names people."
_OWN: Final = "Of a person, and shown to themselves alone."
_DJANGO: Final = "Django's own bookkeeping, on no page."

# An event's words may name a file or a record of any company: whoever does not see every company reads
# what they did themselves, and what was done to them.
WHOSE: Final[dict[str, Belonging]] = {
    "billing.Company": "pk",
    **dict.fromkeys(
        (
            "billing.ActLimit",
            "billing.Adjustment",
            "billing.Allocation",
            "billing.Approval",
            "billing.BankAccount",
            "billing.Batch",
            "billing.Change",
            "billing.CompanyMember",
            "billing.CreditNote",
            "billing.Customer",
            "billing.Deposit",
            "billing.ExchangeRate",
            "billing.Invoice",
            "billing.Item",
            "billing.KeptBoth",
            "billing.NumberSeries",
            "billing.OutsideEntry",
            "billing.Payment",
            "billing.PaymentMethod",
            "billing.PaymentTerm",
            "billing.Refund",
            "billing.TaxAgency",
            "billing.TaxRate",
        ),
        "company",
    ),
    "billing.Erasure": "customer__company",
    "billing.LimitRequest": "limit__company",
    "billing.Tombstone": Everybodys("That something was erased: a key, and nothing of a record."),
    "billing.NumberGap": "series__company",
    "billing.TaxComponent": "rate__company",
    "billing.InvoiceLine": "document__company",
    "billing.CreditNoteLine": "document__company",
    "billing.DepositLine": "deposit__company",
    "billing.OutsideDeposit": "payment__company",
    "billing.PaymentMethodPlace": "method__company",
    "billing.OneTimeKey": Everybodys("Which forms were sent: a key, and nothing of a record."),
    "staff.User": person_in_sight,
    "staff.User_groups": Everybodys(_HERE),
    "staff.User_user_permissions": Everybodys(_HERE),
    "staff.Invitation": lambda user, seen: Q(person__in=people_within(seen)),
    "staff.OnePersonDeclaration": Everybodys(_HERE),
    "staff.RightsRequest": lambda user, seen: Q(person__in=people_within(seen)),
    "staff.SecurityEvent": lambda user, seen: Q(person=user) | Q(subject=user),
    "auth.Group": Everybodys(_HERE),
    "auth.Group_permissions": Everybodys(_HERE),
    "auth.Permission": Everybodys(_HERE),
    "account.EmailAddress": Everybodys(_OWN),
    "account.EmailConfirmation": Everybodys(_OWN),
    "mfa.Authenticator": Everybodys(_OWN),
    "sessions.Session": Everybodys(_OWN),
    "usersessions.UserSession": Everybodys(_OWN),
    "socialaccount.SocialAccount": Everybodys(_OWN),
    "socialaccount.SocialApp": Everybodys("A table of allauth that stays empty here."),
    "socialaccount.SocialToken": Everybodys("A table of allauth that stays empty here."),
    "contenttypes.ContentType": Everybodys(_DJANGO),
    "admin.LogEntry": Everybodys(_DJANGO),
    "django_q.OrmQ": Everybodys(_DJANGO),
    "django_q.Schedule": Everybodys("The duties of the workers, by name."),
    "django_q.Task": Everybodys("What workers did: for those who may do everything."),
}
