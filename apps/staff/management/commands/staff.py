"""Members of staff, from the command line: the first one cannot be added on a screen."""

import os
from getpass import getpass
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.staff.access import add_member, give_role
from apps.staff.models import User
from apps.staff.roles import RoleName

PASSWORD_VARIABLE = "STAFF_PASSWORD"  # never an argument: those stand in the list of processes


class Command(BaseCommand):
    help = (
        "staff add EMAIL --role ROLE: let somebody in (the password is asked for, or read from "
        f"{PASSWORD_VARIABLE}). staff role EMAIL --role ROLE: give somebody another role."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("act", choices=["add", "role"])
        parser.add_argument("email")
        parser.add_argument("--role", required=True, choices=[each.value for each in RoleName])
        parser.add_argument("--name", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        role = RoleName(options["role"])
        email = options["email"].strip().lower()
        try:
            if options["act"] == "add":
                password = os.environ.get(PASSWORD_VARIABLE) or getpass(f"Password for {email}: ")
                add_member(email, role, password, name=options["name"])
            else:
                give_role(User.objects.get(email=email), role)
        except User.DoesNotExist:
            raise CommandError(f"{email} is no member of staff.") from None
        except ValidationError as refusal:
            raise CommandError(" ".join(refusal.messages)) from None
        self.stdout.write(f"{email} may sign in as {role}.")
