"""Who is told what: a rule for a role or a chat, with its history, and a test of a chat's address."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.safestring import SafeString

from apps.alerts.models import AlertRule, Kind
from apps.alerts.telling import chat
from apps.backoffice.frame.acts import ButtonAct
from apps.backoffice.frame.formatting import activity
from apps.backoffice.frame.one_company import FixedCompany
from apps.backoffice.frame.record_forms import RecordForm
from apps.backoffice.frame.screens import (
    DAY_CLASSES,
    ChoicesFilter,
    FewRelatedFilter,
    RecordWithHistoryAdmin,
    YesNoFilter,
)
from apps.core.sealing import CannotOpen
from apps.exchange.schedules.posting import Later, Refused
from apps.staff.acts import ActName


class AlertRuleForm(RecordForm):
    chat_address = forms.CharField(
        label="Chat's webhook address",
        required=False,
        max_length=500,
        widget=forms.PasswordInput(
            attrs={"autocomplete": "off", "class": DAY_CLASSES or "vTextField"}
        ),
        help_text="Of a chat that takes Slack's messages: “Incoming webhook” in its settings. It is kept "
        "sealed and not shown again; leave it empty to keep the one that is there.",
    )
    kinds = forms.MultipleChoiceField(
        label="Kinds",
        required=False,
        choices=Kind.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text="None: of everything.",
    )

    class Meta:
        model = AlertRule
        exclude: list[str] = []

    def clean_chat_address(self) -> str:
        address = str(self.cleaned_data["chat_address"]).strip()
        if address:
            try:
                chat.refuse_unfit(address)
            except (Refused, Later) as refusal:
                raise ValidationError(str(refusal)) from refusal
        return address

    def clean(self) -> dict[str, Any]:
        """A rule for a chat has no role, and one for a role no chat."""
        found: dict[str, Any] = super().clean() or self.cleaned_data
        if found.get("how") == AlertRule.How.CHAT:
            found["role"] = ""
            if found.get("chat_address"):
                self.instance.chat_address = found["chat_address"]
        return found


def _test(request: HttpRequest, rule: AlertRule, answers: dict[str, Any]) -> str:
    try:
        chat.send(rule.chat_address, chat.TEST)
    except (Refused, Later) as refusal:
        raise ValidationError(str(refusal)) from refusal
    except CannotOpen as lost:
        raise ValidationError(f"{lost} Enter the chat's address again.") from lost
    except OSError as error:
        raise ValidationError(f"Nobody knows whether it arrived: {error}. Look there.") from error
    return f"A test went to the chat {rule.chat_name}. See whether it arrived there."


TEST_ACT = ButtonAct(
    name="test-chat",
    words="Send a test to the chat",
    permission=ActName.SET_ALERTS,
    when=lambda rule: rule.is_chat,
    do=_test,
    calls_out=True,
)


@admin.register(AlertRule)
class AlertRuleAdmin(FixedCompany, RecordWithHistoryAdmin):
    form = AlertRuleForm
    list_words, one_words = "Who is told what", "a rule of who is told"
    list_display = ["whom", "how_shown", "books", "of_what", "from_severity", "quiet", "company",
                    "status"]  # fmt: skip
    list_display_links = ["whom"]
    list_filter = [("company", FewRelatedFilter), ("how", ChoicesFilter), ("active", YesNoFilter)]
    list_select_related = ["company", "connection"]
    acts = (TEST_ACT,)
    empty_sentence = (
        "Nobody is told of alerts yet: they stand on the first page alone. Add a rule that names a role "
        "or a chat."
    )
    fieldsets = [
        (None, {"fields": ["company", "how", "role", ("chat_name", "chat_address"), "active"]}),
        ("Of what", {"fields": ["connection", "at_least", "kinds"]}),
        ("When", {"fields": [("digest_at", "weekday"), ("quiet_from", "quiet_until"),
                             "breaks_through"]}),
    ]  # fmt: skip

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, **kwargs)
        for name in ("digest_at", "quiet_from", "quiet_until"):
            if name in form.base_fields:  # not for who may only look
                form.base_fields[name].widget.format = "%H:%M"
        return form

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # What was told stays explained by its rule, which is taken out of use.
        return False

    @admin.display(description="Who", ordering="role")
    def whom(self, rule: AlertRule) -> str:
        return f"Chat {rule.chat_name}".strip() if rule.is_chat else f"Every {rule.role}"

    @admin.display(description="How", ordering="how")
    def how_shown(self, rule: AlertRule) -> str:
        words = str(rule.get_how_display())
        at = f"{rule.digest_at:%H:%M}"
        if rule.how == AlertRule.How.DAILY:
            return f"{words}, at {at}"
        if rule.how == AlertRule.How.WEEKLY:
            return f"{words}, {AlertRule.Weekday(rule.weekday).label} at {at}"
        return words

    @admin.display(description="Books", ordering="connection")
    def books(self, rule: AlertRule) -> str:
        return str(rule.connection or "All")

    @admin.display(description="Of what")
    def of_what(self, rule: AlertRule) -> str:
        return ", ".join(str(Kind(each).label) for each in rule.kinds) or "Everything"

    @admin.display(description="At least", ordering="at_least")
    def from_severity(self, rule: AlertRule) -> str:
        return str(rule.get_at_least_display())

    @admin.display(description="Quiet hours")
    def quiet(self, rule: AlertRule) -> str:
        if rule.quiet_from is None or rule.quiet_until is None:
            return "None"
        span = f"{rule.quiet_from:%H:%M} to {rule.quiet_until:%H:%M}"
        if rule.breaks_through is None:
            return span
        return f"{span}, except for what is {str(rule.get_breaks_through_display()).lower()}"

    @admin.display(description="Status", ordering="active")
    def status(self, rule: AlertRule) -> SafeString:
        return activity(rule.active)
