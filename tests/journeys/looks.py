"""How a page looks: pictures of it, whether it fits, and what axe says; wide and narrow, light and dark."""

import os
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, Route

WIDTHS = (1440, 390)
SCHEMES = ("light", "dark")
AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text()
TOO_WIDE = "document.documentElement.scrollWidth > innerWidth"


def violations(page: Page) -> list[str]:
    """A line for each element of the page, as it stands, that axe objects to."""
    if not page.evaluate("typeof axe !== 'undefined'"):
        page.evaluate(AXE)
    asked = "axe.run(document, {resultTypes: ['violations']})"
    found: list[dict[str, Any]] = page.evaluate(asked)["violations"]
    return [
        f"{rule['id']} ({rule['impact']}): {' '.join(node['target'])}: {node['html'][:160]}"
        for rule in found
        for node in rule["nodes"]
    ]


class Looks:
    """Looks at each stage of a walk, and tells at its end what was wrong.

    `every`: wide and narrow, light and dark; else as the page stands. Pictures are kept where
    TIEOUT_PICTURES names a folder.
    """

    def __init__(self, page: Page, folder: Path, name: str, *, every: bool) -> None:
        self.page, self.folder, self.name, self.every = page, folder, name, every
        self.wrong: list[str] = []
        self.looked = 0

    def at(self, stage: str, *, asks_again: bool = False) -> None:
        """`asks_again`: the page loads itself anew every few seconds, which waits until it was seen."""
        if asks_again:
            self.page.route(self.page.url, _once)
            self.page.reload()
            self._look(stage)
            self.page.unroute(self.page.url, _once)
            self.page.reload()
        else:
            self._look(stage)

    def _look(self, stage: str) -> None:
        before = self.page.viewport_size
        for width, scheme in self._ways():
            told = f"{self.name}-{stage}-{width}-{scheme}"
            if self.page.evaluate(TOO_WIDE):
                self.wrong.append(f"{told}: wider than its window")
            self.wrong += [f"{told}: {each}" for each in violations(self.page)]
            if os.environ.get("TIEOUT_PICTURES"):
                self.page.screenshot(path=self.folder / f"{told}.png", full_page=True)
            self.looked += 1
        (self.folder / f"{self.name}-wrong.txt").write_text("\n".join(self.wrong))
        if self.every and before is not None:
            self.page.set_viewport_size(before)
            self._wear("light")

    def _ways(self) -> Iterator[tuple[int, str]]:
        if not self.every:
            size = self.page.viewport_size
            yield size["width"] if size else 0, "as-it-is"
            return
        for width in WIDTHS:
            self.page.set_viewport_size({"width": width, "height": 900})
            for scheme in SCHEMES:
                self._wear(scheme)
                yield width, scheme

    def _wear(self, scheme: str) -> None:
        """As a person chooses it in the menu of the frame."""
        self.page.evaluate(f"Alpine.$data(document.documentElement).adminTheme = '{scheme}'")
        self.page.locator(f"html.{scheme}").wait_for()


def _once(route: Route) -> None:
    answer = route.fetch()
    headers = {name: each for name, each in answer.headers.items() if name != "refresh"}
    route.fulfill(response=answer, headers=headers)
