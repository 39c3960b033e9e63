"""Open questions about Xero's contacts, lists, and what lets us in."""

from datetime import timedelta

from apps.connectors.questions import (
    CannotAsk,
    Finding,
    Question,
    Scene,
    Write,
    as_assumed,
    otherwise,
    told,
)
from apps.connectors.xero.questions.asking import (
    ARCHIVED,
    changed,
    contact,
    element,
    get,
    identity,
    invoice,
    read,
    refused,
    words_of,
    write,
)
from apps.connectors.xero.questions.documents import CUSTOMERS
from apps.connectors.xero.wire import EPOCH, modified_since, moment

TAX_NUMBER = "123456789"


def _doubled(scene: Scene) -> Finding:
    identity(scene, "customer", "Contacts")
    if refused(scene, "double"):
        return as_assumed(f"refused: {words_of(scene['double'])}")
    return otherwise("accepted: two contacts have one name")


def _masked(scene: Scene) -> Finding:
    identity(scene, "taxed", "Contacts")
    kept = element(scene, "read", "Contacts").get("TaxNumber", "")
    return told(kept == TAX_NUMBER, "whole" if kept == TAX_NUMBER else f"of another form: {kept}")


def _phones(scene: Scene) -> Finding:
    element(scene, "changed", "Contacts")
    kept = [
        each.get("PhoneNumber")
        for each in element(scene, "read", "Contacts").get("Phones", ())
        if each.get("PhoneNumber")
    ]
    return told(kept == ["5550100"], f"{len(kept)} of one telephone number is kept")


def _deleted(scene: Scene) -> Finding:
    element(scene, "deleted", "Invoices")
    answer = scene["listed"]
    if answer.status == 404:
        return otherwise("the list that names it is not found")
    found = [each.get("InvoiceID") for each in answer.said.get("Invoices", ())]
    shown = identity(scene, "invoice", "Invoices") in found
    return told(shown, "it is in the list" if shown else "it is left out")


def _past(scene: Scene) -> Finding:
    answer = scene["page"]
    if answer.status == 404:
        return otherwise("not found")
    if not answer.good:
        raise CannotAsk(words_of(answer))
    return told(not answer.said.get("Contacts"), "a page without a row")


def _nothing(scene: Scene) -> Finding:
    answer = scene["changes"]
    if answer.status not in (200, 304):
        raise CannotAsk(words_of(answer))
    return told(answer.status == 200, f"status {answer.status}")


def _since(scene: Scene) -> Finding:
    found = scene["changes"]
    if found.status not in (200, 304):
        raise CannotAsk(words_of(found))
    own = identity(scene, "customer", "Contacts")
    listed = (found.said or {}).get("Contacts", ()) if isinstance(found.said, dict) else ()
    seen = own in [each.get("ContactID") for each in listed]
    return told(seen, f"what changed in the very second is {'told' if seen else 'left out'}")


def _its_second(scene: Scene) -> str:
    at = moment(element(scene, "itself", "Contacts"), "UpdatedDateUTC")
    if at is None or at == EPOCH:
        raise CannotAsk("the contact does not say when it was changed")
    return modified_since(at.replace(microsecond=0))


def _scope(scene: Scene) -> Finding:
    status = scene["report"].status
    if status == 200:
        raise CannotAsk("this consent holds a scope that Tieout does not ask for")
    return told(status == 403, f"status {status}")


LISTS = (
    Question(
        id="duplicate_contact_names",
        asks="Is a second contact of one name refused?",
        behind="xero.md [R]; warned that it may end [X]",
        assumed="it is refused",
        switch="duplicate_contact_names",
        steps=(
            *CUSTOMERS,
            write(
                "double",
                "PUT",
                "Contacts",
                lambda scene: {"Name": scene.named("customer")},
                Write("a contact of the same name", ARCHIVED, dated=False),
            ),
        ),
        read=_doubled,
    ),
    Question(
        id="tax_numbers",
        asks="Is a contact's tax number told whole?",
        behind="xero.md: masked in the US, to Standard users [X]",
        assumed="it is",
        switch="tax_numbers",
        steps=(
            contact("taxed", TaxNumber=lambda _: TAX_NUMBER),
            read("read", "taxed", "Contacts"),
        ),
        read=_masked,
    ),
    Question(
        id="lists_not_sent",
        asks="Does an update of a contact without its telephones leave them?",
        behind="xero.md: missing nested lists are unchanged [U]",
        assumed="it does",
        steps=(
            contact(
                "reachable",
                Phones=lambda _: [{"PhoneType": "DEFAULT", "PhoneNumber": "5550100"}],
            ),
            changed(
                "changed",
                "reachable",
                "Contacts",
                lambda *_: {"AccountNumber": "A1"},
            ),
            read("read", "reachable", "Contacts"),
        ),
        read=_phones,
    ),
    Question(
        id="deleted_in_lists",
        asks="Are deleted drafts in lists?",
        behind="0025, open: deleted drafts in lists",
        assumed="they are",
        switch="deleted_in_lists",
        steps=(
            *CUSTOMERS,
            invoice("invoice"),
            changed("deleted", "invoice", "Invoices", lambda *_: {"Status": "DELETED"}),
            get("listed", "Invoices", IDs=lambda scene: identity(scene, "invoice", "Invoices")),
        ),
        read=_deleted,
    ),
    Question(
        id="past_the_end",
        asks="What is a page behind the last one?",
        behind="docs/sandbox.md [U]",
        assumed="a page without a row",
        switch="past_the_end",
        steps=(get("page", "Contacts", exact=False, page=lambda _: "99999"),),
        read=_past,
    ),
    Question(
        id="nothing_modified",
        asks="How is it said that nothing was modified?",
        behind="docs/sandbox.md [I]",
        assumed="by a list without a row",
        switch="nothing_modified",
        steps=(
            get(
                "changes",
                "Contacts",
                exact=False,
                since=lambda scene: f"{scene.day + timedelta(days=365)}T00:00:00Z",
            ),
        ),
        read=_nothing,
    ),
    Question(
        id="modified_since",
        asks="Is what changed in the very second of If-Modified-Since told?",
        behind="xero.md: to the second [X]; [U] whether inclusive",
        assumed="it is",
        switch="modified_since",
        steps=(
            *CUSTOMERS,
            get("itself", lambda scene: f"Contacts/{identity(scene, 'customer', 'Contacts')}"),
            get("changes", "Contacts", exact=False, since=_its_second),
        ),
        read=_since,
    ),
    Question(
        id="modified_precision",
        asks="Does If-Modified-Since count to the second or finer?",
        behind="xero.md: to the second [X]",
        assumed="either is read",
        switch="modified_precision",
        unaskable="where it includes the second, no request tells one from the other",
    ),
    Question(
        id="missing_scope",
        asks="How is a report refused that the consent does not hold?",
        behind="xero.md: 403 or 401 [U]",
        assumed="by a 403",
        switch="missing_scope",
        steps=(get("report", "Reports/ProfitAndLoss", exact=False),),
        read=_scope,
    ),
    Question(
        id="minute_window",
        asks="Does the minute of the limit slide?",
        behind="xero.md [X]",
        assumed="either is kept",
        switch="minute_window",
        unaskable="it would take the limit of all who call this organisation",
    ),
    Question(
        id="renews_when_closed",
        asks="Does a consent still renew when its last organisation was closed?",
        behind="0025, open: whether a closed connection still renews",
        assumed="either is read",
        switch="renews_when_closed",
        unaskable="it would end this connection",
    ),
    Question(
        id="reconsent_event",
        asks="Does a consent that is given again keep its first event?",
        behind="0025: it may [I]",
        assumed="either is read: the whole list is offered",
        switch="reconsent_event",
        unaskable="only a person can consent again, on Xero's own page",
    ),
)
