"""The roles: what each may do, and the command that makes it so."""

from io import StringIO

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command

from apps.staff import access
from apps.staff.access import set_up_roles
from apps.staff.acts import ACTS, ActName
from apps.staff.roles import GIVES_ACCESS, POSTS, PREPARES, ROLES, RoleName

pytestmark = pytest.mark.django_db


def held(role: RoleName) -> set[str]:
    return {
        f"{app}.{codename}"
        for app, codename in Group.objects.get(name=role.value).permissions.values_list(
            "content_type__app_label", "codename"
        )
    }


def test_the_command_gives_each_role_exactly_its_table() -> None:
    call_command("roles", stdout=StringIO())
    assert {role: held(role) for role in RoleName} == {
        role: set(names) for role, names in ROLES.items()
    }


def test_running_it_again_changes_nothing() -> None:
    set_up_roles()
    assert not any(set_up_roles())
    assert Group.objects.count() == 5


def test_what_was_given_or_taken_by_hand_is_put_right() -> None:
    set_up_roles()
    viewer = Group.objects.get(name="Viewer")
    viewer.permissions.add(Permission.objects.get(codename="issue_invoice"))
    viewer.permissions.remove(Permission.objects.get(codename="view_invoice"))
    out = StringIO()
    call_command("roles", stdout=out)
    assert "Viewer: 1 given, 1 taken away" in out.getvalue()
    assert held(RoleName.VIEWER) == ROLES[RoleName.VIEWER]


def test_a_permission_that_no_model_declares_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = {**ROLES, RoleName.CLERK: frozenset({"billing.isue_invoice"})}
    monkeypatch.setattr(access, "ROLES", wrong)
    with pytest.raises(LookupError, match=r"billing\.isue_invoice"):
        set_up_roles()
    assert not Group.objects.exists()


def test_a_viewer_only_views() -> None:
    # A key of one's own opens what its person sees anyway.
    others = {each for each in ROLES[RoleName.VIEWER] if not each.split(".")[1].startswith("view_")}
    assert others == {"triggers.make_key"}


def test_an_auditor_sees_the_traces_and_takes_them_away_as_a_pack() -> None:
    held_here = ROLES[RoleName.AUDITOR]
    others = {each for each in held_here if not each.split(".")[1].startswith("view_")}
    assert others == {"trail.make_pack"}
    assert [act for act, rule in ACTS.items() if RoleName.AUDITOR in rule.roles] == [
        "trail.make_pack"
    ]
    views = {each for each in ROLES[RoleName.VIEWER] if each.split(".")[1].startswith("view_")}
    assert views < held_here
    assert {"sync.view_run", "sync.view_call", "trail.view_verification", "staff.view_user",
            "staff.view_securityevent", "trail.view_auditorpack"} <= held_here  # fmt: skip
    may_read = [role for role in RoleName if "trail.view_auditorpack" in ROLES[role]]
    assert may_read == [RoleName.ACCOUNTANT, RoleName.ADMINISTRATOR, RoleName.AUDITOR]


def test_a_clerk_prepares_and_posts_nothing() -> None:
    # What is issued may be handed to its customer by whoever prepared it.
    shared = {"exchange.send_by_email", "exchange.schedule"}
    # Whoever changed a message or an order number says why; it posts nothing.
    shared.add("sync.note_edit")
    shared.add("triggers.make_key")
    assert not ROLES[RoleName.CLERK] & (POSTS | GIVES_ACCESS) - shared


def test_an_administrator_gives_access_and_neither_prepares_nor_posts() -> None:
    # Connecting and pausing are access to books; what is sent through them is an accountant's.
    shared = {"connections.connect", "connections.disconnect", "connections.pause"}
    # What comes by itself, and to whom, is access to what is kept here.
    shared.add("exchange.schedule")
    # Whoever says where events go sees that they arrive.
    shared.add("triggers.replay_event")
    shared.add("triggers.make_key")
    # Whoever answers for people as much as whoever answers for the books.
    shared.add("trail.verify_trail")
    shared.add("trail.make_pack")
    # A customer's own data, for them.
    shared.add("billing.take_held")
    assert not ROLES[RoleName.ADMINISTRATOR] & ((PREPARES | POSTS) - shared)


def test_only_an_administrator_gives_people_access() -> None:
    for role in set(RoleName) - {RoleName.ADMINISTRATOR}:
        gives = {name for name in ROLES[role] if name.startswith(("staff.", "auth."))}
        assert gives <= {"staff.view_securityevent", "staff.view_user", "auth.view_group"}
        assert role == RoleName.AUDITOR or gives <= {"staff.view_securityevent"}


def test_nobody_deletes_what_is_posted_and_nobody_sees_tokens() -> None:
    everything = set().union(*ROLES.values())
    deletes = {name for name in everything if ".delete_" in name}
    assert deletes == {
        "billing.delete_invoice",
        "billing.delete_invoiceline",
        "billing.delete_creditnote",
        "billing.delete_creditnoteline",
        # Of a rate that no document bears yet: billing keeps the others.
        "billing.delete_taxcomponent",
    }
    assert not any("grant" in name or "consentstate" in name for name in everything)


# What moves money, and who may: written out here, so that the table is not its own proof.
MONEY_ACTS = {
    "billing.deduct",
    "billing.write_off",
    "billing.cancel_adjustment",
    "billing.hold_retainer",
    "billing.pay_refund",
    "billing.return_payment",
    "billing.cancel_refund",
    "billing.make_deposit",
    "billing.undo_deposit",
}


@pytest.mark.parametrize("act", sorted(MONEY_ACTS))
def test_only_an_accountant_moves_money(act: str) -> None:
    set_up_roles()
    assert [role for role in RoleName if act in held(role)] == [RoleName.ACCOUNTANT]


def test_what_takes_money_off_or_out_knows_limits_and_everything_undone_a_reason() -> None:
    rules = {act: ACTS[ActName(act)] for act in MONEY_ACTS}
    assert {act for act, rule in rules.items() if not rule.limited} == {
        "billing.hold_retainer",  # stays the customer's
        "billing.make_deposit",  # moves between accounts of the company's own
        "billing.undo_deposit",
    }
    assert {act for act, rule in rules.items() if not rule.reason} == {
        "billing.hold_retainer",
        "billing.make_deposit",
    }


def test_a_viewer_sees_every_record_of_money() -> None:
    seen = {"adjustment", "refund", "deposit", "depositline", "bankaccount"}
    assert {f"billing.view_{each}" for each in seen} <= ROLES[RoleName.VIEWER]
