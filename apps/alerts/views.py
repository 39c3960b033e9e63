"""The health address: 200 while a worker runs and the queue is not behind, 503 with the reason."""

from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.alerts.watching import ALL_WELL, silences

NO_DATABASE = "The database does not answer."


@never_cache
@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """For monitors, without signing in: plain text, no name and no secret."""
    try:
        silent = [each.sentence for each in silences(timezone.now())]
    except DatabaseError:
        silent = [NO_DATABASE]
    words = "\n".join(silent) or ALL_WELL
    return HttpResponse(f"{words}\n", "text/plain; charset=utf-8", status=503 if silent else 200)
