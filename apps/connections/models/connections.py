"""Connections: one set of books of theirs, serving one company of ours."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from apps.billing.models import Company
from apps.connections.models.grants import Grant
from apps.connectors import registry
from apps.connectors.capabilities import Capabilities
from apps.core.kept import KeptHistory
from apps.core.numbers import whole


class Connection(models.Model):
    """One set of their books. `stage` opens automation only after a test invoice matched.

    `trial_fingerprint` is of the settings and mappings the test invoice used (written by
    `sync/trial`), `settings_fingerprint` of those in force (written by `connections` and
    `mappings`): '' until known. A change of them on a live connection pauses it in the same UPDATE.
    """

    class Stage(models.TextChoices):
        SETUP = "setup", "Being set up"
        LIVE = "live", "Live"
        PAUSED = "paused", "Paused"
        DISCONNECTED = "disconnected", "Disconnected"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    company = models.ForeignKey(Company, models.PROTECT, related_name="connections")
    grant = models.ForeignKey(
        Grant, models.PROTECT, null=True, related_name="connections", editable=False
    )
    system = models.CharField(max_length=40, choices=registry.choices, editable=False)
    environment = models.CharField(max_length=20, editable=False)
    remote_company_id = models.CharField("company id over there", max_length=80, editable=False)
    name = models.CharField("books", max_length=200, editable=False)
    country = models.CharField(max_length=3, blank=True, editable=False)
    home_currency = models.CharField(max_length=3, editable=False)
    tax_regime = models.CharField(max_length=20, blank=True, editable=False)
    tax_code_on_every_line = models.BooleanField(default=False, editable=False)
    works_out_tax = models.BooleanField(default=False, editable=False)
    multi_currency = models.BooleanField(default=False, editable=False)
    remote_closing_date = models.DateField(null=True, blank=True, editable=False)
    # What their settings do by themselves with records of ours, in sentences.
    warnings = models.JSONField(default=list, editable=False)
    # Their company as it was read: a company to try things in, and settings by the connector's names.
    is_demo = models.BooleanField(default=False, editable=False)
    settings_there = models.JSONField(default=dict, editable=False)
    # Who said that these are the right books, and what they answered of each check by its name
    # (`checking.py`): "yes", it is so there; "no", it is not, and they go on.
    confirmed_at = models.DateTimeField("confirmed as the right company", null=True, editable=False)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+"
    )
    checked = models.JSONField(default=dict, blank=True, editable=False)
    # Who answered what is whose: from when, who records money, what in closed months.
    sides_settled_at = models.DateTimeField(null=True, editable=False)
    sides_settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+"
    )
    # Names of what a person switched on here (`Capabilities.switches`): `connections/switching.py`.
    switched_on = models.JSONField("switched on", default=list, blank=True, editable=False)
    stage = models.CharField(
        max_length=12, choices=Stage.choices, default=Stage.SETUP, editable=False
    )
    stage_reason = models.CharField(max_length=300, blank=True, editable=False)
    # What of a live connection happens by itself (`connections/automation.py`).
    on_issue = models.BooleanField("sends what is issued", default=True, editable=False)
    on_change = models.BooleanField("sends changes", default=True, editable=False)
    on_money = models.BooleanField("sends money", default=True, editable=False)
    by_schedule = models.BooleanField("runs by schedule", default=True, editable=False)
    # Of books that are handed files: when, by the company's clock (none: with each run), and the
    # moment at which that is next.
    files_at = models.TimeField("handed its files at", null=True, blank=True, editable=False)
    files_next = models.DateTimeField(null=True, editable=False)
    starts_on = models.DateField(
        "cut-off",
        null=True,
        blank=True,
        help_text="Nothing dated before this day is sent.",
    )
    trial_matched_at = models.DateTimeField(null=True, blank=True, editable=False)
    trial_fingerprint = models.CharField(max_length=64, default="", blank=True, editable=False)
    # Where nothing can be read back: who has seen the test invoice there, and how they know.
    trial_confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+"
    )
    trial_confirmation = models.CharField(max_length=300, default="", blank=True, editable=False)
    settings_fingerprint = models.CharField(max_length=64, default="", blank=True, editable=False)

    # The engine's lease on this connection, and its alarm clock.
    lease_holder = models.CharField(max_length=80, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, editable=False)
    fence = models.PositiveBigIntegerField(default=0, editable=False)
    woken_at = models.DateTimeField(null=True, editable=False)
    asked_to_get_at = models.DateTimeField(null=True, editable=False)  # "Get from …" was pressed
    paused_until = models.DateTimeField(null=True, editable=False)  # the provider asked us to hold
    # Until then what is left of a day's or a month's calls is kept for settling and payments.
    scarce_until = models.DateTimeField(null=True, editable=False)
    last_ok_at = models.DateTimeField(null=True, editable=False)
    last_error = models.CharField(max_length=300, blank=True, editable=False)
    first_read_at = models.DateTimeField(null=True, editable=False)  # all that stood there
    codes_read_at = models.DateTimeField(null=True, editable=False)
    company_read_at = models.DateTimeField(null=True, editable=False)
    # When our database was last found to be older than these books, and the kinds of theirs that
    # are still to be read before anything is sent again.
    found_older_at = models.DateTimeField(null=True, editable=False)
    read_anew = models.JSONField(default=list, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    history = KeptHistory(
        excluded_fields=[
            "lease_holder",
            "lease_until",
            "fence",
            "woken_at",
            "asked_to_get_at",
            "paused_until",
            "scarce_until",
            "files_next",
            "last_ok_at",
            "last_error",
            "first_read_at",
            "codes_read_at",
            "company_read_at",
            "found_older_at",
            "read_anew",
        ]
    )

    class Meta:
        ordering = ["company", "system", "name"]
        permissions = [
            ("connect", "Can connect books and connect them again"),
            ("go_live", "Can go live"),
            ("pause", "Can pause a connection"),
            ("disconnect", "Can disconnect books"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["system", "environment", "remote_company_id"], name="books_connected_once"
            ),
            models.CheckConstraint(
                name="a_test_by_word_names_who_and_how",
                condition=Q(trial_confirmed_by=None, trial_confirmation="")
                | (
                    Q(trial_confirmed_by__isnull=False, trial_matched_at__isnull=False)
                    & ~Q(trial_confirmation="")
                ),
            ),
            models.CheckConstraint(
                name="the_right_company_names_who_said_so",
                condition=Q(confirmed_at=None, confirmed_by=None)
                | Q(confirmed_at__isnull=False, confirmed_by__isnull=False),
            ),
            models.CheckConstraint(
                name="live_only_after_a_matching_test",
                condition=~Q(stage="live")
                | (
                    Q(trial_matched_at__isnull=False)
                    & ~Q(trial_fingerprint="")
                    & Q(trial_fingerprint=F("settings_fingerprint"))
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.system_name})"

    @property
    def system_name(self) -> str:
        """The accounting system, as staff read it."""
        return registry.system(self.system).capabilities.name

    @property
    def capabilities(self) -> Capabilities:
        """What these books can hold, with what was switched on for them."""
        return registry.system(self.system).capabilities.switched(self.switched_on)

    @property
    def origin(self) -> str:
        """How changes that came from these books are signed."""
        return f"connection:{self.pk}"

    @classmethod
    def named_by(cls, origin: str) -> str:
        """Which system these are, as staff read it; "here" for what Tieout made itself."""
        _, _, key = origin.partition(":")
        found = cls.objects.filter(pk=whole(key)).first()
        return f"in {found.system_name}" if found is not None else "here"

    @property
    def is_live(self) -> bool:
        return self.stage == self.Stage.LIVE


class Bucket(models.Model):
    """What was spent of the limits of one owner, shared by all workers (see `buckets.py`).

    `owner` is a connection, an organisation of theirs, or our app there. `spent` holds, for each
    limit by name, its slots that still count: [seconds since 1970 of the last call, how many];
    `elsewhere` likewise what they do not have any more beside it. `counted` is what was called today
    and this month (see `counted.py`), `left` what they last said is left of a limit, and when.
    """

    owner = models.CharField(max_length=255, unique=True)
    spent = models.JSONField(default=dict)
    elsewhere = models.JSONField(default=dict)
    counted = models.JSONField(default=dict)
    left = models.JSONField(default=dict)  # limit → [how many, seconds since 1970]
    version = models.PositiveBigIntegerField(default=0)  # of the compare-and-set
    held_until = models.DateTimeField(null=True)  # the provider asked all of this owner to hold

    def __str__(self) -> str:
        return self.owner
