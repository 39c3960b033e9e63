"""The two answers to a merge of customers over there."""

from typing import Any

from django import forms
from django.http import HttpRequest

from apps.backoffice.frame.acts import ActForm, ButtonAct
from apps.backoffice.frame.permissions import person
from apps.staff.acts import ActName
from apps.sync.decide.merged_customers import follow, keep_apart
from apps.sync.models import CustomerMerge


class KeepApartForm(ActForm):
    new_name = forms.CharField(
        label="Its name from now on",
        max_length=200,
        help_text="Here and over there. It must differ from every customer's there.",
    )
    reason = forms.CharField(max_length=200, help_text="Why these are two customers.")


def is_open(merge: CustomerMerge) -> bool:
    return not merge.decision


def _follow(request: HttpRequest, merge: CustomerMerge, answers: dict[str, Any]) -> str:
    follow(merge, user_id=person(request))
    return "Decided: both are one here too. What waited goes with the next run, which starts now."


def _keep_apart(request: HttpRequest, merge: CustomerMerge, answers: dict[str, Any]) -> str:
    keep_apart(
        merge,
        new_name=answers["new_name"],
        user_id=person(request),
        reason=answers["reason"],
    )
    return "Decided: it is made over there again with the next run, which starts now."


MERGE_ACTS = (
    ButtonAct(
        name="follow",
        words="Follow: one customer",
        permission=ActName.DECIDE,
        when=is_open,
        do=_follow,
        main=True,
        means=lambda merge: (
            f"{merge.sync_record.customer} becomes an alias of {merge.remote_record.name} here too: "
            "no new invoices for it, and what is issued keeps it. What waits goes over under "
            f"{merge.remote_record.name}. Customers of two currencies or two tax numbers are "
            "refused."
        ),
    ),
    ButtonAct(
        name="keep-apart",
        words="Keep the two apart",
        permission=ActName.DECIDE,
        when=is_open,
        do=_keep_apart,
        asks=KeepApartForm,
        means=lambda merge: (
            f"{merge.sync_record.customer} is made over there again under another name, and what "
            f"waits goes there. What moved to {merge.remote_record.name} with the merge stays "
            "there, and so does what settles it."
        ),
    ),
)
