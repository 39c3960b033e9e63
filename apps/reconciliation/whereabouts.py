"""Where our payments lie, added up while they are read once: for accounts, deposits and questions."""

from collections.abc import Sequence
from sys import intern

from apps.billing.models import Payment
from apps.connectors.port import RemoteObject
from apps.connectors.totals import ControlTotal
from apps.reconciliation.figures import Comparison
from apps.reconciliation.ledger import Ledger
from apps.reconciliation.ours import Key, Ours, stands
from apps.reconciliation.postings import post_payment
from apps.reconciliation.questions.asked import Asked
from apps.reconciliation.questions.money import MoneyElsewhere
from apps.reconciliation.theirs import Theirs


class Whereabouts:
    """Posts payments to the ledger, where theirs has a trial balance to lay them beside, and asks of
    each where it lies."""

    def __init__(self, ours: Ours, theirs: Theirs, ledger: Ledger) -> None:
        self.lies_in: dict[int, str] = {}  # a number and a word that is shared, for each payment
        # In another currency: that, and the account in which it should lie.
        self.abroad: dict[int, tuple[str, str]] = {}
        self.asked: list[Asked] = []
        self._ours, self._ledger = ours, ledger
        totals = ours.connection.capabilities.control_totals
        self._posts = ControlTotal.TRIAL_BALANCE in totals
        self._elsewhere = MoneyElsewhere(ours, theirs, ledger.chart)

    def add(
        self,
        payment: Payment,
        objects: Sequence[tuple[Key, RemoteObject | None]],
        into: Comparison,
    ) -> None:
        """A payment with all its objects, None for one that is not there."""
        if not stands(payment):
            return
        if self._posts:
            self._post(payment, objects[0][1], into)
        for key, remote in objects:
            asked = self._elsewhere.asked_of(key, payment, remote)
            if asked is not None:
                self.asked.append(asked)

    def _post(self, payment: Payment, remote: RemoteObject | None, into: Comparison) -> None:
        chart = self._ledger.chart
        account = post_payment(self._ours, self._ledger, payment, remote, into)
        self.lies_in[payment.pk] = intern(account)
        if payment.currency != chart.home:
            mapped = chart.of_method(payment.method, payment.date)
            self.abroad[payment.pk] = intern(payment.currency), intern(mapped)
