"""The faults that can be armed here, and which calls each may meet."""

from typing import Any

from .. import asking
from ..injection import Armory
from . import acts
from .batch import MOST_ITEMS
from .faults import KINDS
from .kinds import all_kinds

# Beside the kinds: what can be read but not written, and what is neither.
READ_ONLY = ("cdc", "reports", "companyinfo", "preferences", "download")
OTHERS = (*READ_ONLY, "query", "batch", "taxservice", "exchangerate", "upload")


def endpoints() -> list[str]:
    """The first words of paths there are."""
    return sorted({*OTHERS, *(kind.path for kind in all_kinds())})


CODE = asking.one_of(*KINDS)
INDEX = asking.whole(0, MOST_ITEMS - 1)
# What may be armed, and what each may be told beside.
FAULTS: dict[str, asking.Spec] = {
    "lose_before_commit": {},
    "lose_after_commit": {},
    "delay": {"seconds": asking.within(600), "when": asking.one_of("before", "after")},
    "status": {
        "status": asking.whole(200, 599),
        "body": asking.one_of("gateway", "xml", "html", "fault"),
        "retry_after": asking.whole(0),
        "after_commit": asking.flag,
        "code": CODE,
    },
    "malformed": {"body": asking.one_of("html"), "after_commit": asking.flag},
    "empty_200": {"after_commit": asking.flag},
    "fault_in_200": {"code": CODE},
    "item_fault": {"code": CODE, "index": INDEX},
    "missing_item": {"index": INDEX},
    "doubled_item": {"index": INDEX},
    "reordered_items": {},
    "swapped_ids": {"index": INDEX},
    "remote_edit": {"act": asking.object_},
}
OF_BATCHES = ("item_fault", "missing_item", "doubled_item", "reordered_items", "swapped_ids")
AT_TOKENS = ("lose_before_commit", "lose_after_commit", "delay", "status")
MATCH: asking.Spec = {
    "method": asking.one_of("GET", "POST"),
    "endpoint": asking.one_of("token", *endpoints()),
    "nth": asking.whole(1),
    "contains": asking.words,
}
ARMING: asking.Spec = {
    "fault": asking.one_of(*FAULTS),
    "match": asking.object_,
    "times": asking.whole(1),
    **dict.fromkeys(sorted({name for spec in FAULTS.values() for name in spec}), asking.anything),
}


def check_reach(fault: str, match: dict[str, Any], options: dict[str, Any]) -> None:
    """ValueError for a fault that no call could ever meet, or that would do nothing where it fires."""
    endpoint = match.get("endpoint")
    if fault in OF_BATCHES and endpoint not in (None, "batch"):
        raise ValueError(f"{fault} tampers with batches: it never fires at {endpoint}")
    if endpoint == "token" and fault not in AT_TOKENS:
        raise ValueError(f"at the token endpoint there are only {', '.join(AT_TOKENS)}")
    if match.get("method") == "GET" and "contains" in match:
        raise ValueError("contains looks at the body, and a GET has none")
    if match.get("method") == "GET" and (endpoint in ("batch", "token") or fault in OF_BATCHES):
        raise ValueError("batches and tokens are asked for by POST, never by GET")
    if match.get("method") == "POST" and endpoint in READ_ONLY:
        raise ValueError(f"{endpoint} is read by GET, never by POST")
    if "code" in options and fault == "status" and options.get("body") != "fault":
        raise ValueError("a status says a code only where its body is fault")
    if fault == "remote_edit":
        if "act" not in options:
            raise ValueError("remote_edit needs an act")
        acts.check(options["act"])


def read(wanted: dict[str, Any]) -> tuple[str, dict[str, Any], dict[str, Any], int]:
    """Name, match, options and times of a fault that was asked for; ValueError says what is wrong."""
    told = asking.read(ARMING, wanted, "a fault", ("fault",))
    fault, times = told.pop("fault"), told.pop("times", 1)
    match = asking.read(MATCH, told.pop("match", {}), "match")
    options = asking.read(FAULTS[fault], told, fault)
    check_reach(fault, match, options)
    return fault, match, options, times


armory = Armory(read)
