"""The button on a payment method: it posts elsewhere from a day on."""

from typing import Any

from django import forms
from django.http import HttpRequest

from apps.backoffice.documents.forms import ReasonForm
from apps.backoffice.frame import permissions
from apps.backoffice.frame.acts import Act
from apps.backoffice.frame.days import DayField, Sense, spelled
from apps.billing import actions
from apps.billing.models import PaymentMethod, PaymentMethodPlace


class PostsElsewhereForm(ReasonForm):
    since = DayField(
        label="From",
        sense=Sense.MONEY,
        help_text="In an open month, after the last money that moved by it.",
    )
    posts_to = forms.ChoiceField(label="Posts to", choices=PaymentMethod.PostsTo.choices)
    field_order = ["since", "posts_to", "reason"]


def place_words(place: PaymentMethodPlace) -> str:
    where = place.get_posts_to_display()
    return f"From {spelled(place.since)}: {where[:1].lower()}{where[1:]} ({place.reason})"


def _post_elsewhere(request: HttpRequest, method: PaymentMethod, answers: dict[str, Any]) -> str:
    actions.post_elsewhere(
        method,
        posts_to=answers["posts_to"],
        since=answers["since"],
        reason=answers["reason"],
    )
    return (
        f"Money by “{method}” of {spelled(answers['since'])} or later posts there. Choose its account "
        "on the mapping page of each connection."
    )


METHOD_ACTS = (
    Act(
        name="posts-elsewhere",
        words="Posts elsewhere from …",
        permission=permissions.CHANGE_PAYMENT_METHODS,
        do=_post_elsewhere,
        asks=PostsElsewhereForm,
        means=(
            "Money of that day or later lies in the new place, here and in the accounting system. "
            "Earlier money stays where it was put, also when it is sent or banked later."
        ),
    ),
)
