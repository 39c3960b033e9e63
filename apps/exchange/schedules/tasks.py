"""What the queue carries for schedules: each minute what is due, and one run at a time."""

from datetime import timedelta

from django.utils import timezone
from django_q.tasks import async_task

from apps.exchange.erasing import people
from apps.exchange.erasing.tasks import begin_the_rest, take_up_again
from apps.exchange.imports.background import forget_the_old as forget_imports
from apps.exchange.models import PrivateFile, RunMail
from apps.exchange.printing import many
from apps.exchange.schedules import letters, running
from apps.exchange.storage import vault
from apps.exchange.storage.keeping import forget_the_old


def tick() -> str:
    """Queue what is due, what was left open, and mails that wait for another try."""
    now = timezone.now()
    planned = running.plan(now)
    fresh = {each.pk for each in planned}
    open_runs = [each for each in running.left_open(now) if each not in fresh]
    for run_id in open_runs:
        async_task(running.TASK, run_id)
    waiting = RunMail.objects.filter(state=RunMail.State.WAITING, try_after__lte=now)
    if waiting.exists() or letters.untold().exists():
        async_task("apps.exchange.schedules.tasks.post")
    again = len(open_runs) + take_up_again()
    return f"{len(planned)} due, {again} taken up again"


def make(run_id: int) -> str:
    """One run, and its mails."""
    try:
        run = running.make(run_id)
    finally:
        post()
    return "Another has it." if run is None else f"{run.get_state_display()}. {run.sentence}"


def post() -> str:
    """The mails that wait, then what is to be told of those that were refused."""
    count = _post_waiting()
    if letters.tell_refusals():
        count += _post_waiting()
    return f"{count} looked at"


def _post_waiting() -> int:
    mails = list(letters.waiting())
    for mail_id in mails:
        letters.send(mail_id)
    return len(mails)


def forget() -> str:
    """Delete files whose time is over, with the letters that brought them, and prints of many; begin to
    erase the rest of customers whose books need no longer be kept."""
    begin_the_rest()
    people.take_up_again()
    many.forget_the_old()
    count = forget_the_old()
    yesterday = timezone.now() - timedelta(days=1)
    for name in vault.left_behind(letters.LETTERS, yesterday):
        public_id = name.removeprefix(f"{letters.LETTERS}/").split(".")[0]
        still_there = PrivateFile.objects.filter(public_id=public_id, gone_at=None)
        if name.endswith(vault.PART) or not still_there.exists():
            vault.removed(name)
    return f"{count + forget_imports()} files deleted"
