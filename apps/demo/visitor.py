"""A person at a browser, without one: fills in the forms of real pages and sends them."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

import requests

from apps.demo.place import DemoRefused

SECONDS = 30.0
SIGN_IN = "/accounts/login/"


@dataclass(slots=True)
class Form:
    """A form of a page: where it goes and what it holds already."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    # What may be ticked, and its values: one of a group of radio buttons, any of checkboxes.
    choices: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)  # that have a name, and its value


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._open: Form | None = None
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = Form(
                action=attributes.get("action", ""),
                method=attributes.get("method", "get").lower(),
            )
            self.found.append(self._open)
        elif self._open is None:
            return
        elif tag == "select":
            self._select = attributes.get("name", "")
        elif tag == "option" and self._select:
            first = self._select not in self._open.fields
            if first or "selected" in attributes:
                self._open.fields[self._select] = attributes.get("value", "")
        elif tag == "button" and attributes.get("name"):
            self._open.buttons.append((attributes["name"], attributes.get("value", "")))
        elif tag == "input" and attributes.get("name"):
            self._note_input(self._open, attributes)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "select":
            self._select = ""

    def _note_input(self, form: Form, attributes: dict[str, str]) -> None:
        name, value = attributes["name"], attributes.get("value", "")
        kind = attributes.get("type", "text")
        if kind in ("radio", "checkbox"):
            form.choices.setdefault(name, []).append(value)
        if kind in ("radio", "checkbox") and "checked" not in attributes:
            return
        if kind != "submit":
            form.fields[name] = value


def forms_of(page: str) -> list[Form]:
    parser = _Forms()
    parser.feed(page)
    return parser.found


class Visitor:
    """One browser session: cookies, redirects, forms. Raises DemoRefused at an error page."""

    def __init__(self, site: str) -> None:
        self.site = site
        self.session = requests.Session()
        self.session.trust_env = False  # no proxy of this machine stands between loopback and us

    def is_up(self) -> bool:
        """Whether the site answers its sign-in page."""
        try:
            return self.session.get(urljoin(self.site, SIGN_IN), timeout=5).ok
        except requests.ConnectionError:
            return False

    def open(self, address: str) -> requests.Response:
        """The page there, or the one that it goes on to by itself."""
        page = _good(self.session.get(urljoin(self.site, address), timeout=SECONDS))
        _, _, further = page.headers.get("Refresh", "").partition("url=")
        return self.open(further) if further else page

    def send(self, page: requests.Response, form: Form, **filled: str) -> requests.Response:
        """Send a form of the page with these fields filled in, as its button would."""
        target = urljoin(page.url, form.action)
        fields = {**form.fields, **filled}
        headers = {"Referer": page.url}
        if form.method == "post":
            answer = self.session.post(target, data=fields, headers=headers, timeout=SECONDS)
        else:
            answer = self.session.get(target, params=fields, headers=headers, timeout=SECONDS)
        return _good(answer)

    def sign_in(self, email: str, password: str) -> None:
        page = self.open(SIGN_IN)
        form = form_with(page, "password")
        answer = self.send(page, form, login=email, password=password)
        if any("password" in each.fields for each in forms_of(answer.text)):
            raise DemoRefused("The demo's sign-in was refused.")

    def approve(
        self, page: requests.Response, company_id: str, person: str = ""
    ) -> requests.Response:
        """Choose the company on the consent page, or who signs in there, and press its first button;
        and the company on our page, where a consent may open several."""
        answer = self._chosen(page, person or company_id)
        if answer is None:
            raise DemoRefused("The consent page does not offer the company of the demo.")
        return self._chosen(answer, company_id) or answer

    def _chosen(self, page: requests.Response, company_id: str) -> requests.Response | None:
        for form in forms_of(page.text):
            for name, offered in form.choices.items():
                if company_id in offered:
                    named = dict(form.buttons[:1]) if "decision" in dict(form.buttons) else {}
                    return self.send(page, form, **{**named, name: company_id})
        return None


def form_with(page: requests.Response, name: str) -> Form:
    for form in forms_of(page.text):
        if name in form.fields or name in form.choices:
            return form
    raise DemoRefused(f"The page {page.url.split('?')[0]} has no form with a field “{name}”.")


def _good(answer: requests.Response) -> requests.Response:
    if not answer.ok:
        address = answer.url.split("?")[0]  # a query may carry a code or a state
        raise DemoRefused(f"{address} answered {answer.status_code} {answer.reason}.")
    return answer
