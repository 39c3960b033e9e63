"""What the first page reads, in two statements however many lines it has: a section puts its questions,
all are asked together, and each section reads its own answers."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import models
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest

from apps.backoffice.frame.books import books_of
from apps.backoffice.frame.sight import companies_for
from apps.billing.models import Company
from apps.connections.models import Connection
from apps.core.together import Together
from apps.sync.models import SyncRecord


@dataclass
class Reading:
    """Of one request: the companies and books in sight, and the questions put so far.

    `asked` are the questions that need nothing else; `then` those that follow from their answers.
    """

    request: HttpRequest
    companies: list[Company]
    every_book: list[Connection]  # also those that were disconnected
    asked: Together = field(default_factory=Together)
    then: Together = field(default_factory=Together)

    @classmethod
    def of(cls, request: HttpRequest) -> "Reading":
        companies = list(companies_for(request).order_by("pk"))
        return cls(request, companies, books_of(request))

    @property
    def books(self) -> list[Connection]:
        gone = Connection.Stage.DISCONNECTED
        return [each for each in self.every_book if each.stage != gone]

    @property
    def keys(self) -> list[int]:
        """Of every set of books in sight."""
        return [each.pk for each in self.every_book]

    def of_companies(self, model: type[models.Model]) -> "QuerySet[Any]":
        """The rows of these companies, named one by one: indexes begin with the company."""
        return model._default_manager.filter(company__in=[each.pk for each in self.companies])

    def of_books(self, model: type[models.Model]) -> "QuerySet[Any]":
        return model._default_manager.filter(connection__in=self.keys)

    def of_records(self, model: type[models.Model]) -> "QuerySet[Any]":
        """The rows of records of these books. Asked of each row: a planner that knows nothing of a table
        without rows would begin with every record there is."""
        of_these = SyncRecord.objects.filter(pk=OuterRef("sync_record"), connection__in=self.keys)
        return model._default_manager.filter(Exists(of_these))

    @property
    def late(self) -> Q:
        """Due before today, by each company's own day."""
        days: dict[date, list[int]] = {}
        for each in self.companies:
            days.setdefault(each.today(), []).append(each.pk)
        late = Q(pk__in=[])
        for day, companies in days.items():
            late |= Q(company__in=companies, due_date__lt=day)
        return late
