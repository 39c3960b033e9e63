"""How a field of structured data stands on a page that shows it."""

import json
from typing import Any

from django.utils.html import format_html
from unfold import fields


def as_code(data: Any, encoder: type[json.JSONEncoder] | None) -> str:
    return format_html(
        '<pre class="t-code" tabindex="0">{}</pre>',
        json.dumps(data, sort_keys=True, indent=2, ensure_ascii=False, cls=encoder),
    )


def show_as_ours() -> None:
    """In place of the theme's way, which writes its colours into the page: the policy of content takes
    no style that stands there. The theme offers no other place to say so."""
    fields.prettify_json = as_code
