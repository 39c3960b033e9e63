"""Hands one mail to the mail server, and says whether it left."""

import smtplib
from typing import NoReturn

from django.core.mail import EmailMultiAlternatives, get_connection


class Refused(Exception):
    """It will not be sent; the sentence says why."""


class Later(Exception):
    """It surely did not leave, and may another time; the sentence says why not now."""


def post(message: EmailMultiAlternatives) -> None:
    """An answer of the mail server says whether it left. Raises `Refused`, `Later`, and OSError where
    no answer came: nobody knows then whether it left."""
    connection = get_connection()
    try:
        connection.open()
    except (smtplib.SMTPException, OSError) as error:
        raise Later(f"The mail server could not be reached: {error}.") from error
    try:
        connection.send_messages([message])
    except smtplib.SMTPRecipientsRefused as error:
        code, words = next(iter(error.recipients.values()))
        _answered(code, words)
    except smtplib.SMTPResponseException as error:
        _answered(error.smtp_code, error.smtp_error)
    except smtplib.SMTPNotSupportedError as error:
        raise Refused(f"The mail server cannot take it: {error}.") from error
    finally:
        connection.close()


def _answered(code: int, words: bytes | str) -> NoReturn:
    said = words.decode(errors="replace") if isinstance(words, bytes) else words
    told = f"The mail server refused it: {code} {said}."
    raise (Later if 400 <= code < 500 else Refused)(told)
