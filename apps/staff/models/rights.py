"""Rights that one administrator wants to give and a second one agrees to."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from apps.staff.models.second import AskedOfASecond


class RightsRequest(AskedOfASecond):
    """What a person should be allowed from now on, and what they were when it was asked for.

    Roles are lists of names, companies lists of keys. Decided once; by neither who asked nor the person it is about.
    """

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="rights_requests"
    )
    roles_before = models.JSONField(default=list)
    roles = models.JSONField(default=list)
    active_before = models.BooleanField()
    active = models.BooleanField()
    # Of an Auditor: the last day of their access.
    last_day_before = models.DateField(null=True)
    last_day = models.DateField(null=True)
    # Keys of companies, ascending; None: every one.
    companies_before = models.JSONField(null=True)
    companies = models.JSONField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(state="waiting"), name="one_open_request_of_rights"
            ),
            models.CheckConstraint(
                condition=~Q(state="approved")
                | (
                    Q(decided_by__isnull=False)
                    & ~Q(decided_by=F("asked_by"))
                    & ~Q(decided_by=F("person"))
                ),
                name="rights_given_by_a_second_person",
            ),
        ]

    def __str__(self) -> str:
        until = f" until {self.last_day:%-d %B %Y}" if self.last_day else ""
        return f"{self.person}: {' and '.join(self.roles) or 'no role'}{until}"
