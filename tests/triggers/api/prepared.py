"""An office in the database of `DATABASE_URL`, for a server to show: `python -m tests.triggers.api.prepared`
prints its key and what is there, as JSON."""

import json
import sys
from pathlib import Path

import django

ROOT = Path(__file__).resolve().parents[3]


def main() -> None:
    django.setup()
    from tests.triggers.api.caller import Office

    office = Office()
    told = {
        "key": office.open_everything(),
        "customer": str(office.customer.public_id),
        "invoice": str(office.invoice.public_id),
    }
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()
