"""What the policy of content lets through by its hash, since it stands in pages that are not ours."""

from typing import Any, Final

from csp.constants import NONCE, NONE, SELF, UNSAFE_EVAL

# The one style that a list without acts holds, in the theme and in Django's own admin
# (admin/change_list.html of each). tests/config/test_copied.py reads them anew from what is installed.
STYLES_OF_LISTS: Final = (
    "'sha256-+MEQ/O07HiRf96s+FyiSQj7xKrHjGPZWCed2MyGUBF4='",
    "'sha256-blvLUW3UscWqsXGByNOqdBboM+ShWAuugp2mC/wbafU='",
)


def policy(admin_theme: str) -> dict[str, Any]:
    """Scripts and styles come from our files, or carry the nonce of their answer. The theme's parts are
    written in attributes, which its library runs by eval: it gets that, and nothing else does."""
    return {
        "DIRECTIVES": {
            "default-src": [NONE],
            "script-src": [SELF, NONCE, *([UNSAFE_EVAL] if admin_theme == "unfold" else [])],
            "style-src": [SELF, NONCE, *STYLES_OF_LISTS],
            "img-src": [SELF, "data:"],
            "font-src": [SELF],
            "connect-src": [SELF],
            "form-action": [SELF],
            "frame-ancestors": [NONE],
            "base-uri": [NONE],
            "object-src": [NONE],
        }
    }
