"""Sealing: a secret opens with a key we hold, on the row it belongs to, and nowhere else."""

from uuid import uuid4

import pytest
from cryptography.fernet import Fernet

from apps.core.sealing import CannotOpen, Sealer

OWNER = uuid4()


def test_a_sealed_secret_hides_its_text_and_opens_again() -> None:
    sealer = Sealer([Fernet.generate_key().decode()])
    sealed = sealer.seal("refresh-£-token", OWNER)
    assert "refresh" not in sealed
    assert sealer.open(sealed, OWNER) == "refresh-£-token"


def test_a_secret_copied_to_another_row_is_refused() -> None:
    sealer = Sealer([Fernet.generate_key().decode()])
    with pytest.raises(CannotOpen):
        sealer.open(sealer.seal("token", OWNER), uuid4())


def test_an_older_key_still_opens_and_a_lost_one_does_not() -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    sealed = Sealer([old]).seal("token", OWNER)
    assert Sealer([new, old]).open(sealed, OWNER) == "token"
    with pytest.raises(CannotOpen):
        Sealer([new]).open(sealed, OWNER)


def test_the_newest_key_seals() -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    sealed = Sealer([new, old]).seal("token", OWNER)
    assert Sealer([new]).open(sealed, OWNER) == "token"
