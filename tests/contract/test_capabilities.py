"""Each capability is exercised by a bench, at each of its values, and by a test that is named."""

import dataclasses
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from apps.connectors import registry
from apps.connectors.limits import Limit, Scope
from apps.connectors.port import Capabilities
from tests.architecture.source import ROOT
from tests.contract.conftest import BENCHES

SENDS = "tests/contract/test_each_sends.py"
SETTLES = "tests/contract/test_each_settles.py"
LIVE = "tests/contract/test_each_is_live.py"
READS = "tests/contract/test_each_reads.py"
HANDS = "tests/contract/test_each_hands_over.py"
NOTES = "tests/contract/test_each_notes.py"
JOURNAL = "tests/journal/test_engine.py"
WORKED = "tests/worked/test_engine.py"
UNKNOWN = "tests/sync/calls/test_unknown_outcomes.py"


def some(value: Any) -> str:
    return "some" if value else "none"


def many(value: int) -> str:
    return "several" if value > 1 else "one"


def told(value: Any) -> str:
    return "not published" if value is None else "published"


def any_value(value: Any) -> str:
    return "a number"


# Field → how its values are told apart, and the test by value. Each value is had by a bench.
EXERCISED: dict[str, tuple[Callable[[Any], str], dict[str, str]]] = {
    "system": (any_value, {"a number": f"{JOURNAL}::test_it_is_found_by_its_entry_point_alone"}),
    "name": (any_value, {"a number": f"{JOURNAL}::test_it_is_found_by_its_entry_point_alone"}),
    "kinds": (
        lambda kinds: "all" if len(kinds) == 9 else "not all",
        {
            "all": f"{SENDS}::test_a_record_of_each_kind_reads_back_equal_and_asks_for_no_second_call",
            "not all": f"{SENDS}::test_a_kind_that_they_have_not_is_said_in_words_and_never_listed",
        },
    ),
    "push_batch": (
        many,
        dict.fromkeys(
            ("one", "several"), f"{SENDS}::test_one_more_than_a_call_takes_goes_in_two_calls"
        ),
    ),
    "in_flight": (
        many,
        dict.fromkeys(
            ("one", "several"),
            f"{SENDS}::test_calls_that_may_fly_together_are_given_to_the_courier_together",
        ),
    ),
    "planned_at_once": (
        any_value,
        {
            "a number": "tests/sync/send/test_push.py::"
            "test_more_than_is_planned_at_once_goes_over_in_one_run"
        },
    ),
    "limits": (
        some,
        {
            "some": f"{READS}::test_their_answers_say_how_many_calls_are_left",
            "none": f"{JOURNAL}::test_what_is_confirmed_later_is_in_the_books",
        },
    ),
    "number_length": (
        any_value,
        {
            "a number": f"{SENDS}::test_the_longest_number_is_held_whole_and_a_longer_one_is_objected_to"
        },
    ),
    "decimals": (
        any_value,
        {"a number": f"{SENDS}::test_an_amount_finer_than_they_hold_is_objected_to"},
    ),
    "accounts": (
        str,
        {
            "True": f"{READS}::test_their_lists_have_accounts_where_there_is_a_chart_and_each_row_once",
            "False": f"{READS}::test_their_lists_have_accounts_where_there_is_a_chart_and_each_row_once",
        },
    ),
    "line_tax": (
        str,
        {
            "code": "tests/sync/assemble/test_documents.py::"
            "test_each_line_bears_its_code_and_the_tax_goes_by_rate_of_theirs",
            "percent": "tests/worked/test_taxes.py::"
            "test_a_taxed_document_goes_with_its_percentages_and_waits_for_no_code",
            "amount": "tests/journal/test_taxes.py::"
            "test_what_they_would_hold_at_another_total_is_left_out_with_all_that_hangs_on_it",
            "untaxed": f"{LIVE}::test_a_document_with_tax_is_left_out_where_none_bears_any",
        },
    ),
    "method_as_text": (
        str,
        {
            "True": "tests/worked/test_methods.py::"
            "test_the_name_of_a_method_goes_as_it_is_and_is_found_by_it",
            "False": "tests/sync/assemble/test_money.py::"
            "test_a_payment_says_its_method_as_it_is_mapped",
        },
    ),
    "item_on_every_amount": (
        str,
        {
            "True": "tests/sync/assemble/test_refused_at_issue.py::"
            "test_lines_without_an_item_go_over_as_the_companys_item_for_such",
            "False": f"{WORKED}::test_an_invoice_is_a_draft_and_then_sent",
        },
    ),
    "refunds_name_sources": (
        str,
        {
            "True": f"{WORKED}::test_a_refund_says_what_it_pays_back",
            "False": f"{SENDS}::test_a_record_of_each_kind_reads_back_equal_and_asks_for_no_second_call",
        },
    ),
    "nil_documents": (
        str,
        {
            "True": f"{SENDS}::test_a_document_of_nil_goes_over_where_they_take_one",
            "False": f"{JOURNAL}::test_a_document_that_comes_to_nothing_is_left_out",
        },
    ),
    "several_currencies": (
        str,
        {
            "True": f"{SENDS}::test_a_document_in_another_currency_keeps_currency_and_rate",
            "False": f"{SENDS}::test_what_is_in_another_currency_is_objected_to_where_they_have_one",
        },
    ),
    "pays_one_invoice": (
        str,
        {
            "True": f"{SENDS}::test_a_payment_that_pays_not_one_invoice_is_objected_to_where_it_must",
            "False": f"{SENDS}::test_a_payment_may_stand_on_account",
        },
    ),
    "carried_inside": (
        some,
        dict.fromkeys(
            ("some", "none"),
            f"{SENDS}::test_what_is_set_against_an_invoice_pays_it_and_is_taken_off_again",
        ),
    ),
    "several_objects": (
        some,
        {
            "some": f"{SENDS}::test_several_objects_of_a_record_are_one_by_their_sum",
            "none": f"{SETTLES}::test_a_step_whose_answer_is_lost_is_looked_up_and_made_once",
        },
    ),
    "adds_up": (
        some,
        {
            "some": f"{WORKED}::test_two_allocations_of_one_source_to_one_invoice_are_one_there_added_up",
            "none": f"{SETTLES}::test_what_is_set_against_an_invoice_by_a_lost_call_is_set_once",
        },
    ),
    "steps": (
        some,
        {
            "some": f"{SENDS}::test_half_done_and_refused_tells_what_stands_and_goes_on_from_there",
            "none": f"{SETTLES}::test_a_step_whose_answer_is_lost_is_looked_up_and_made_once",
        },
    ),
    "refuses_doubles": (
        some,
        {
            "some": f"{HANDS}::test_a_second_document_of_a_number_is_turned_away",
            "none": f"{UNKNOWN}::"
            "test_what_a_gateway_turned_away_after_the_commit_is_not_sent_under_another_key",
        },
    ),
    "trace_headers": (
        some,
        {
            "some": f"{READS}::test_their_answers_bear_what_their_support_asks_for",
            "none": f"{JOURNAL}::test_what_is_confirmed_later_is_in_the_books",
        },
    ),
    "keys": (
        str,
        {
            "True": f"{SETTLES}::"
            "test_a_step_whose_answer_is_lost_is_sent_again_under_its_key_and_made_once",
            "False": f"{SETTLES}::test_a_step_whose_answer_is_lost_is_looked_up_and_made_once",
        },
    ),
    "hands_over": (
        str,
        {
            "True": f"{HANDS}::test_what_is_handed_over_is_confirmed_by_its_version",
            "False": f"{HANDS}::"
            "test_what_is_answered_is_in_the_books_and_nothing_is_confirmed_later",
        },
    ),
    **{
        name: (
            some,
            dict.fromkeys(
                ("some", "none"),
                "tests/backoffice/ledgers/test_mailbox.py::"
                "test_whoever_has_other_software_finds_it_where_books_are_chosen",
            ),
        )
        for name in ("chosen_as", "chosen_words")
    },
    "confirmed_within_days": (
        any_value,
        {"a number": f"{JOURNAL}::test_what_is_not_confirmed_in_time_is_put_before_a_person"},
    ),
    "named_while_handed_over": (
        some,
        dict.fromkeys(
            ("some", "none"),
            f"{JOURNAL}::"
            "test_what_hangs_on_it_waits_for_the_confirmation_unless_it_may_be_named_before",
        ),
    ),
    "reads_back": (
        str,
        {
            "True": f"{SENDS}::test_a_record_of_each_kind_reads_back_equal_and_asks_for_no_second_call",
            "False": "tests/journal/test_trial.py::"
            "test_a_named_person_who_has_seen_it_lets_it_go_live",
        },
    ),
    "control_totals": (
        lambda totals: " and ".join(sorted(totals)) or "none",
        {
            "trial_balance": f"{READS}::test_their_trial_balance_comes_to_nil",
            "receivable": f"{READS}::"
            "test_their_receivable_is_what_customers_owe_at_the_end_of_a_day",
            "receivable and tax": f"{READS}::"
            "test_their_tax_is_that_of_what_was_sold_at_the_end_of_a_day",
            "none": f"{JOURNAL}::test_books_that_cannot_be_read_are_not_compared_and_say_why",
        },
    ),
    "tax_total_counts_credits": (
        str,
        {
            "True": "tests/reconciliation/test_compare.py::"
            "test_tax_on_sales_is_held_against_their_own_sum",
            "None": "tests/connectors/freshbooks/test_agree.py::"
            "test_a_month_agrees_with_a_trial_balance_worked_by_hand",
        },
    ),
    "receivable_per_currency": (
        str,
        {
            "True": "tests/reconciliation/test_compare.py::"
            "test_euros_are_held_against_the_receivable_that_their_ledger_keeps_them_on",
            "False": "tests/sync/assemble/test_money.py::"
            "test_a_receivable_is_that_of_its_currency_or_the_one_for_all",
        },
    ),
    "tells_tax_by_rate": (
        str,
        {
            "True": "tests/reconciliation/test_compare.py::"
            "test_every_field_of_an_invoice_that_differs_is_said_with_both_values",
            "False": "tests/connectors/freshbooks/test_other_cents.py::"
            "test_which_cent_is_of_which_rate_is_not_told_and_no_difference",
        },
    ),
    "tax_rounding_told": (
        str,
        {
            "True": "tests/sync/assemble/test_foretold.py::"
            "test_of_books_whose_rounding_is_told_no_cents_are_left_open",
            "False": "tests/connectors/freshbooks/test_other_cents.py::"
            "test_how_they_round_is_told_until_an_invoice_there_shows_it",
        },
    ),
    "in_bank_currency": (
        some,
        {
            "some": "tests/sync/assemble/test_foretold_limits.py::"
            "test_a_line_of_the_bank_in_another_currency_than_its_account_is_told_as_held",
            "none": "tests/sync/assemble/test_foretold_limits.py::"
            "test_a_refund_in_another_currency_is_told_with_what_it_books_where_their_bank_takes_it",
        },
    ),
    "home_cents_told": (
        str,
        {
            "True": "tests/reconciliation/test_compare.py::"
            "test_cents_on_another_account_differ_where_it_is_known_where_they_fall",
            "False": "tests/connectors/xero/test_agree.py::"
            "test_cents_that_rounding_leaves_are_explained_wherever_they_stand",
        },
    ),
    "key_life": (
        told,
        {
            "not published": f"{UNKNOWN}::"
            "test_a_key_that_outlived_its_life_is_not_replayed_and_the_record_is_looked_for",
            "published": f"{JOURNAL}::"
            "test_a_file_whose_writing_is_in_doubt_is_written_again_under_its_name_and_stands_once",
        },
    ),
    "feed_by_time": (
        str,
        {
            "True": f"{READS}::"
            "test_the_feed_goes_through_everything_once_however_its_times_overlap",
            "False": f"{READS}::test_behind_its_position_a_feed_tells_only_what_came_about_since",
        },
    ),
    "feed_reach_days": (
        any_value,
        {"a number": f"{READS}::test_what_changed_is_read_however_long_ago_it_was_last_read"},
    ),
    "deposits_name_payments": (
        str,
        {
            "True": "tests/contract/test_entries.py::test_a_deposit_is_one_line_of_the_bank",
            "False": "tests/connectors/xero/test_deposits.py::"
            "test_a_month_of_card_money_comes_to_the_figures_worked_by_hand",
        },
    ),
    "notes": (
        some,
        {
            "some": "tests/connectors/xero/test_notes.py::"
            "test_each_document_and_payment_gets_one_note_that_says_who_recorded_it",
            "none": "tests/connectors/xero/test_notes.py::test_switched_off_nothing_is_noted",
        },
    ),
    **{
        name: (
            some,
            {
                "some": f"{NOTES}::test_a_note_is_written_once_and_found_by_its_reference",
                "none": "tests/contract/test_capabilities.py::"
                "test_where_no_edit_is_noted_there_a_sentence_says_so",
            },
        )
        for name in ("edit_notes", "edit_note_words")
    },
    "switches": (
        some,
        {
            "some": "tests/connections/test_switching.py::"
            "test_what_is_switched_on_is_kept_with_who_and_when",
            "none": "tests/connections/test_switching.py::"
            "test_what_a_connector_does_not_offer_cannot_be_switched_on",
        },
    ),
    "idle_calls": (
        any_value,
        {
            "a number": f"{READS}::test_reading_when_nothing_changed_takes_no_more_calls_than_they_say"
        },
    ),
    "day_zone": (
        any_value,
        {
            "a number": "tests/connections/test_counted.py::"
            "test_a_day_and_a_month_end_at_the_providers_midnight"
        },
    ),
    "checks": (
        some,
        {
            "some": f"{READS}::test_what_is_checked_is_read_there_or_asked_in_sentences",
            "none": f"{READS}::test_what_is_checked_is_read_there_or_asked_in_sentences",
        },
    ),
    "cannot": (some, {"some": f"{SENDS}::test_every_sentence_about_what_they_cannot_is_one"}),
}


def rows() -> Iterator[tuple[str, str, list[str], str]]:
    """Capability, value, benches that have it, and the test that exercises it."""
    for field, (value_of, tests) in EXERCISED.items():
        having = defaultdict(list)
        for name, each in BENCHES.items():
            having[value_of(getattr(each.capabilities, field))].append(name)
        for value in {**having, **tests}:
            yield field, value, having[value], tests.get(value, "")


def test_no_capability_is_without_a_bench_and_a_test() -> None:
    fields = {each.name for each in dataclasses.fields(Capabilities)}
    assert fields == set(EXERCISED)
    for field, value, benches, test in rows():
        assert benches, f"no bench has {field}: {value}"
        assert test, f"no test is named for {field}: {value} of {benches}"


def test_each_fact_of_yes_and_no_is_exercised_both_ways() -> None:
    facts = [each.name for each in dataclasses.fields(Capabilities) if each.type in (bool, "bool")]
    assert facts
    for fact in facts:
        assert set(EXERCISED[fact][1]) == {"True", "False"}, fact


@pytest.mark.parametrize("test", sorted({test for *_, test in rows()}))
def test_the_test_that_is_named_exists(test: str) -> None:
    path, _, name = test.partition("::")
    source = (ROOT / path).read_text()
    assert re.search(rf"^def {name}\(", source, re.M), test


@pytest.mark.parametrize("system", sorted(registry.systems()))
def test_a_system_brings_its_bench(system: str) -> None:
    assert system in BENCHES


@pytest.mark.parametrize("name", sorted(BENCHES))
def test_where_no_edit_is_noted_there_a_sentence_says_so(name: str) -> None:
    """Where some are, a sentence says to whoever writes one where it is read."""
    can = BENCHES[name].capabilities
    says = can.cannot.get("edit_notes", "")
    if not can.edit_notes:
        assert says.removeprefix("The ") == f"{can.name} holds no notes: yours stays here."
        assert not can.edit_note_words
        return
    assert not says
    assert all(map(can.may_have, can.edit_notes))
    assert re.fullmatch(r"[A-Z].*[a-z]\.", can.edit_note_words)


def test_a_limit_has_nothing_that_no_test_knows() -> None:
    """Of whose calls, over which span, and what headers say: `tests/connections`, `test_each_reads`."""
    scopes = {limit.scope for each in BENCHES.values() for limit in each.capabilities.limits}
    # The third: tests/connections/test_buckets.py
    assert scopes == {Scope.ORGANISATION, Scope.APP}
    assert {each.name for each in dataclasses.fields(Limit)} == {
        "name", "amount", "span", "scope", "counts", "unit", "left_header", "refusal",
    }  # fmt: skip
