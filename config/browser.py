"""What the policy of content lets through by its hash, since it stands in pages that are not ours."""

from typing import Final

# The one style that a list without acts holds, in the theme and in Django's own admin
# (admin/change_list.html of each). tests/config/test_copied.py reads them anew from what is installed.
STYLES_OF_LISTS: Final = (
    "'sha256-+MEQ/O07HiRf96s+FyiSQj7xKrHjGPZWCed2MyGUBF4='",
    "'sha256-blvLUW3UscWqsXGByNOqdBboM+ShWAuugp2mC/wbafU='",
)
