"""What is left open in the books of a test."""

from apps.sync.models import State, SyncRecord
from tests.books import Books


def waiting(books: Books) -> list[tuple[str, str, str]]:
    """What waits for something or for a person: kind, sentence, what for."""
    open_still = SyncRecord.objects.filter(connection=books.connection).exclude(
        state__in=[State.IN_THE_BOOKS, State.LEFT_OUT, State.GONE]
    )
    return [(each.kind, each.sentence, each.waits_for) for each in open_still]
