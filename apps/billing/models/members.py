"""Which companies a person works for, where it is not every one."""

from django.conf import settings
from django.db import models

from apps.billing.models.companies import Company


class CompanyMember(models.Model):
    """This person sees this company. Whoever has the flag “every company” needs no such row."""

    company = models.ForeignKey(Company, models.CASCADE, related_name="members")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "company"], name="member_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.company}"
