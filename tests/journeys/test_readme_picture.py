"""The picture of the first screen in the README, made here so that it shows the product as it is."""

import os
import struct
from pathlib import Path
from typing import Any

import pytest

from apps.staff.models import User
from tests.backoffice.world import WholeWorld

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[2]
PICTURE = "docs/first-page.png"
NEW = "TIEOUT_README_PICTURE"  # set: the picture in docs/ is made anew


def test_the_readme_shows_the_first_page(
    staff: dict[str, User], enter: Any, pictures: Path
) -> None:
    WholeWorld(staff["Fay"])
    page = enter(staff["Fay"], 1440)
    page.goto("/admin/")
    page.evaluate("document.fonts.ready")
    made = (ROOT if os.environ.get(NEW) else pictures) / PICTURE
    made.parent.mkdir(exist_ok=True)
    page.screenshot(path=made)
    assert size(made) == size(ROOT / PICTURE) == (1440, 900)
    assert f"]({PICTURE})" in (ROOT / "README.md").read_text()


def size(picture: Path) -> tuple[int, int]:
    """Width and height of a PNG, from its header."""
    header = picture.read_bytes()[:24]
    assert header.startswith(b"\x89PNG"), picture
    width, height = struct.unpack(">II", header[16:24])
    return width, height
