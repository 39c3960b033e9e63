"""Writes what is held of a person into a file, for them.

    manage.py held bell@example.com --to bell.json
    manage.py held --customer "Thornfield Ltd:C-104" --to bell.json

Rows about them whole; of every other row in which their address stands, where it stands and how long it
stays. A customer is named by its company's legal name and its code, or its own name where it has no code;
it is then looked for by each name, e-mail address, phone and tax number that it has or had. The file is theirs: hand it over and delete it. That it was made is kept as a security event.
"""

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.billing.models import Customer
from apps.exchange.held import as_text, told_everywhere, told_of
from apps.staff.security import mark_of, note_command


class Command(BaseCommand):
    help = "Write what is held of a person, or of a customer, into a file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        whom = parser.add_mutually_exclusive_group(required=True)
        whom.add_argument("email", nargs="?", help="An e-mail address.")
        whom.add_argument(
            "--customer", metavar="COMPANY:CODE", help="Its company's legal name, and its code."
        )
        parser.add_argument("--to", type=Path, required=True, help="The file; it is not there yet.")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["to"]
        customer = _customer(options["customer"]) if options["customer"] else None
        told = told_everywhere(customer) if customer else told_of(options["email"])
        if not told["found"]:
            raise CommandError(f"Nothing is held of {options['email']}.")
        try:
            # For nobody else of this host to read, and in the place of no other file.
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            raise CommandError(f"There is a file {path} already.") from None
        except OSError as trouble:
            raise CommandError(f"It cannot be written: {trouble}.") from trouble
        with os.fdopen(file, "w", encoding="utf-8") as into:
            into.write(as_text(told))
        places = len(told["stands_also_in"])
        words = "held: what is held of a person was written into a file."
        if customer:
            note_command(words, customer=customer.pk)
            self.stdout.write(
                f"{customer} is in {path}, and {places:,} rows in which something of it stands."
            )
            return
        note_command(words, of=mark_of(options["email"]))
        self.stdout.write(
            f"{len(told['customers'])} customers and {len(told['staff'])} members of staff with this "
            f"address, which stands in {places:,} rows, are in {path}."
        )


def _customer(named: str) -> Customer:
    """By "company:code"; by its name where it has no code. CommandError where it is not one."""
    company, _, code = named.rpartition(":")
    rows = Customer.objects.filter(company__legal_name=company)
    found = list(rows.filter(code=code)[:2]) if code else []
    found = found or list(rows.filter(code="", name=code)[:2])
    if len(found) != 1:
        raise CommandError(
            f"There is no customer “{code}” of a company “{company}”. Write the company's legal "
            "name, a colon, and the customer's code (its name, where it has no code)."
        )
    return found[0]
