"""As of a day: what is dated by then over there, and later here."""

from apps.reconciliation.figures import Comparison
from apps.reconciliation.findings import About
from apps.reconciliation.ours import Ours
from apps.reconciliation.sentences import texts
from apps.reconciliation.shelf_of_ours import MONEY_KINDS
from apps.reconciliation.theirs import Theirs
from apps.sync.want.as_it_was import own_day


def note_dated_earlier(ours: Ours, theirs: Theirs, into: Comparison) -> None:
    """Each differs by its date: their totals hold it and ours do not."""
    ours.ahead = ours.later.those(theirs.is_there)
    for keys, subject in ours.ahead.together(MONEY_KINDS):
        here = own_day(subject)
        for remote in theirs.all_at(keys):
            if here is not None and remote.dated is not None and not remote.void:
                days = here.isoformat(), remote.dated.isoformat()
                into.differences += texts(About(subject, keys), into, ("date", *days))
