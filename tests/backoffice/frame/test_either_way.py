"""What is read from right to left begins at the right: our styles name no left and no right."""

import re

from django.contrib.staticfiles import finders

SIDED = re.compile(
    r"(?:margin|padding|border)-(?:left|right)\b|(?:text-align|float): (?:left|right)\b"
    r"|(?<![\w-])(?:left|right):"
)


def test_no_style_of_ours_names_a_side_of_the_window() -> None:
    path = finders.find("backoffice/tieout.css")
    assert isinstance(path, str)
    with open(path, encoding="utf-8") as file:
        wrong = [line.strip() for line in file if SIDED.search(line)]
    assert wrong == []
