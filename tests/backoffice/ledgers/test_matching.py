"""The page Match: seen by who sees the sync log, decided by who decides, bounded in what it asks."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.backoffice.frame.once import new_key
from apps.billing.models import Change, Customer
from apps.sync.match.standing import match_standing
from apps.sync.models import (
    MatchDecision,
    RemoteRecord,
    Side,
    SideRule,
    State,
    Survey,
    SyncRecord,
    packed,
)
from tests.backoffice.world import World
from tests.factories import make_customer

Browse = Callable[[str], Client]


def theirs(world: World, name: str, **fields: Any) -> RemoteRecord:
    remote_id = str(900 + RemoteRecord.objects.count())
    raw = {"Id": remote_id, "SyncToken": "0", "DisplayName": name, **fields}
    return RemoteRecord.objects.create(
        connection=world.connection,
        kind="Customer",
        remote_id=remote_id,
        of_kind="customer",
        name=name,
        packed_raw=packed(raw),
        read_at=timezone.now(),
        arrival=RemoteRecord.Arrival.ONLY_THEIRS,
    )


def page(world: World, **asked: str) -> str:
    address = reverse("admin:connections_connection_match", args=[world.connection.pk])
    return address + (
        "?" + "&".join(f"{name}={each}" for name, each in asked.items()) if asked else ""
    )


@pytest.fixture
def read(world: World) -> World:
    """Books whose customers and items were read."""
    Survey.objects.create(connection=world.connection, kinds=["customer", "item"], ended=True)
    return world


def test_who_decides_links_two_and_nobody_else_does(read: World, browse: Browse) -> None:
    ours = make_customer(read.company, name="Old Mill Stores Ltd")
    row = theirs(read, "Old Mill Stores", PrimaryPhone={"FreeFormNumber": "020 7946 0000"})
    asked = {"act": "accept", "kind": "customer", "ours": ours.pk, "theirs": row.pk}
    seen = browse("Vera").get(page(read, section="likely")).content.decode()
    assert "The name but for “Ltd”" in seen
    assert 'name="act"' not in seen
    for name in ("Vera", "Cleo", "Ada"):
        posted = browse(name).post(page(read), {**asked, "one_time_key": new_key()})
        assert posted.status_code == 403
    assert not MatchDecision.objects.exists()
    assert match_standing(read.connection).note == "1 likely to decide"

    fay = browse("Fay")
    assert "The same" in fay.get(page(read)).content.decode()
    fay.post(page(read), asked)

    row.refresh_from_db()
    assert row.sync_record is not None
    assert row.sync_record.customer == ours
    decision = MatchDecision.objects.get()
    assert (decision.decision, str(decision.decided_by)) == ("same", "Fay")
    assert decision.evidence == "the name but for “Ltd”"
    ours.refresh_from_db()
    assert ours.phone == "020 7946 0000", "what was empty here is filled"
    assert match_standing(read.connection).done
    fay.post(page(read), {"act": "take-back", "decision": decision.pk})
    row.refresh_from_db()
    assert row.sync_record is None
    assert match_standing(read.connection).note == "1 likely to decide"


@pytest.mark.parametrize("section", ["exact", "likely", "here", "there", "decided"])
def test_a_list_that_is_empty_says_so(section: str, read: World, browse: Browse) -> None:
    """Also one that became empty by the last answer, under the words that were looked for."""
    answer = browse("Fay").get(page(read, section=section, q="Nobody"))
    assert answer.status_code == 200
    assert "Nothing is called “Nobody”" in answer.content.decode()


def test_not_the_same_is_not_asked_again_and_frees_what_was_held(
    read: World, browse: Browse
) -> None:
    ours = make_customer(read.company, name="Old Mill Stores Ltd")
    row = theirs(read, "Old Mill Stores")
    held = SyncRecord.objects.create(
        connection=read.connection,
        kind="customer",
        customer=ours,
        wanted=1,
        state=State.NEEDS_PERSON,
        reason="candidate",
        sentence="It may be the same as “Old Mill Stores” in QuickBooks.",
        waits_for=f"match:{row.pk}",
    )
    assert "May be in" in browse("Fay").get("/admin/").content.decode()
    asked = {"act": "reject", "kind": "customer", "ours": ours.pk, "theirs": row.pk}
    told = browse("Fay").post(page(read), asked, follow=True).content.decode()
    assert "Say why Old Mill Stores Ltd and “Old Mill Stores” are two." in told
    assert not MatchDecision.objects.exists()
    browse("Fay").post(page(read), {**asked, "reason": "Another branch"})
    decided = browse("Fay").get(page(read, section="decided")).content.decode()
    assert "Not the same: Another branch" in decided
    held.refresh_from_db()
    assert (held.state, held.waits_for) == (State.WAITING, "")
    assert match_standing(read.connection).done
    assert "Old Mill Stores Ltd" in browse("Vera").get(page(read, section="here")).content.decode()


@pytest.mark.slow
def test_what_was_decided_before_keeps_its_reason_and_who_gave_it(
    read: World, browse: Browse
) -> None:
    ours = make_customer(read.company, name="Old Mill Stores Ltd")
    row = theirs(read, "Old Mill Stores")
    asked = {"kind": "customer", "ours": ours.pk, "theirs": row.pk}
    fay = browse("Fay")
    fay.post(page(read), {"act": "reject", "reason": "Another branch", **asked})
    fay.post(page(read), {"act": "reject", "reason": "The town's own mill", **asked})
    first, second = MatchDecision.objects.order_by("pk")
    assert (first.reason, str(first.decided_by), str(first.withdrawn_by)) == (
        "Another branch", "Fay", "Fay",
    )  # fmt: skip
    assert (second.reason, second.withdrawn_at) == ("The town's own mill", None)
    decided = fay.get(page(read, section="decided")).content.decode()
    assert decided.index("The town&#x27;s own mill") < decided.index("Another branch")
    assert decided.count("Before: not the same, “Old Mill Stores”: Another branch") == 1

    fay.post(page(read), {"act": "take-back", "decision": second.pk})
    likely = fay.get(page(read, section="likely")).content.decode()
    assert "Before: not the same, “Old Mill Stores”: The town&#x27;s own mill" in likely
    second.refresh_from_db()
    assert str(second.decided_by) == "Fay"

    fay.post(page(read), {"act": "create", "reason": "A farm", **asked})
    fay.post(page(read), {"act": "create", "reason": "A barn", **asked})
    created = MatchDecision.objects.filter(decision="create_there").order_by("pk")
    assert [(each.reason, each.withdrawn_at is None) for each in created] == [
        ("A farm", False),
        ("A barn", True),
    ]


def test_two_under_names_that_differ_are_linked_by_name(read: World, browse: Browse) -> None:
    ours = make_customer(read.company, name="Obsidian Textiles")
    row = theirs(read, "Zephyr Joinery")
    fay = browse("Fay")
    asked = {"act": "link-by-name", "kind": "customer", "ours_name": "Obsidian Textiles"}
    told = fay.post(page(read), {**asked, "theirs_name": "Zephyr"}, follow=True)
    assert "No customer in QuickBooks that is not linked yet is called" in told.content.decode()
    fay.post(page(read), {**asked, "theirs_name": "zephyr joinery"})
    row.refresh_from_db()
    assert row.sync_record is not None
    assert row.sync_record.customer == ours
    assert "Chosen by hand" in MatchDecision.objects.get().evidence


def test_a_whole_list_of_likely_ones_is_created_there(read: World, browse: Browse) -> None:
    ours = [make_customer(read.company, name=f"{word} Stores Ltd") for word in ("Beta", "Gamma")]
    for each in ours:
        theirs(read, each.name.removesuffix(" Ltd"))
    fay = browse("Fay")
    fay.post(page(read), {"act": "create-likely", "kind": "customer"})
    assert not MatchDecision.objects.exists(), "no reason was given"
    said = {"reason": "Two that only look alike"}
    fay.post(page(read), {"act": "create-likely", "kind": "customer", **said})
    decided = MatchDecision.objects.filter(decision="create_there", remote_record=None)
    assert {each.customer for each in decided} == set(ours)
    assert match_standing(read.connection).done
    fay.post(page(read), {"act": "take-back", "decision": decided[0].pk})
    assert match_standing(read.connection).note == "1 likely to decide"
    late = theirs(read, "Gamma Stores B.V."), theirs(read, "Beta Stores B.V.")
    assert late
    assert match_standing(read.connection).note == "3 likely to decide", "what came later is asked"


def test_theirs_are_brought_in_and_nothing_goes_back(read: World, browse: Browse) -> None:
    good = theirs(read, "Kestrel Cycles", PrimaryEmailAddr={"Address": "a@kestrel.example"})
    bad = theirs(read, "x" * 300)
    old = theirs(read, "Gone Quiet (deleted)", Active=False)
    fay = browse("Fay")
    listed = fay.get(page(read, section="there")).content.decode()
    assert "Archived" in listed
    Change.objects.update(sync_read_at=timezone.now())
    fay.post(page(read), {"act": "bring-in-all", "kind": "customer"})

    customer = Customer.objects.get(name="Kestrel Cycles")
    record = customer.sync_records.get()
    assert (record.state, record.sent) == (State.IN_THE_BOOKS, customer.revision)
    origins = set(Change.objects.filter(sync_read_at=None).values_list("origin", flat=True))
    assert origins == {read.connection.origin}, "a change of ours would be sent"
    for row in (good, bad, old):
        row.refresh_from_db()
    assert good.sync_record == record
    assert bad.sync_record is None
    assert "Tieout cannot take it over" in bad.sentence
    assert bad.remedy
    assert old.sync_record is None, "an archived one is brought in only where it is ticked"
    assert "Tieout cannot take it over" in fay.get(page(read, section="there")).content.decode()


def test_all_that_are_exact_are_accepted_at_once_and_a_doubted_one_is_not(
    read: World, browse: Browse
) -> None:
    for number in range(3):
        make_customer(read.company, name=f"Kestrel Cycles {number}", email=f"k{number}@x.example")
        theirs(
            read, f"Kestrel Cycles {number}", PrimaryEmailAddr={"Address": f"k{number}@x.example"}
        )
    twice = make_customer(read.company, name="Copper Bakery", email="c@x.example")
    for name in ("Copper Bakery", "Copper Bakery Ltd"):
        theirs(read, name, PrimaryEmailAddr={"Address": "c@x.example"})
    fay = browse("Fay")
    assert "Accept all 3 exact ones" in fay.get(page(read)).content.decode()
    fay.post(page(read), {"act": "accept-exact", "kind": "customer"})
    assert MatchDecision.objects.filter(decision="same").count() == 3
    assert not twice.sync_records.exists()
    seen = fay.get(page(read, section="likely")).content.decode()
    assert "2 of theirs fit it equally well" in seen


def test_what_will_be_called_otherwise_is_counted_and_shown_before_it_is_accepted(
    read: World, browse: Browse
) -> None:
    for number, (here, there) in enumerate(
        [
            ("Quill & Daughters", "Quill and Daughters"),
            ("Zinc Lamps Ltd", "Zinc Lamps"),
            ("Otter Mills", "Otter Mills"),
        ]
    ):
        make_customer(read.company, name=here, email=f"a{number}@x.example")
        theirs(read, there, PrimaryEmailAddr={"Address": f"a{number}@x.example"})
    fay = browse("Fay")
    seen = fay.get(page(read, section="exact")).content.decode()
    assert "2 of the 3 customers in QuickBooks will bear another name: yours" in seen
    assert re.search(r"Quill and Daughters\W+<[^>]+>→.+?Quill &amp; Daughters</strong>", seen)
    assert seen.count("Name changes:") == 2

    SideRule.objects.create(
        connection=read.connection, kind="customer", field="name", side=Side.THEIRS
    )
    seen = fay.get(page(read, section="exact")).content.decode()
    assert "2 of the 3 customers in Tieout will bear another name: that of QuickBooks" in seen


def test_the_page_asks_the_same_number_of_questions_however_many_there_are(
    read: World, browse: Browse
) -> None:
    def asked() -> int:
        fay = browse("Fay")
        fay.get(page(read, section="likely"))
        with CaptureQueriesContext(
            database,
        ) as told:
            answer = fay.get(page(read, section="likely"))
        assert answer.status_code == 200
        return len(told)

    make_customer(read.company, name="Alpha Stores Ltd")
    theirs(read, "Alpha Stores")
    few = asked()
    for word in ("Beta", "Gamma", "Delta", "Epsilon", "Lambda", "Omega", "Sigma", "Kappa"):
        make_customer(read.company, name=f"{word} Stores Ltd")
        theirs(read, f"{word} Stores")
    assert asked() <= few
    assert few < 75
