"""Payments of a file, killed while they are put on hold and while they are released, stand once each.

`python -m tests.processes.bringing_money --kills 12 --seed 8` brings 30 payments over 15 invoices and
releases them in child processes, each killed with SIGKILL after a time drawn from the seed. Then what
stands is held against the file. Ends with 1 where something is missing, doubled or half.
"""

import random
import sys
from collections import Counter
from decimal import Decimal
from pathlib import Path

from tests.processes.importing import hold, played, until_done

PAYMENTS, INVOICES, EACH = 30, 15, Decimal("10.25")


def file_in(folder: Path) -> Path:
    """Two payments for each invoice, which is owed thrice that: the second goes 1.00 further."""
    rows = ["Date,Customer,Invoice,Amount,Reference,Applied"]
    rows += [
        f"2026-03-{1 + place % 28:02},Bell,K-{place % INVOICES},{EACH + place % 2},R-{place},{EACH}"
        for place in range(PAYMENTS)
    ]
    path = folder / "payments.csv"
    path.write_text("\n".join([*rows, ""]), encoding="utf-8")
    return path


def play(folder: Path, kills: int, seed: int) -> Counter[str]:
    from django.db.models import Sum

    from apps.billing.models import Allocation, Batch, Change, Invoice, Payment
    from apps.exchange.imports import running
    from apps.exchange.imports.money import payments_brought
    from apps.exchange.imports.money.releasing import release_money
    from apps.exchange.models import BroughtMoney, FileImport
    from tests.factories import make_company, make_customer, make_invoice

    payments_brought.PORTION = 4  # more points between which it may stand
    chance, done = random.Random(seed), Counter[str]()
    bell = make_customer(make_company(), name="Bell")
    for number in range(INVOICES):
        make_invoice(customer=bell, lines=[("Lantern", 3, EACH)], on_number=f"K-{number}")
    brought = running.bring(file_in(folder), "payments", bell.company)
    running.check(brought)
    running.begin_writing(brought)
    key = brought.pk
    done["writing"] = until_done(
        lambda: hold("written", running.write(FileImport.objects.get(pk=key)), True),
        chance,
        kills // 2,
    )
    hold("on hold", BroughtMoney.objects.count(), PAYMENTS)
    brought.refresh_from_db()
    Change.objects.all().delete()
    done["releasing"] = until_done(
        lambda: hold("refused", release_money(Batch.objects.get(pk=brought.batch_id)).refused, {}),
        chance,
        kills - kills // 2,
    )
    batch = Batch.objects.get(pk=brought.batch_id)
    hold("released", batch.released_at is not None, True)
    # By hand: 30 × 10.25, and 1.00 more on each second one.
    came = Payment.objects.aggregate(Sum("amount"), Sum("applied"), Sum("on_account"))
    hold("amount", came["amount__sum"], Decimal("322.50"))
    hold("applied", came["applied__sum"], Decimal("307.50"))
    hold("on account", came["on_account__sum"], Decimal("15.00"))
    references = Counter(Payment.objects.values_list("reference", flat=True))
    hold("each once", references, Counter(f"R-{place}" for place in range(PAYMENTS)))
    hold("each set off once", Allocation.objects.count(), PAYMENTS)
    hold("open", set(Invoice.objects.values_list("balance_due", flat=True)), {EACH})
    made = BroughtMoney.objects.exclude(payment=None).values_list("payment", flat=True)
    hold("each is known by its row", len(set(made)), PAYMENTS)
    hold("changes of payments", Change.objects.filter(kind="payment").count(), PAYMENTS)
    return done


if __name__ == "__main__":
    sys.exit(played(play, __doc__, 12))
