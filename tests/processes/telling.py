"""Two workers that send events, killed where they stand: each event arrives, in order for each record.

`python -m tests.processes.telling --kills 60 --seed 8` lets pairs of child processes send, kills one of
each pair with SIGKILL at a point drawn from the seed (before a call, between the answer and its note,
within the note, behind it) and the other after a time drawn from it, while new events happen and the
receiver, which lives in the parent, refuses and hangs up by turns. A last pair comes to its end. Then
what arrived is held against what happened: nothing is missing, and of each record no event came before
an earlier one. An event may have come twice where its worker was killed behind the answer, and never
more often than workers were killed so.
"""

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.processes.workers import die, prepare_unhurried, started

POINTS = ("before_call", "after_answer", "within_note", "after_note")
RECORDS = 5


class Fault(Exception):
    """What arrived is not what happened."""


def hold(name: str, found: object, wanted: object) -> None:
    if found != wanted:
        raise Fault(f"{name}: {found}, and {wanted} were expected")


def hurry() -> None:
    """Waits of days and minutes in parts of a second, in this process."""
    from apps.triggers.delivery import claims, recording, rhythm, sending

    short = timedelta(seconds=0.03)
    rhythm.RETRIES, rhythm.TRIES = [short] * 1000, 1001  # type: ignore[misc] # a test's own
    rhythm.PAUSES = [short]  # type: ignore[misc] # likewise
    claims.CLAIM = sending.CLAIM = timedelta(seconds=0.5)  # type: ignore[misc,attr-defined] # likewise
    claims.RENEWED_AFTER = timedelta(seconds=0.1)  # type: ignore[misc] # likewise
    sending.CALL_SECONDS = 0.4  # type: ignore[misc,attr-defined] # likewise
    recording.SEEN_EVERY = timedelta()  # type: ignore[misc] # likewise


def rig(point: str, nth: int) -> None:
    from django.db.models import QuerySet

    from apps.triggers.delivery import sending
    from apps.triggers.models import Delivery

    count = Counter[str]()
    post, record, update = sending.post, sending.record, QuerySet.update

    def watched_post(*given: Any, **named: Any) -> Any:
        count["calls"] += 1
        if count["calls"] == nth and point == "before_call":
            die()
        return post(*given, **named)

    def watched_record(*given: Any) -> None:
        if count["calls"] == nth and point == "after_answer":
            die()
        count["within"] = count["calls"] == nth
        record(*given)
        if count["calls"] == nth and point == "after_note":
            die()

    def watched_update(self: Any, **fields: Any) -> Any:
        done = update(self, **fields)
        if count["within"] and point == "within_note" and self.model is Delivery:
            die()
        return done

    sending.post, sending.record = watched_post, watched_record
    QuerySet.update = watched_update  # type: ignore[method-assign] # a test's own


def worker(point: str = "", nth: int = 0) -> Callable[[], None]:
    def work() -> None:
        from apps.triggers.delivery.sending import send_due
        from apps.triggers.models import Delivery

        hurry()
        if point:
            rig(point, nth)
        while Delivery.objects.filter(state="waiting").exists():
            send_due()
            time.sleep(0.01)

    return work


def pair(chance: random.Random, done: Counter[str]) -> None:
    """One is killed at a point, the other after a while; who comes to an end first is let go."""
    point = chance.choice(POINTS)
    children = {started(worker(point, chance.randint(1, 6))), started(worker())}
    ends = time.monotonic() + chance.uniform(0.3, 1.0)
    while children:
        for child in list(children):
            if time.monotonic() > ends:
                os.kill(child, signal.SIGKILL)
            found, status = os.waitpid(child, os.WNOHANG)
            if found:
                children.discard(child)
                done["killed"] += os.WIFSIGNALED(status)
                if os.WIFEXITED(status):
                    hold("a worker's end", os.WEXITSTATUS(status), 0)
        time.sleep(0.005)


def to_the_end() -> None:
    from apps.triggers.models import Delivery

    children = [started(worker()) for _ in range(2)]
    for child in children:
        _, status = os.waitpid(child, 0)
        hold("a worker's end", status, 0)
    hold("what waits", Delivery.objects.filter(state="waiting").count(), 0)


def play(kills: int, seed: int, receiver: Any) -> Counter[str]:
    from apps.triggers.models import Delivery
    from tests.factories import make_company
    from tests.triggers.happened import happen, listen
    from tests.triggers.receiver import Says

    chance, done = random.Random(seed), Counter[str]()
    moods = random.Random(seed + 1)

    def answer(got: Any) -> Any:
        mood = moods.random()
        if mood < 0.1:
            return Says(500)
        return Says(hang_up=True) if mood < 0.15 else Says(204)

    receiver.answer = answer
    company = make_company()
    endpoint = listen(company, receiver)
    made: list[Any] = []
    while done["pairs"] < kills:
        made += happen(company, *(chance.randrange(RECORDS) for _ in range(chance.randint(2, 12))))
        pair(chance, done)
        done["pairs"] += 1
    to_the_end()

    hold("missing", {each.public_id for each in made} - set(receiver.ids), set())
    hold("unasked", set(receiver.ids) - {each.public_id for each in made}, set())
    records = {each.public_id: each.subject_id for each in made}
    first: dict[int, list[str]] = {}
    for id in dict.fromkeys(receiver.ids):
        first.setdefault(records[id], []).append(id)
    happened: dict[int, list[str]] = {}
    for each in made:
        happened.setdefault(each.subject_id, []).append(each.public_id)
    hold("order", first, happened)
    for got in receiver.taken:
        got.verified_by(endpoint.secrets[0])
    twice = sum(times - 1 for times in receiver.counted().values())
    hold("more often than workers were killed", twice <= done["killed"], True)
    hold("delivered", Delivery.objects.filter(state="delivered").count(), len(made))
    done["events"], done["came twice"], done["cut off"] = len(made), twice, receiver.cut_off
    return done


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--seed", type=int, default=8)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        prepare_unhurried(Path(made))
        import django

        django.setup()
        from tests.template_database import migrate
        from tests.triggers.receiver import receiving

        migrate()
        try:
            with receiving() as receiver:
                done = play(asked.kills, asked.seed, receiver)
        except Fault as fault:
            print(f"fault: {fault}")
            return 1
    print(", ".join(f"{name} {count}" for name, count in done.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
