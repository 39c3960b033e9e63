"""A comparison whose postings are added up again by programs of others."""

import shutil
import tempfile
from decimal import Decimal
from pathlib import Path

from apps.connections.models import Connection
from apps.connections.times import today_in
from apps.exchange.exports.plain_text.of_comparison import proof_text
from apps.reconciliation.compare import compare
from apps.reconciliation.figures import Comparison
from apps.reconciliation.journal import Journal
from apps.reconciliation.keeping import to_json
from apps.reconciliation.ledger import RECEIVABLE
from apps.reconciliation.models import KeptComparison
from tests.exchange.exports.test_plain_text import proved


def compare_and_prove(connection: Connection) -> Comparison:
    """Compare; the file that proves it is accepted where no account differs, and refused otherwise."""
    on = today_in(connection.company)
    journal = Journal(on)
    found = compare(connection, journal=journal)
    assert found.accounts, "its ledger tells a trial balance"
    customers_add_up(found)
    kept = KeptComparison(
        connection=connection, on=on, found=to_json(found), journal=journal.packed()
    )
    programs = ["beancount"] + ["journal"] * (shutil.which("hledger") is not None)
    with tempfile.TemporaryDirectory() as folder:
        for program in programs:
            text = b"".join(proof_text(kept, program)).decode()
            said = proved(program, text, Path(folder))
            apart = [line.name for line in found.accounts if line.difference]
            assert bool(said) == bool(apart), (program, said, apart, text)
    return found


def customers_add_up(found: Comparison) -> None:
    """What customers owe is what stands on the receivables, of either side."""
    lines = [each for each in found.accounts if each.role == RECEIVABLE]
    home = [each.home for each in found.customers if each.home is not None]
    assert sum(each.ours for each in home) == sum(each.ours for each in lines)
    assert sum(each.theirs for each in home) == sum(each.theirs for each in lines)
    rest = [each for each in found.customers if not (each.customer_id or each.remote_ids)]
    # Nothing but the cents that rounding to the home currency leaves.
    assert all(abs(each.difference) <= Decimal("0.02") for each in rest), rest
