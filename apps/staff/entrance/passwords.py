"""Passwords that a program tries first, long as they are."""

from typing import Any, Final

from django.core.exceptions import ValidationError

FEWEST: Final = 6  # different characters
SHORTEST: Final = 5  # of what is left once the guessable parts are taken out
# Rows of keys and what people count along; read both ways.
ROWS: Final = (
    "0123456789" * 3,
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "qwertzuiop",
    "azertyuiop",
    "1q2w3e4r5t6y7u8i9o0p",
)
WORDS: Final = ("tieout", "password", "passwort", "welcome", "letmein", "admin", "invoice")
REFUSED: Final = (
    "This password is one of the first that a program would try: it repeats itself, counts along, or is "
    "made of words such as the product's name. Use several words that have nothing to do with each other."
)


class HardToGuess:
    """Refuses what is long and easily guessed: 123456789012, aaaaaaaaaaaa, qwertyqwerty, Tieout2026!"""

    def validate(self, password: str, user: Any = None) -> None:
        if is_easy(password.lower()):
            raise ValidationError(REFUSED, code="password_easy_to_guess")

    def get_help_text(self) -> str:
        return (
            "Nothing that repeats itself or counts along, and not the product's or company's name."
        )


def is_easy(typed: str, names: tuple[str, ...] = WORDS) -> bool:
    """Whether little is left of it without its repeats, rows of keys and known words."""
    if len(set(typed)) < FEWEST or _repeats(typed):
        return True
    left = typed
    for word in names:
        left = left.replace(word, "")
    return len(set(_without_rows(left))) < SHORTEST


def _repeats(typed: str) -> bool:
    """abcdabcdabcd, also cut off at the end."""
    longest = len(typed) // 2
    return any(
        typed == (typed[:size] * (len(typed) // size + 1))[: len(typed)]
        for size in range(1, longest + 1)
    )


def _without_rows(typed: str) -> str:
    """Without runs of four and more that follow a row of keys, either way."""
    rows = [each for row in ROWS for each in (row, row[::-1])]
    left, at = [], 0
    while at < len(typed):
        run = next(
            (
                size
                for size in range(len(typed) - at, 3, -1)
                if any(typed[at : at + size] in row for row in rows)
            ),
            0,
        )
        if not run:
            left.append(typed[at])
        at += run or 1
    return "".join(left)
