"""The faults that can be armed here: lost answers, gateways, and answers that are not true."""

from typing import Any

from .. import asking
from ..injection import ANY_WRITE, Armory

SUBS = ("allocations", "attachments", "history", "options")
ENDPOINTS = (
    "token",
    "organisation",
    "accounts",
    "taxrates",
    "currencies",
    "trackingcategories",
    "brandingthemes",
    "contacts",
    "items",
    "invoices",
    "creditnotes",
    "payments",
    "batchpayments",
    "banktransactions",
    "banktransfers",
    "overpayments",
    "prepayments",
    "manualjournals",
    "reports",
    *SUBS,
)


def names(value: Any, name: str) -> list[str]:
    if not isinstance(value, list) or not value or not all(isinstance(one, str) for one in value):
        raise ValueError(f"{name} is a list of names")
    return list(value)


FAULTS: dict[str, asking.Spec] = {
    "lose_before_commit": {},
    "lose_after_commit": {},
    "delay": {"seconds": asking.within(600), "when": asking.one_of("before", "after")},
    "status": {
        "status": asking.whole(200, 599),
        "body": asking.one_of("empty", "html", "json"),
        "retry_after": asking.whole(0),
        "problem": asking.one_of("minute", "day", "appminute", "concurrent"),
        "after_commit": asking.flag,
    },
    "malformed": {"body": asking.one_of("html"), "after_commit": asking.flag},
    "empty_200": {"after_commit": asking.flag},
    "expired_token": {},
    "disconnect": {},
    # The answer says that it was done; nothing was.
    "echo": {},
    # These fields of every element are dropped without a word.
    "drop_fields": {"fields": names},
    # One element is refused with this message.
    "item_fault": {"index": asking.whole(0), "message": asking.words},
    # A line of a batch payment fails without an error and without an id.
    "fail_line": {"index": asking.whole(0)},
    "remote_edit": {"act": asking.object_},
}
AT_TOKENS = ("lose_before_commit", "lose_after_commit", "delay", "status")
ONLY_WRITES = ("echo", "drop_fields", "item_fault", "fail_line")
METHODS = ("GET", "PUT", "POST", "DELETE", ANY_WRITE)
MATCH: asking.Spec = {
    "method": asking.one_of(*METHODS),
    "endpoint": asking.one_of(*ENDPOINTS),
    "nth": asking.whole(1),
    "contains": asking.words,
}
ARMING: asking.Spec = {
    "fault": asking.one_of(*FAULTS),
    "match": asking.object_,
    "times": asking.whole(1),
    **dict.fromkeys(sorted({name for spec in FAULTS.values() for name in spec}), asking.anything),
}


def read(wanted: dict[str, Any]) -> tuple[str, dict[str, Any], dict[str, Any], int]:
    """Name, match, options and times of a fault that was asked for; ValueError says what is wrong."""
    told = asking.read(ARMING, wanted, "a fault", ("fault",))
    fault, times = told.pop("fault"), told.pop("times", 1)
    match = asking.read(MATCH, told.pop("match", {}), "match")
    options = asking.read(FAULTS[fault], told, fault)
    needed = {"drop_fields": "fields", "remote_edit": "act"}.get(fault)
    if needed and needed not in options:
        raise ValueError(f"{fault} needs {needed}")
    if match.get("endpoint") == "token" and fault not in AT_TOKENS:
        raise ValueError(f"at the token endpoint there are only {', '.join(AT_TOKENS)}")
    if match.get("method") == "GET" and (fault in ONLY_WRITES or "contains" in match):
        raise ValueError(f"{fault} or contains looks at a body, and a GET has none")
    if fault in ONLY_WRITES and "method" not in match:
        raise ValueError(f"{fault} needs the method of a write in its match")
    if fault == "fail_line" and match.get("endpoint") != "batchpayments":
        raise ValueError("fail_line is for batchpayments")
    return fault, match, options, times


armory = Armory(read)
