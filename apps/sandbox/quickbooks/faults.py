"""The faults QuickBooks answers: a closed table of codes with their HTTP status, type and message."""

import re
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from . import wire


@dataclass(frozen=True)
class FaultKind:
    status: int
    type: str
    message: str


VALIDATION = "ValidationFault"

# Codes and statuses: Intuit's list of error codes for the Accounting API.
KINDS: dict[str, FaultKind] = {
    "500": FaultKind(400, VALIDATION, "Unsupported Operation"),
    "600": FaultKind(400, VALIDATION, "Duplicate Request Id"),
    "610": FaultKind(400, VALIDATION, "Object Not Found"),
    "620": FaultKind(400, VALIDATION, "Transaction cannot be linked"),
    "1040": FaultKind(400, VALIDATION, "Batch size exceeded"),
    "2010": FaultKind(400, VALIDATION, "Request has invalid or unsupported property"),
    "2020": FaultKind(
        400, VALIDATION, "Required param missing, need to supply the required value for the API"
    ),
    "2030": FaultKind(400, VALIDATION, "Invalid ID"),
    "2050": FaultKind(
        400, VALIDATION, "String length is either shorter or longer than supported by specification"
    ),
    "2080": FaultKind(400, VALIDATION, "Invalid Number"),
    "2090": FaultKind(400, VALIDATION, "Invalid Value"),
    "2110": FaultKind(400, VALIDATION, "Error parsing"),
    "2170": FaultKind(400, VALIDATION, "Invalid Enumeration"),
    "2190": FaultKind(400, VALIDATION, "Invalid Date Range"),
    "2210": FaultKind(400, VALIDATION, "Invalid Email Address Format"),
    "2500": FaultKind(400, VALIDATION, "Invalid Reference Id"),
    "4000": FaultKind(400, VALIDATION, "Error parsing query"),
    "4001": FaultKind(400, VALIDATION, "Invalid query"),
    "5010": FaultKind(400, VALIDATION, "Stale Object Error"),
    "5020": FaultKind(400, VALIDATION, "Permission Denied Error"),
    "5030": FaultKind(400, VALIDATION, "Feature Not Supported Error"),
    "6000": FaultKind(
        400, VALIDATION, "A business validation error has occurred while processing your request"
    ),
    "6010": FaultKind(400, VALIDATION, "Invalid account type"),
    "6070": FaultKind(400, VALIDATION, "Amount calculation incorrect in the request"),
    "6080": FaultKind(400, VALIDATION, "Name field(s) required"),
    "6100": FaultKind(400, VALIDATION, "Invalid line tax code"),
    "6140": FaultKind(400, VALIDATION, "Duplicate Document Number Error"),
    "6150": FaultKind(400, VALIDATION, "ParentRef Required Error"),
    "6170": FaultKind(400, VALIDATION, "Invalid TxnTaxDetail Error"),
    "6180": FaultKind(400, VALIDATION, "Sub Level Limit"),
    "6190": FaultKind(400, VALIDATION, "Invalid Company Status"),
    "6200": FaultKind(400, VALIDATION, "Account Period Closed, Cannot Update Through Services"),
    "6210": FaultKind(400, VALIDATION, "Account Period Closed, Password Required"),
    # The words as an integrator met them: quickbooks-ruby#390.
    "6220": FaultKind(400, VALIDATION, "Delete List Has Balance Error"),
    "6240": FaultKind(400, VALIDATION, "Duplicate Name Exists Error"),
    "6430": FaultKind(400, VALIDATION, "Invalid account type used"),
    "6540": FaultKind(400, VALIDATION, "Deposited Transaction cannot be changed"),
    "10000": FaultKind(
        500, "SystemFault", "An application error has occurred while processing your request"
    ),
    "3001": FaultKind(429, "SERVICE", "message=ThrottleExceeded; errorCode=003001; statusCode=429"),
}


# Only these faults say their message once more at the beginning of the detail.
MESSAGE_REPEATED = {"610", "2500", "5010", "6140"}


# What the company of the call that is being answered reads.
language: ContextVar[str] = ContextVar("language", default="en")
FRENCH = {
    "2500": "Identifiant de référence non valide",
    "5010": "Erreur d'objet périmé",
    "6000": "Une erreur de validation métier s'est produite lors du traitement de votre demande",
    "6140": "Erreur de numéro de document en double",
    "6240": "Erreur : ce nom existe déjà",
}
FRENCH_KINDS = {"Invoice": "Facture", "CreditMemo": "Note de crédit"}


def in_french(code: str, detail: str) -> tuple[str, str]:
    """Message and detail as a French company reads them; only ids and numbers are what they were.

    No whole set of them is known: what matters is that nothing but the code can be relied on.
    """
    message = FRENCH.get(code, "Une erreur s'est produite")
    numbers = [
        f"{name}={FRENCH_KINDS.get(value, value)}"
        for name, value in re.findall(r"(\w+)=(\S+)", detail)
    ]
    return message, " : ".join([message, *numbers])


class Refused(Exception):
    """QuickBooks says no.

    `detail` is the sentence of its Detail, `element` the field it names. `status` overrides the code's usual HTTP status.
    """

    def __init__(
        self, code: str, detail: str = "", element: str = "", status: int | None = None
    ) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.element = element
        self.status = status if status is not None else KINDS[code].status

    def fault(self) -> dict[str, Any]:
        kind = KINDS[self.code]
        repeated = f"{kind.message} : " if self.code in MESSAGE_REPEATED else ""
        message = kind.message
        detail = f"{repeated}{self.detail}" if self.detail else message
        if language.get() == "fr":
            message, detail = in_french(self.code, detail)
        error = {
            "Message": message,
            "Detail": detail,
            "code": self.code,
            "element": self.element,
        }
        return {"Error": [error], "type": kind.type}


class GatewayRefused(Exception):
    """The gateway in front of QuickBooks says no: lower-case keys, or XML whatever was accepted."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        xml: bool = False,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status = status
        self.code = code
        self.detail = detail
        self.xml = xml
        self.retry_after = retry_after

    def body(self, now_ms: int, time: str) -> str:
        """The answer as text; `now_ms` and `time` are the two forms of the answer's time."""
        name, kind = GATEWAY_NAMES[self.code]
        message = f"message={name}; errorCode={self.code.zfill(6)}; statusCode={self.status}"
        if self.xml:
            error = {"code": self.code, "Message": message, "Detail": self.detail}
            return wire.as_xml({"Fault": {"type": kind, "Error": [error]}, "time": time})
        plain: dict[str, Any] = {
            "message": message,
            "detail": self.detail,
            "code": self.code,
            "element": None,
        }
        return wire.encode(
            {
                "warnings": None,
                "intuitObject": None,
                "fault": {"error": [plain], "type": kind},
                "report": None,
                "queryResponse": None,
                "batchItemResponse": [],
                "attachableResponse": [],
                "syncErrorResponse": None,
                "requestId": None,
                "time": now_ms,
                "status": None,
                "cdcresponse": [],
            }
        )


GATEWAY_NAMES = {
    "3200": ("AuthenticationFailed", "AUTHENTICATION"),
    "3100": ("ApplicationAuthorizationFailed", "AUTHORIZATION"),
    "3001": ("ThrottleExceeded", "SERVICE"),
    "10000": ("ServiceUnavailable", "SERVICE"),
}


def missing(element: str) -> Refused:
    return Refused("2020", f"Required parameter {element} is missing in the request", element)


# It says neither what was made inactive nor in which field it was named.
MADE_INACTIVE = (
    "Something you're trying to use has been made inactive. Check the fields with accounts, "
    "customers, items, vendors or employees."
)


def not_found(detail: str = MADE_INACTIVE) -> Refused:
    return Refused("610", detail)


def business(detail: str, element: str = "") -> Refused:
    return Refused("6000", f"Business Validation Error: {detail}", element)
