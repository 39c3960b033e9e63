"""Two workers at the same schedules, killed where they stand: each due time is made once, mailed once.

`python -m tests.processes.scheduling --kills 50 --seed 8` lets pairs of child processes tick, make and
mail, kills each with SIGKILL after a time drawn from the seed, and lets a last pair come to its end.
The mail server lives in the parent. Then rows, files and mails are held against each other. Ends with
1 where something is missing or doubled. A mail that was leaving when its worker was killed may stand
as "not known": it arrived once or not at all.
"""

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from datetime import datetime, timedelta
from datetime import time as clock
from pathlib import Path

from tests.processes.workers import prepare_unhurried, started

SCHEDULES = 12


class Fault(Exception):
    """What stands is not what was due."""


def hold(name: str, found: object, wanted: object) -> None:
    if found != wanted:
        raise Fault(f"{name}: {found}, and {wanted} were expected")


def work() -> None:
    """As the queue would: a tick, and what it queued, until nothing is left."""
    from apps.exchange.models import RunMail, ScheduleRun
    from apps.exchange.schedules import running, tasks

    queued: list[tuple[object, ...]] = []
    running.async_task = tasks.async_task = lambda *task: queued.append(task)  # type: ignore[attr-defined]
    running.STALE = timedelta(seconds=0.4)
    while True:
        tasks.tick()
        while queued:
            name, *given = queued.pop(0)
            getattr(tasks, str(name).rpartition(".")[2])(*given)
        open_runs = ScheduleRun.objects.filter(state__in=["waiting", "making"])
        if not open_runs.exists() and not RunMail.objects.filter(state="waiting").exists():
            return
        time.sleep(0.05)


def reap(child: int) -> bool:
    """Whether it has ended by itself; with an error it is a fault."""
    found, status = os.waitpid(child, os.WNOHANG)
    if found and status:
        raise Fault(f"a worker ended with {status}")
    return bool(found)


def pair(chance: random.Random, *, until_end: bool) -> int:
    """Two workers, each killed after a while of its own; how many were."""
    ends = {started(work): time.monotonic() + chance.uniform(0.02, 0.5) for _ in range(2)}
    limit, killed = time.monotonic() + 60, 0
    while ends:
        for child, end in list(ends.items()):
            if reap(child):
                del ends[child]
            elif time.monotonic() > (limit if until_end else end):
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
                del ends[child]
                killed += 1
        time.sleep(0.005)
    if until_end and killed:
        raise Fault("it came to no end in a minute")
    return killed


def make_due(now: datetime) -> None:
    from apps.exchange.models import ScheduledExport

    ScheduledExport.objects.update(next_due=now - timedelta(seconds=1))


def play(kills: int, seed: int, inbox: list[tuple[str, bytes]]) -> Counter[str]:
    from django.utils import timezone

    from apps.billing.models import Company
    from apps.exchange.models import PrivateFile, RunMail, ScheduledExport, ScheduleRun
    from apps.exchange.schedules.running import set_next
    from apps.exchange.storage import vault
    from apps.exchange.storage.keeping import contents
    from tests.all_rights import make_almighty

    chance, done = random.Random(seed), Counter[str]()
    company = Company.objects.create(legal_name="Thornfield Ltd", home_currency="GBP")
    owner = make_almighty("fay@example.com", "a-long-enough-password-1")
    for number in range(SCHEDULES):
        schedule = ScheduledExport(
            company=company, name=f"Ageing {number}", what="aged", format="csv",
            at=clock(7), owner=owner, every="cron", cron="* * * * *",
        )  # fmt: skip
        set_next(schedule)
        schedule.save()
        schedule.people.set([owner])
    while done["killed"] < kills:
        before = ScheduleRun.objects.count()
        make_due(timezone.now())
        done["killed"] += pair(chance, until_end=False)
        done["pairs"] += 1
        done["due"] += ScheduleRun.objects.count() - before
    pair(chance, until_end=True)
    states = Counter(ScheduleRun.objects.values_list("state", flat=True))
    hold("runs", dict(states), {"made": ScheduleRun.objects.count()})
    hold("files", PrivateFile.objects.count(), ScheduleRun.objects.count())
    for file in PrivateFile.objects.all():
        with contents(file) as plain:
            plain.read()
        vault.opened(f"letters/{file.public_id}").close()
    mails = Counter(RunMail.objects.values_list("state", flat=True))
    hold("mails by run", sum(mails.values()), ScheduleRun.objects.count())
    hold("mails' states", set(mails) <= {"sent", "sending"}, True)
    arrived = Counter(inbox)
    hold("mails that arrived twice", [each for each, times in arrived.items() if times > 1], [])
    hold("mails that arrived", mails["sent"] <= len(inbox) <= sum(mails.values()), True)
    done["runs"], done["in doubt"] = sum(states.values()), mails["sending"]
    return done


class Taken:
    def __init__(self) -> None:
        self.mails: list[tuple[str, bytes]] = []

    async def handle_DATA(self, server: object, session: object, envelope: object) -> str:
        content: bytes = envelope.content  # type: ignore[attr-defined]
        # The same whenever one mail is tried.
        which = next(line for line in content.splitlines() if line.startswith(b"Message-ID"))
        self.mails.append(("fay@example.com", which))
        return "250 taken"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=8)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        prepare_unhurried(Path(made))
        os.environ["PRIVATE_FILES_DIR"] = f"{made}/files"
        os.environ["EMAIL_BACKEND"] = "django.core.mail.backends.smtp.EmailBackend"
        from tests.exchange.schedules.week import free_port

        os.environ["EMAIL_HOST"], os.environ["EMAIL_PORT"] = "127.0.0.1", str(free_port())
        import django

        django.setup()
        from aiosmtpd.controller import Controller

        from tests.template_database import migrate

        migrate()
        taken = Taken()
        server = Controller(taken, hostname="127.0.0.1", port=int(os.environ["EMAIL_PORT"]))
        server.start()
        try:
            done = play(asked.kills, asked.seed, taken.mails)
        except Fault as fault:
            print(f"fault: {fault}")
            return 1
        finally:
            server.stop()
    print(", ".join(f"{name} {count}" for name, count in done.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
