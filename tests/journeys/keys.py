"""The hands of somebody who uses no mouse: what is wanted is reached by Tab, pressed by Enter, typed and
chosen by letters. Wherever the focus comes it must be seen."""

from typing import Final
from urllib.parse import quote_plus

from playwright.sync_api import Locator, Page, expect

from tests.journeys.clicks import Hand

PACE: Final = 30  # milliseconds from letter to letter
FARTHEST: Final = (
    150  # stops from one control to the next: a person would have given up long before
)

# What is told of where the focus is: whether it lies in the window, and whether a ring is drawn around it.
STANDS_AT = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  const box = at.getBoundingClientRect();
  const style = getComputedStyle(at);
  return {
    name: at.outerHTML.slice(0, 160),
    skips: at.matches("a.t-skip"),
    there: box.width > 0 && box.height > 0
      && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
    ringed: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0,
  };
}"""
# The mouse is told apart from a press by key, which has no place.
MOUSE = """
addEventListener("mousedown", (event) => {
  if (event.isTrusted) sessionStorage.mouse = Number(sessionStorage.mouse ?? 0) + 1;
}, true);
"""


class Keys(Hand):
    """As `Hand`, by keys alone. `stops` counts where the focus came on the way; `unseen` are the controls
    that had it and did not show it."""

    def __init__(self, page: Page) -> None:
        super().__init__(page)
        self.stops = 0
        self.unseen: set[str] = set()

    @property
    def mouse(self) -> int:
        return int(self.page.evaluate("sessionStorage.mouse ?? 0"))

    def press(self, what: Locator) -> None:
        self.clicks += 1
        self._reach(what)
        self.page.keyboard.press("Enter")
        self.page.wait_for_load_state("load")

    def fill(self, what: Locator, text: str) -> None:
        self.fields += 1
        self._reach(what)
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.type(text, delay=PACE)

    def choose(self, what: Locator, label: str) -> None:
        self.clicks += 1
        self._reach(what)
        self.page.keyboard.type(label)
        expect(what.locator("option:checked")).to_have_text(label)

    def find(self, field: str, typed: str) -> None:
        self.clicks += 1
        self.fields += 1
        chosen = self.page.locator(f"#select2-{field}-container")
        self._reach(self.page.locator(f".select2-selection:has(#select2-{field}-container)"))
        self.page.keyboard.press("Enter")
        expect(self.page.locator(".select2-search__field").last).to_be_focused()
        found = f"term={quote_plus(typed)}&"
        with self.page.expect_response(lambda answer: found in answer.url):
            self.page.keyboard.type(typed, delay=PACE)
        marked = self.page.locator(".select2-results__option--highlighted")
        expect(marked).to_contain_text(typed)
        self.page.keyboard.press("Enter")
        expect(chosen).to_contain_text(typed)

    def _reach(self, what: Locator) -> None:
        """Go on from control to control until this one has the focus."""
        expect(what).to_be_visible()
        on_the_way: list[str] = []
        for _ in range(FARTHEST):
            if what.evaluate("element => element === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
            self.stops += 1
            stands = self.page.evaluate(STANDS_AT)
            if stands is None:
                continue  # the end of the page: it goes on from its head
            on_the_way.append(stands["name"])
            if not (stands["there"] and stands["ringed"]):
                self.unseen.add(stands["name"])
            if stands["skips"] and what.locator("xpath=ancestor::main").count():
                self.page.keyboard.press("Enter")
        raise AssertionError(f"Not reached by Tab: {what}. The last stops: {on_the_way[-5:]}")
