"""What the demo says at its end: where both sides are, who may sign in, and what to try next."""

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from apps.demo import outcome
from apps.demo.other_side import Books
from apps.demo.people import Person
from apps.demo.place import Place


def farewell(place: Place, people: Sequence[Person], books: Books, console: Console) -> None:
    """`people`: the first is the one to begin as."""
    first, *others = people
    table = outcome.plain_table()
    table.add_row("Back office", f"{place.web}/admin/")
    table.add_row("The other side", books.page())
    table.add_row("Sign in as", first.email)
    table.add_row("Password", first.password)
    console.print(table)
    console.print(Text(f"  That is the {first.role}. Look through other eyes, too:"))
    roles = outcome.plain_table()
    for each in others:
        roles.add_row(each.role.value, each.email, each.password)
    console.print(roles)
    console.print(Text("  Three things to try", style="bold"))
    for number, (what, where) in enumerate(_to_try(place), start=1):
        console.print(Text(f"  {number}. {what}"), soft_wrap=True)
        console.print(Text(f"     {where}", style="dim"), soft_wrap=True)


def _to_try(place: Place) -> Sequence[tuple[str, str]]:
    return (
        (
            "Issue an invoice with “Save and issue”. Within a minute it stands on the other side.",
            f"{place.web}/admin/billing/invoice/add/",
        ),
        (
            "Open any invoice and its timeline: what happened to it on both sides, in the words of both.",
            f"{place.web}/admin/billing/invoice/",
        ),
        (
            "Undo a run: see what would be taken back over there, and what stays and why.",
            f"{place.web}/admin/sync/run/",
        ),
    )
