"""What the connected books will hold of a draft, shown before it is issued."""

from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from apps.billing.acts.issuing import to_be
from apps.billing.models import Document
from apps.sync.assemble.foretold import foretell


def what_is_booked(document: Document) -> SafeString:
    """Debits and credits for each set of books; nothing where the draft cannot be issued as it is,
    which issuing itself says."""
    try:
        found = foretell(to_be(document))
    except ValidationError:
        return SafeString("")
    if not found:
        return SafeString("")
    return render_to_string("backoffice/documents/foretold.html", {"books": found})
