"""Mails of runs: to whom, with the file or a link to it, each leaving once at most."""

import json
from collections.abc import Iterator
from datetime import timedelta
from email.utils import parseaddr
from typing import Final

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.dateformat import format as dated

from apps.billing.sight import sees
from apps.exchange.models import PrivateFile, RunMail, ScheduleRun
from apps.exchange.printing.mailing import sender
from apps.exchange.schedules.asked import people_of, put_back
from apps.exchange.schedules.daily_figures import address
from apps.exchange.schedules.makers import Letter, lacks, maker_of
from apps.exchange.schedules.posting import Later, Refused, post
from apps.exchange.storage import vault
from apps.exchange.storage.keeping import NotHere, contents, may_have
from apps.exchange.storage.sealing import CannotOpen
from apps.staff.models import User

LETTERS: Final = "letters"
WAITS: Final = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6))
State, Tells = RunMail.State, RunMail.Tells


# --- to whom -----------------------------------------------------------------------------------


def address_mails(run: ScheduleRun) -> None:
    """A row for each person and each typed address, once each."""
    schedule = run.schedule
    by_address: dict[str, User | None] = dict.fromkeys(map(str.lower, schedule.addresses))
    # A typed address that is a person's here is that person: it gets what she may see.
    for user in User.objects.filter(email__in=by_address):
        by_address[user.email.lower()] = user
    by_address.update({each.email.lower(): each for each in people_of(run)})
    _write(run, Tells.FILE, by_address)


def tell_failure(run: ScheduleRun) -> None:
    """To its owner, and where she is gone to the others who get it and work here."""
    tells = Tells.GAVE_UP if run.state == ScheduleRun.State.FAILED else Tells.FAILURE
    _write(run, tells, _who_answers_for(run))


def _who_answers_for(run: ScheduleRun) -> dict[str, User | None]:
    owner = run.schedule.owner
    here = [each for each in (owner, *people_of(run)) if _may_be_told(each, run)]
    people = [owner] if owner in here else here
    return {each.email.lower(): each for each in people}


def tell_refusals() -> int:
    """Tell who answers for them of mails that were refused, those of a run together, once each of
    its mails was tried; how many mails of that are to be sent. Whoever got no mail of the run before
    either is named on the page and the work list alone, not each day anew."""
    count = 0
    for run_id in sorted(set(untold().values_list("run", flat=True))):
        with transaction.atomic():
            rows = untold().filter(run=run_id).select_related("run__schedule__owner")
            found = list(rows.order_by("pk").select_for_update(of=("self",)))
            RunMail.objects.filter(pk__in=[each.pk for each in found]).update(is_told=True)
            news = [each for each in found if not _was_refused_before(each)]
            if news:
                people = _who_answers_for(news[0].run)
                _write(news[0].run, Tells.REFUSED, people, about=news[0])
                count += len(people)
    return count


def untold() -> "QuerySet[RunMail]":
    """Refused mails of runs of which no mail is still to be tried for the first time."""
    untried = RunMail.objects.filter(
        run=OuterRef("run"), tells=Tells.FILE, state=State.WAITING, tries=0
    )
    rows = RunMail.objects.filter(tells=Tells.FILE, state=State.REFUSED, is_told=False)
    return rows.exclude(Exists(untried))


def _was_refused_before(mail: RunMail) -> bool:
    """Whether the run before had a mail to the same address that was refused, too."""
    before = RunMail.objects.filter(
        run__schedule=mail.run.schedule_id, tells=Tells.FILE, to=mail.to,
        run__due_at__lt=mail.run.due_at,
    )  # fmt: skip
    last = before.order_by("-run__due_at", "-pk").first()
    return last is not None and last.state == State.REFUSED


def _write(
    run: ScheduleRun, tells: str, people: dict[str, User | None], about: RunMail | None = None
) -> None:
    now = timezone.now()
    for to, user in people.items():
        RunMail.objects.get_or_create(
            run=run, tells=tells, to=to, about=about, defaults={"user": user, "try_after": now}
        )


# --- what ----------------------------------------------------------------------------------------


def plain_letter(run: ScheduleRun, file: PrivateFile, sentence: str) -> Letter:
    schedule = run.schedule
    due = dated(run.due_at.astimezone(schedule.zone), "j F Y, H:i")
    what = f"{schedule.name}, {maker_of(schedule).words(schedule)}, of {due}: {file.name}."
    settings_at = address("exchange", "scheduledexport", schedule.pk)
    parts = [what, sentence, f"Change or pause it: {settings_at}"]
    return Letter(
        subject=" ".join(f"{schedule.company.legal_name}: {schedule.name}".split())[:200],
        text="\n\n".join(each for each in parts if each) + "\n",
    )


def _letter(mail: RunMail) -> Letter:
    if mail.tells == Tells.FILE:
        assert mail.run.file is not None  # written with it
        with vault.opened(f"{LETTERS}/{mail.run.file.public_id}") as kept:
            return Letter(**json.load(kept))
    if mail.tells == Tells.REFUSED:
        return _of_refusals(mail.run)
    schedule, run = mail.run.schedule, mail.run
    goes_on = "It is tried again by itself."
    if schedule.stopped:
        goes_on = "Nothing is made until then."
    elif mail.tells == Tells.GAVE_UP:
        goes_on = (
            "It is not tried again by itself: put right what is said above, then choose “Run now”."
        )
    due = run.due_at.astimezone(schedule.zone)
    return Letter(
        subject=" ".join(f"{schedule.name} was not made: {schedule.company}".split())[:200],
        text=f"{schedule.name} of {dated(due, 'j F Y, H:i')} was not made.\n\n{run.sentence}\n\n"
        f"{goes_on}\n{address('exchange', 'scheduledexport', schedule.pk)}\n",
    )


def _of_refusals(run: ScheduleRun) -> Letter:
    schedule = run.schedule
    due = dated(run.due_at.astimezone(schedule.zone), "j F Y, H:i")
    refused = run.mails.filter(tells=Tells.FILE, state=State.REFUSED)
    download = (
        f" or download the file ({link_to(run.file)}) and hand it over yourself" if run.file else ""
    )
    return Letter(
        subject=" ".join(f"{schedule.name} did not reach everybody: {schedule.company}".split())[
            :200
        ],
        text=f"{schedule.name} of {due} was made, and not delivered to:\n\n"
        + "".join(f"- {each.to}: {each.sentence}\n" for each in refused)
        + f"\nPut the address right or take it out, then choose “Run now” to send it again,{download}. "
        "You are told of an address once, until a mail leaves to it again.\n"
        f"{address('exchange', 'scheduledexport', schedule.pk)}\n",
    )


def link_to(file: PrivateFile) -> str:
    """Where it is downloaded, after signing in."""
    return settings.SITE_URL.rstrip("/") + reverse(
        "admin:exchange_privatefile_change", args=[file.pk]
    )


# --- sending -------------------------------------------------------------------------------------


def waiting() -> Iterator[int]:
    rows = RunMail.objects.filter(state=State.WAITING, try_after__lte=timezone.now())
    yield from rows.order_by("pk").values_list("pk", flat=True)


def send(mail_id: int) -> None:
    """Send it unless another does or did. No transaction may be open."""
    now = timezone.now()
    mine = RunMail.objects.filter(pk=mail_id, state=State.WAITING, try_after__lte=now)
    if not mine.update(state=State.SENDING, tries=F("tries") + 1):
        return
    beside = ("run__schedule__company", "run__schedule__owner", "run__file", "user")
    mail = RunMail.objects.select_related(*beside).get(pk=mail_id)
    put_back(mail.run)
    try:
        post(_message(mail))
    except Refused as refusal:
        _refuse(mail, str(refusal))
    except Later as refusal:
        _put_off(mail, str(refusal))
    except OSError as error:  # it stays in doubt, and the mails behind it are no part of that
        mail.sentence = f"The mail server broke off before it answered: {error}."[:400]
    else:
        mail.state, mail.sentence, mail.sent_at = State.SENT, "", timezone.now()
    mail.save()


def _refuse(mail: RunMail, sentence: str) -> None:
    mail.state, mail.sentence, mail.refused_at = State.REFUSED, sentence[:400], timezone.now()


def _put_off(mail: RunMail, sentence: str) -> None:
    if mail.tries > len(WAITS):
        _refuse(mail, sentence)
        return
    mail.sentence = sentence[:400]
    mail.state = State.WAITING
    mail.try_after = timezone.now() + WAITS[mail.tries - 1]


def _message(mail: RunMail) -> EmailMultiAlternatives:
    file = mail.run.file
    try:
        if mail.tells == Tells.FILE and file is not None:
            _refuse_without_right(mail, file)
            return _with_file(mail, file)
        if mail.user is not None and not _may_be_told(mail.user, mail.run):
            raise Refused(f"{mail.user} does not see this company any more, so nothing was sent.")
        return _bare(mail, _letter(mail))
    except (NotHere, CannotOpen) as refusal:
        raise Refused(str(refusal)) from refusal
    except FileNotFoundError as missing:
        raise Refused("What the mail says is not on this machine any more.") from missing


def _may_be_told(user: User, run: ScheduleRun) -> bool:
    """Also of what was not made: the letter names the company and what is made of it for whom."""
    return user.is_active and sees(user, run.schedule.company)


def _refuse_without_right(mail: RunMail, file: PrivateFile) -> None:
    user = mail.user or User.objects.filter(email__iexact=mail.to).first()
    schedule = mail.run.schedule
    if user is None and (why := lacks(schedule.owner, schedule, file.needs)):
        raise Refused(f"{schedule.owner} {why}, so nothing was sent to others.")
    if user is not None and not may_have(user, file):
        why = "may not see what is in it" if user.is_active else "does not work here any more"
        raise Refused(f"{user} {why}, so nothing was sent.")


def _with_file(mail: RunMail, file: PrivateFile) -> EmailMultiAlternatives:
    letter, too_large = _letter(mail), file.size > settings.ATTACHMENT_LIMIT
    if too_large and not User.objects.filter(email__iexact=mail.to).exists():
        raise Refused(
            f"The file has {file.size:,} bytes, too many to attach, and {mail.to} cannot sign in to "
            "download it. Nothing was sent. Make the export smaller, or give this person access."
        )
    if not too_large:
        with contents(file) as plain:
            message = _bare(mail, letter)
            message.attach(file.name, plain.read(), file.content_type)
            return message
    mail.is_link = True
    said = f"The file is too large to attach. Download it, signed in: {link_to(file)}"
    html = letter.html.replace(
        "</body>", f'<p style="padding:0 16px"><a href="{link_to(file)}">Download the file</a> (too '
        "large to attach; it asks you to sign in)</p></body>",
    )  # fmt: skip
    return _bare(mail, Letter(subject=letter.subject, text=f"{letter.text}\n{said}\n", html=html))


def _bare(mail: RunMail, letter: Letter) -> EmailMultiAlternatives:
    company = mail.run.schedule.company
    message = EmailMultiAlternatives(
        subject=letter.subject,
        body=letter.text,
        from_email=sender(company),
        to=[mail.to],
        headers={"Auto-Submitted": "auto-generated", "Message-ID": _identity(mail)},
    )
    if letter.html:
        message.attach_alternative(letter.html, "text/html")
    return message


def _identity(mail: RunMail) -> str:
    """The same whenever it is tried, so that whoever gets it twice sees it once."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return f"<tieout-{mail.pk}-{mail.run.due_at:%Y%m%d%H%M%S}@{domain}>"
