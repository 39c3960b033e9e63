"""The buttons on a connection: connect again, map, test, go live, run, pause, disconnect."""

from dataclasses import replace
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from apps.backoffice.frame import permissions
from apps.backoffice.frame.acts import ButtonAct, PageAct
from apps.backoffice.frame.reasons import ReasonForm
from apps.backoffice.frame.versions import words
from apps.backoffice.ledgers.automation import AUTOMATION_ACT
from apps.backoffice.ledgers.comparing import COMPARE_ACT
from apps.backoffice.ledgers.dry_run import CONNECTION_DRY_RUN
from apps.backoffice.ledgers.firsts import FIRSTS_ACT
from apps.backoffice.ledgers.going_live import (
    PROGRESS_ACT,
    GoLiveForm,
    before_going_live,
    go_live,
    means_of_going_live,
)
from apps.backoffice.ledgers.leaving import leave
from apps.backoffice.ledgers.mailbox import FILES_ACT
from apps.backoffice.ledgers.mapping import chosen, code_called, mapping_page
from apps.backoffice.ledgers.mapping_files import MAP_FILE, mapping_file_page
from apps.backoffice.ledgers.matching import matching_page
from apps.backoffice.ledgers.open_items import open_items_page
from apps.backoffice.ledgers.setup import setup_page
from apps.backoffice.ledgers.sides import chosen_sides, side_words, sides_page
from apps.backoffice.ledgers.steps import (
    CONNECT,
    GO_LIVE,
    MAP,
    MATCH,
    OPEN_ITEMS,
    TEST_INVOICE,
    WHOSE,
    is_authorised,
    is_read,
    is_tested,
    may_go_on,
)
from apps.backoffice.ledgers.switches import (
    SwitchesForm,
    has_switches,
    set_switches,
    switches_now,
)
from apps.backoffice.ledgers.switches import means as means_of_switches
from apps.backoffice.ledgers.trial import trial_page
from apps.backoffice.ledgers.whose import answers_now, whose_page
from apps.connections import lifecycle
from apps.connections.entering import can_be_replaced
from apps.connections.models import Connection
from apps.connectors.errors import ConnectorError
from apps.mappings.codes import read_codes
from apps.staff.acts import ActName
from apps.sync.decide import acts
from apps.webhooks.registering import can_register, register


def is_in_use(connection: Connection) -> bool:
    return connection.stage != Connection.Stage.DISCONNECTED


def can_go_live(connection: Connection) -> bool:
    return is_authorised(connection) and is_tested(connection) and not connection.is_live


def may_exchange(connection: Connection) -> bool:
    return is_authorised(connection) and may_go_on(connection)


def may_settle(connection: Connection) -> bool:
    return is_read(connection) and may_go_on(connection)


def has_cut_off(connection: Connection) -> bool:
    return is_in_use(connection) and connection.starts_on is not None


def is_live(connection: Connection) -> bool:
    return connection.is_live


def needs_consent(connection: Connection) -> bool:
    return not is_authorised(connection)


def can_be_filled_in_anew(connection: Connection) -> bool:
    return is_authorised(connection) and can_be_replaced(connection)


def _again(request: HttpRequest, connection: Connection, answers: dict[str, Any]) -> HttpResponse:
    return HttpResponseRedirect(reverse("connections:again", args=[connection.pk]))


def _pause(request: HttpRequest, connection: Connection, answers: dict[str, Any]) -> str:
    lifecycle.pause(connection, answers["reason"])
    return "Paused. Nothing that waits is lost: it goes when the connection is live again."


def _disconnect(request: HttpRequest, connection: Connection, answers: dict[str, Any]) -> str:
    leave(request, connection, answers["reason"])
    return "Disconnected. What was sent stays over there, and its history stays here."


def _sync_now(request: HttpRequest, connection: Connection, answers: dict[str, Any]) -> str:
    started = acts.sync_now(connection)
    return "A run starts now." if started else "A run is about to start already."


def _read_codes(request: HttpRequest, connection: Connection, answers: dict[str, Any]) -> str:
    try:
        count = read_codes(connection)
    except ConnectorError as trouble:
        raise ValidationError(
            [each for each in (trouble.sentence, trouble.remedy) if each]
        ) from None
    return f"{count} accounts, tax codes, terms and payment methods read from {connection.system_name}."


def _be_told(request: HttpRequest, connection: Connection, answers: dict[str, Any]) -> str:
    name = connection.system_name
    try:
        row = register(connection)
    except ConnectorError as trouble:
        raise ValidationError(
            [each for each in (trouble.sentence, trouble.remedy) if each]
        ) from None
    if row.confirmed_at is not None:
        return f"{name} tells changes from now on."
    return f"{name} has the address. Once its key has come, and was told back, it tells changes."


def can_be_told(connection: Connection) -> bool:
    return is_authorised(connection) and can_register(connection)


STEPS, LOOKING, SETTINGS, LEAVING = "The steps", "Look", "Settings", "End it"
ACTS = (
    ButtonAct(
        name="connect-again",
        words="Connect again",
        permission=ActName.CONNECT,
        when=needs_consent,
        do=_again,
        main=True,
    ),
    ButtonAct(
        name=GO_LIVE,
        foretells=before_going_live,
        words="Go live",
        permission=ActName.GO_LIVE,
        when=can_go_live,
        do=go_live,
        asks=GoLiveForm,
        edits=lambda connection: {"starts_on": words("Cut-off", connection.starts_on)},
        main=True,
        means=means_of_going_live,
    ),
    ButtonAct(
        name="sync-now",
        words="Run now",
        permission=ActName.RETRY,
        when=is_live,
        do=_sync_now,
    ),
    FIRSTS_ACT,
    FILES_ACT,
    ButtonAct(
        name="pause",
        words="Pause",
        permission=ActName.PAUSE,
        when=is_live,
        do=_pause,
        asks=ReasonForm,
        means="Nothing goes out or comes in until it is live again. Nothing is lost.",
    ),
    PageAct(
        name=CONNECT,
        words="Set up",
        permission=ActName.CONNECT,
        group=STEPS,
        when=is_in_use,
        page=setup_page,
        calls_out=True,
    ),
    PageAct(
        name=WHOSE,
        words="What is whose",
        permission=ActName.CHANGE_MAPPINGS,
        group=STEPS,
        when=may_settle,
        page=whose_page,
        edits=answers_now,
    ),
    PageAct(
        name=MAP,
        words="Map",
        permission=ActName.CHANGE_MAPPINGS,
        group=STEPS,
        when=may_go_on,
        page=mapping_page,
        edits=chosen,
        reads_as=code_called,
    ),
    PageAct(
        name=MATCH,
        words="Match",
        permission=permissions.SEE_SYNC_LOG,
        group=STEPS,
        when=may_exchange,
        page=matching_page,
        calls_out=True,  # each of many is a transaction of its own
    ),
    PageAct(
        name=TEST_INVOICE,
        words="Test invoice",
        permission=ActName.SEND_TEST_INVOICE,
        group=STEPS,
        when=may_exchange,
        page=trial_page,
        calls_out=True,
    ),
    replace(COMPARE_ACT, group=LOOKING),
    replace(CONNECTION_DRY_RUN, group=LOOKING),
    replace(PROGRESS_ACT, group=LOOKING),
    PageAct(
        name=OPEN_ITEMS,
        words="Open at the cut-off",
        permission=permissions.SEE_SYNC_LOG,
        group=LOOKING,
        when=has_cut_off,
        page=open_items_page,
    ),
    replace(AUTOMATION_ACT, group=SETTINGS),
    PageAct(
        name="which-side-wins",
        words="Which side wins",
        permission=ActName.CHANGE_MAPPINGS,
        group=SETTINGS,
        when=is_in_use,
        page=sides_page,
        edits=chosen_sides,
        reads_as=lambda _, typed: side_words(typed),
    ),
    ButtonAct(
        name="switches",
        words="Switch on or off",
        permission=ActName.GO_LIVE,
        group=SETTINGS,
        when=has_switches,
        do=set_switches,
        asks=SwitchesForm,
        edits=switches_now,
        means=means_of_switches,
    ),
    PageAct(
        name=MAP_FILE,
        words="Mappings as a file",
        permission=ActName.CHANGE_MAPPINGS,
        group=SETTINGS,
        when=is_in_use,
        page=mapping_file_page,
        edits=chosen,
        reads_as=code_called,
    ),
    ButtonAct(
        name="read-codes",
        words="Read their accounts again",
        permission=ActName.CHANGE_MAPPINGS,
        group=SETTINGS,
        when=is_authorised,
        do=_read_codes,
        calls_out=True,
    ),
    ButtonAct(
        name="be-told",
        words="Be told of changes",
        permission=ActName.CONNECT,
        group=SETTINGS,
        when=can_be_told,
        do=_be_told,
        calls_out=True,
        means=(
            "Tieout gives its address there, and is told of each change as it happens. The key that "
            "comes with the first message is told back by itself."
        ),
    ),
    ButtonAct(
        name="fill-in-anew",
        words="Change how Tieout gets in",
        permission=ActName.CONNECT,
        group=SETTINGS,
        when=can_be_filled_in_anew,
        do=_again,
    ),
    ButtonAct(
        name="disconnect",
        words="Disconnect",
        permission=ActName.DISCONNECT,
        group=LEAVING,
        when=is_in_use,
        do=_disconnect,
        asks=ReasonForm,
        calls_out=True,
        danger=True,
        means=(
            "The access is ended over there and erased here. Where other books live on the same "
            "access, it stays for them."
        ),
    ),
)
