"""What a task costs the hand of the person who does it: each press, and each field that is filled.

*A click* is a press on a link, a button, a box or a list from which something is chosen. *A field* is
one that is filled by typing, of however many letters; what is looked for in a list is typed too, and
taken with Enter. Looking, reading and moving from field to field cost nothing.
"""

import re
from dataclasses import dataclass
from urllib.parse import quote_plus

from playwright.sync_api import Locator, Page, expect


@dataclass(frozen=True, kw_only=True, slots=True)
class Cost:
    """Of one task, from the first page of the day until what was wanted is done."""

    clicks: int
    fields: int


class Hand:
    """Does what a person does on a page, and counts it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.clicks = self.fields = 0

    @property
    def cost(self) -> Cost:
        return Cost(clicks=self.clicks, fields=self.fields)

    def menu(self, words: str) -> None:
        """An entry of the menu; its icon is drawn by a word before it."""
        entry = re.compile(rf"(^|\s){re.escape(words)}$")
        self.press(self.page.get_by_role("navigation").get_by_role("link", name=entry).first)

    def line(self, words: str) -> None:
        """A line of what needs a person, on the first page."""
        lines = self.page.locator("main").get_by_role("link", name=re.compile(re.escape(words)))
        self.press(lines.first)

    def link(self, words: str) -> None:
        self.press(self.page.locator("main").get_by_role("link", name=words, exact=True).first)

    def button(self, words: str) -> None:
        self.press(self.page.get_by_role("button", name=words, exact=True).first)

    def press(self, what: Locator) -> None:
        self.clicks += 1
        what.click()

    def fill(self, what: Locator, text: str) -> None:
        self.fields += 1
        what.fill(text)

    def choose(self, what: Locator, label: str) -> None:
        """From a list that shows all it has."""
        self.clicks += 1
        what.select_option(label=label)

    def find(self, field: str, typed: str) -> None:
        """From a list that searches: opened, typed into, and taken with Enter."""
        self.clicks += 1
        self.fields += 1
        chosen = self.page.locator(f"#select2-{field}-container")
        chosen.click()
        found = f"term={quote_plus(typed)}&"
        with self.page.expect_response(lambda answer: found in answer.url):
            self.page.locator(".select2-search__field").last.fill(typed)
        marked = self.page.locator(".select2-results__option--highlighted")
        expect(marked).to_contain_text(typed)
        self.page.keyboard.press("Enter")
        expect(chosen).to_contain_text(typed)
