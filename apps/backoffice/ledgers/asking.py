"""Ask the owner to connect: a link by e-mail, and what was sent, when and to whom."""

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from apps.backoffice.frame.acts import Screen
from apps.backoffice.frame.sight import companies_for
from apps.billing.models import Company
from apps.connections.endpoints import offered
from apps.connections.inviting import invite, name_there, sent_lately
from apps.staff.models import User


class AskForm(forms.Form):
    company = forms.ModelChoiceField(
        Company.objects.none(), label="For which company", empty_label="Choose one"
    )
    app = forms.ChoiceField(label="Which accounting system")
    email = forms.EmailField(
        label="E-mail address of who may consent",
        help_text="They sign in to Tieout and need the right to connect books: the link alone lets "
        "nobody in.",
    )


def ask_page(screen: Screen, request: HttpRequest) -> HttpResponse:
    """GET shows the form and what was sent; POST sends a link."""
    apps = {f"{app.system}/{app.environment}": app for app in offered()}
    companies = list(companies_for(request)[:2])
    only = companies[0].pk if len(companies) == 1 else None
    posted = request.POST if request.method == "POST" else None
    form = AskForm(posted, initial={"company": only})
    choices = [(key, f"{app.name} ({app.environment})") for key, app in apps.items()]
    form.fields["company"].queryset = companies_for(request)  # type: ignore[attr-defined] # a choice of rows
    form.fields["app"].choices = choices  # type: ignore[attr-defined] # it is a ChoiceField
    user = request.user
    if request.method == "POST" and form.is_valid() and isinstance(user, User):
        said = form.cleaned_data
        try:
            row = invite(said["company"], apps[said["app"]], email=said["email"], by=user)
        except ValidationError as refusal:
            form.add_error(None, refusal.messages)
        else:
            messages.success(
                request,
                f"A link was sent to {row.email}. It is good until {row.expires_at:%-d %B %Y}.",
            )
            return HttpResponseRedirect(screen.page("ask"))
    context = {
        **screen.admin_site.each_context(request),
        "title": "Ask the owner to connect",
        "trail": screen.trail("Ask the owner to connect"),
        "opts": screen.opts,
        "back": screen.page("changelist"),
        "form": form,
        "offers": bool(apps),
        "sent": [(row, name_there(row)) for row in sent_lately(user)],
    }
    return TemplateResponse(request, "backoffice/ledgers/ask.html", context)
