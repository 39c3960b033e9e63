"""Child processes for the test beside: `write NAME COUNT`, `seal SECONDS`, or `told`, which prints JSON."""

import json
import os
import sys
import time

import django


def main(act: str, *given: str) -> None:
    from django.db import transaction

    from apps.staff.models import SecurityEvent
    from apps.staff.security import Kind, note
    from apps.trail.models import Entry
    from apps.trail.sealing import seal
    from apps.trail.verifying import verify
    from tests.template_database import migrate

    if act == "migrate":
        migrate()
    if act == "write":
        for number in range(int(given[1])):
            with transaction.atomic():
                note(Kind.OPERATED, f"{given[0]} {number}")
    if act == "seal":
        until = time.monotonic() + float(given[0])
        while time.monotonic() < until:
            seal(5)
            time.sleep(0.05)
    if act == "told":
        while not seal(30).ended:
            time.sleep(0.2)
        report = verify()
        keys = list(Entry.objects.filter(kind="staff.SecurityEvent").values_list("key", flat=True))
        numbers = list(Entry.objects.values_list("number", flat=True))
        told = {
            "findings": [each.sentence for each in report.findings],
            "events": SecurityEvent.objects.count(),
            "sealed": len(keys),
            "once": len({*keys}) == len(keys),
            "no gap": numbers == list(range(1, len(numbers) + 1)),
        }
        sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    main(*sys.argv[1:])
