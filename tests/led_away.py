"""Where a page leads by itself: to the consent page of an accounting system."""

from typing import Any


def led_to(answer: Any) -> str:
    """The address of theirs. It is no redirect, which a browser that came by a form would not follow."""
    assert answer.status_code == 200, answer.content
    seconds, _, address = answer["Refresh"].partition("; url=")
    assert seconds == "0"
    return str(address)
