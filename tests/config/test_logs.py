"""No line of the log lets anybody in."""

import logging
import sys
import time

import pytest

from config.logs import WithoutLinks, WithoutMessages, to_the_console

LINKS = (
    "/accounts/password/reset/key/1f-c0ffee-0123abcd/",
    "https://tieout.example.com/accounts/password/reset/key/1f-c0ffee-0123abcd/",
    "/accounts/confirm-email/c0ffee-0123abcd/",
    "/connections/invited/c0ffee-0123abcd/",
    "/invitations/7/c0ffee-0123abcd/",
)


@pytest.mark.parametrize("link", LINKS)
def test_a_link_that_lets_in_is_cut_from_the_words_and_from_the_traceback(link: str) -> None:
    try:
        raise ValueError(f"cannot open {link}")
    except ValueError:
        record = logging.LogRecord(
            "x", logging.WARNING, "x.py", 1, "Forbidden: %s", (link,), sys.exc_info()
        )
    written = WithoutLinks("{message}", style="{").format(record)
    assert "c0ffee" not in written
    assert written.count("…") == 2
    assert "ValueError: cannot open" in written


def test_an_ordinary_line_is_written_as_it_is() -> None:
    record = logging.LogRecord("x", logging.INFO, "x.py", 1, "Not Found: /admin/a/", (), None)
    assert WithoutLinks("{message}", style="{").format(record) == "Not Found: /admin/a/"


def test_an_installation_says_where_an_error_was_and_not_what_it_said() -> None:
    try:
        raise ValueError("of Bell & Daughters")
    except ValueError:
        record = logging.LogRecord(
            "x", logging.ERROR, "x.py", 1, "Failed at %s", (LINKS[0],), sys.exc_info()
        )
    written = WithoutMessages("{message}", style="{").format(record)
    assert "Bell" not in written
    assert "c0ffee" not in written
    assert written.endswith("ValueError")


def test_what_a_stranger_typed_begins_no_line_of_its_own() -> None:
    typed = "x\r\n2026-12-01 00:00:00 INFO forged \x1b[2K\u2028 \u202etxt"
    record = logging.LogRecord("x", logging.INFO, "x.py", 1, "Not Found: %s", (typed,), None)
    written = WithoutMessages("{message}", style="{").format(record)
    assert written.isprintable()
    assert written.startswith(r"Not Found: x\r\n2026-12-01 00:00:00 INFO forged \x1b[2K\u2028")


def test_lines_go_to_standard_error_and_nowhere_else() -> None:
    said = to_the_console(local=False, level="INFO")
    assert list(said["handlers"]) == said["root"]["handlers"] == ["console"]
    (line,) = said["handlers"].values()
    assert line["class"] == "logging.StreamHandler"
    assert set(line) == {"class", "formatter"}  # no stream of another's, no file
    assert "loggers" not in said
    assert logging.StreamHandler().stream is sys.stderr


def test_its_times_are_utc() -> None:
    """Django sets the zone of the process by TIME_ZONE, and a formatter writes the process's time."""
    record = logging.LogRecord("x", logging.INFO, "x.py", 1, "said", (), None)
    written = WithoutLinks("{asctime}", style="{").format(record)
    assert written.startswith(time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(record.created)))
    assert time.timezone == 0
