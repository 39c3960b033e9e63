"""What the log keeps of an error: where, and of what type."""

import io
import logging

import pytest

from apps.core.tracebacks import PlainFormatter, without_messages


@pytest.fixture
def log() -> tuple[logging.Logger, io.StringIO]:
    written, logger = io.StringIO(), logging.Logger("tieout.test")
    handler = logging.StreamHandler(written)
    handler.setFormatter(PlainFormatter("{levelname} {message}", style="{"))
    logger.addHandler(handler)
    return logger, written


def test_an_error_is_told_by_place_and_type(log: tuple[logging.Logger, io.StringIO]) -> None:
    logger, written = log
    try:
        try:
            raise KeyError("bell@example.com")
        except KeyError as error:
            raise ValueError("Bell & Daughters\nBell: owes 42\n  File of theirs") from error
    except ValueError:
        logger.exception("It broke off")
    told = written.getvalue()
    assert "ERROR It broke off" in told
    assert "in test_an_error_is_told_by_place_and_type" in told
    assert told.count("Traceback (most recent call last):") == 2
    assert "KeyError\n" in told
    assert told.rstrip().endswith("ValueError")
    assert "bell" not in told.lower()


def test_what_another_handler_left_is_not_written(log: tuple[logging.Logger, io.StringIO]) -> None:
    logger, written = log
    record = logger.makeRecord("x", logging.ERROR, "f", 1, "Broke", (), None)
    record.exc_text = "Traceback …\nValueError: bell@example.com"
    logger.handle(record)
    assert "bell" not in written.getvalue()
    assert "bell" in record.exc_text  # the other one's is left to it


def test_a_text_that_is_no_traceback_leaves_nothing() -> None:
    assert without_messages("Bell & Daughters: owes\n42") == ""
