"""Drive the API with schemathesis: `python -m tests.benchmarks.fuzz_api [requests] [seed]`.

In the database of `DATABASE_URL`, an empty one or one in which this was begun; without it in a file that is deleted
afterwards. It goes on with one seed after another until so many requests were answered.
"""

import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import django

from tests.triggers.api.fuzzing import fuzz, served

WANTED, SEED = 10_000, 1
MOST_EXAMPLES = 100  # of an operation in one round


def main(wanted: int, seed: int) -> int:
    with tempfile.TemporaryDirectory() as folder:
        url = os.environ.setdefault("DATABASE_URL", f"sqlite:///{Path(folder) / 'fuzz.sqlite3'}")
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        django.setup()
        from django.core.management import call_command
        from django.db.models import Count

        from apps.staff.models import User
        from apps.triggers.models import ApiCall
        from tests.triggers.api.caller import Office, key_for

        call_command("migrate", verbosity=0)
        fay = User.objects.filter(email="fay@example.com").first()
        key = Office().open_everything() if fay is None else key_for(fay)
        failed, began = 0, time.monotonic()
        with served(url) as address:
            while (done := ApiCall.objects.count()) < wanted:
                outcome = fuzz(
                    address,
                    key,
                    examples=min(MOST_EXAMPLES, max(1, (wanted - done) // 40)),
                    seed=seed,
                )
                failed += not outcome.passed
                seed += 1
                if not outcome.passed:
                    print(outcome.text)
                print(f"{ApiCall.objects.count():,} requests, {time.monotonic() - began:.0f} s")
        rows = ApiCall.objects.values_list("status").annotate(Count("pk")).order_by("status")
        found = Counter(dict(rows))
        print("By status:", ", ".join(f"{status}: {count:,}" for status, count in found.items()))
        faults = sum(count for status, count in found.items() if status >= 500)
        print(
            f"{found.total():,} requests with a key, {faults} × 5xx, {failed} rounds with findings"
        )
        return 1 if failed or faults else 0


if __name__ == "__main__":
    given = [int(each) for each in sys.argv[1:]]
    sys.exit(main(*given) if len(given) == 2 else main(given[0] if given else WANTED, SEED))
