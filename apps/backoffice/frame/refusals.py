"""Refusals in words: why a record is kept, and what an act of billing or the engine answered."""

from django.contrib import messages
from django.contrib.admin.utils import NestedObjects
from django.core.exceptions import ValidationError
from django.db import models, router
from django.db.models import ProtectedError
from django.http import HttpRequest

MOST_SENTENCES = 10  # of one act on many; the others are counted


def held_by_others(record: models.Model) -> str:
    """Why the database would refuse to delete it, in words; empty where nothing holds it."""
    using = router.db_for_write(type(record))
    collector = NestedObjects(using=using, origin=record)
    try:
        collector.collect([record])
    except ProtectedError as refusal:
        protected = set(refusal.protected_objects)
    else:
        protected = set(collector.protected)
    if not protected:
        return ""
    names = sorted({str(type(each)._meta.verbose_name_plural) for each in protected})
    return f"“{record}” is kept: {', '.join(names)} refer to it."


def sentence_of(refusal: ValidationError) -> str:
    return " ".join(refusal.messages)


def tell(request: HttpRequest, refusal: ValidationError) -> None:
    for sentence in refusal.messages:
        messages.error(request, sentence)
