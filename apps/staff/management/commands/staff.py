"""Members of staff, from the command line: the first one cannot be added on a screen."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from apps.staff import reach
from apps.staff.access import refuse_address
from apps.staff.declaring import declare
from apps.staff.inviting import link_of
from apps.staff.models import Invitation, User
from apps.staff.people import change_rights, enter
from apps.staff.recovering import recover, start_anew
from apps.staff.roles import RoleName
from apps.staff.security import Kind, note


class Command(BaseCommand):
    help = (
        "staff add EMAIL --role ROLE [--company NAME … | --every-company]: invite somebody (the link is "
        "printed, or mailed with --mail). "
        "staff role EMAIL --role ROLE: give somebody another role. "
        "staff declare EMAIL --reason WHY: the only person does everything. "
        "staff invite EMAIL: somebody who has no way in any more starts anew by a link; their roles stay. "
        "staff recover EMAIL: give a lost last Administrator access again, which everybody is told."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("act", choices=["add", "role", "declare", "invite", "recover"])
        parser.add_argument("email")
        parser.add_argument("--role", choices=[each.value for each in RoleName])
        parser.add_argument(
            "--last-day", type=date.fromisoformat, help="of an Auditor, such as 2027-03-31"
        )
        parser.add_argument("--name", default="")
        parser.add_argument("--reason", default="")
        parser.add_argument(
            "--company",
            action="append",
            default=[],
            metavar="NAME",
            help="add: a company that they see, by name or number; as often as needed",
        )
        parser.add_argument(
            "--every-company",
            action="store_true",
            help="add: they see every company, also those that come later",
        )
        parser.add_argument("--mail", action="store_true", help="mail the link instead")

    def handle(self, *args: Any, **options: Any) -> None:
        email = options["email"].strip().lower()
        acts: dict[str, Callable[[str, dict[str, Any]], str]] = {
            "add": self._add,
            "role": self._role,
            "declare": self._declare,
            "invite": self._invite,
            "recover": self._recover,
        }
        try:
            with transaction.atomic():
                said = acts[options["act"]](email, options)
        except User.DoesNotExist:
            raise CommandError(f"{email} is no member of staff.") from None
        except ValidationError as refusal:
            raise CommandError(" ".join(refusal.messages)) from None
        self.stdout.write(said)

    def _add(self, email: str, options: dict[str, Any]) -> str:
        role = _role_of(options)
        refuse_address(email)
        if options["company"] and options["every_company"]:
            raise CommandError("Say --company or --every-company, not both.")
        must_say = any(each.must_say() for each in reach.answers)
        if must_say and not (options["company"] or options["every_company"]):
            raise CommandError(
                "There are several companies. Say which this person sees: --company NAME, as often as"
                " needed, or --every-company."
            )
        person = User.objects.create_user(
            email, name=options["name"], is_active=False, every_company=True
        )
        sees = ", ".join(each.give(person, options["company"]) for each in reach.answers)
        enter(
            person,
            frozenset({role}),
            by=None,
            mailed=options["mail"],
            last_day=options["last_day"],
        )
        _operated(f"{email} was invited as {role}, by command.", person)
        row = person.invitations.first()
        assert row is not None  # made just now
        return f"{email} is invited as {role}, and sees {sees}. {_way(row, options)}"

    def _role(self, email: str, options: dict[str, Any]) -> str:
        role = _role_of(options)
        person = User.objects.get(email=email)
        change_rights(
            person,
            frozenset({role}),
            active=person.is_active,
            by=None,
            last_day=options["last_day"],
        )
        _operated(f"{email} became {role}, by command.", person)
        return f"{email} is {role} from now on."

    def _declare(self, email: str, options: dict[str, Any]) -> str:
        person = User.objects.get(email=email)
        declare(person, options["reason"], by=None)
        _operated(f"{email} was declared to be the only person, by command.", person)
        return f"{email} gives access and works on the books, until a second person is active."

    def _invite(self, email: str, options: dict[str, Any]) -> str:
        row = start_anew(email, mailed=options["mail"])
        return f"{email} starts anew by an invitation. {_way(row, options)}"

    def _recover(self, email: str, options: dict[str, Any]) -> str:
        row = recover(email, mailed=options["mail"])
        return f"{email} is recovered as Administrator. {_way(row, options)}"


def _role_of(options: dict[str, Any]) -> RoleName:
    if not options["role"]:
        raise CommandError("Say which role: --role " + ", ".join(each.value for each in RoleName))
    return RoleName(options["role"])


def _operated(words: str, person: User) -> None:
    note(Kind.OPERATED, words, subject=person, command="staff")


def _way(row: Invitation, options: dict[str, Any]) -> str:
    if options["mail"]:
        return f"The link is mailed to {row.person.email}; it is good for three days."
    return f"This link lets them in, once and for three days:\n{link_of(row)}"
