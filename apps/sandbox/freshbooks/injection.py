"""The faults that can be armed here: lost answers, gateways, and answers that are not true."""

from typing import Any

from .. import asking
from ..injection import ANY_WRITE, Armory

# The second word of a path, by which a fault finds its calls.
ENDPOINTS = (
    "token",
    "clients",
    "items",
    "taxes",
    "invoices",
    "payments",
    "credit_notes",
    "expenses",
    "categories",
    "other_incomes",
    "journal_entries",
    "journal_entry_accounts",
    "journal_entry_details",
    "reports",
    "systems",
    "ledger_accounts",
    "callbacks",
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
        "body": asking.one_of("empty", "html", "accounting", "newer"),
        "errno": asking.whole(0),
        "retry_after": asking.whole(0),
        "after_commit": asking.flag,
    },
    "malformed": {"body": asking.one_of("html"), "after_commit": asking.flag},
    "empty_200": {"after_commit": asking.flag},
    # HTTP 200 with errors in it.
    "error_in_200": {
        "errno": asking.whole(0),
        "message": asking.words,
        "form": asking.one_of("list", "single", "newer", "auth"),
        "after_commit": asking.flag,
    },
    "expired_token": {},
    # The answer says that it was done; nothing was.
    "echo": {},
    # These fields, of its lines too, are dropped without a word.
    "drop_fields": {"fields": names},
    # Another status is kept than was asked; the answer tells the asked one, or the kept one.
    "keep_status": {"status": asking.anything, "told": asking.one_of("asked", "kept")},
    # A POST is carried out twice, and one of the two is answered.
    "duplicate": {},
    "remote_edit": {"act": asking.object_},
}
AT_TOKENS = ("lose_before_commit", "lose_after_commit", "delay", "status")
ONLY_WRITES = ("echo", "drop_fields", "keep_status", "duplicate")
MATCH: asking.Spec = {
    "method": asking.one_of("GET", "PUT", "POST", "DELETE", ANY_WRITE),
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
    needed = {"drop_fields": "fields", "remote_edit": "act", "keep_status": "status"}.get(fault)
    if needed and needed not in options:
        raise ValueError(f"{fault} needs {needed}")
    if match.get("endpoint") == "token" and fault not in AT_TOKENS:
        raise ValueError(f"at the token endpoint there are only {', '.join(AT_TOKENS)}")
    if match.get("method") == "GET" and (fault in ONLY_WRITES or "contains" in match):
        raise ValueError(f"{fault} or contains looks at a body, and a GET has none")
    if fault in ONLY_WRITES and "method" not in match:
        raise ValueError(f"{fault} needs the method of a write in its match")
    if fault == "duplicate" and match["method"] != "POST":
        raise ValueError("duplicate is for POST")
    if fault == "keep_status" and match.get("endpoint") not in ("invoices", "credit_notes"):
        raise ValueError("keep_status is for invoices and credit_notes")
    return fault, match, options, times


armory = Armory(read)
