"""The word to stop is heard at last, also where Python drops what a signal's handler raises."""

import os
import signal
import weakref
from collections.abc import Iterator

import pytest

from apps.demo.stopping import SIGNS, Word


@pytest.fixture
def word() -> Iterator[Word]:
    before = {sign: signal.getsignal(sign) for sign in SIGNS}
    word = Word()
    word.listen()
    yield word
    for sign, handler in before.items():
        signal.signal(sign, handler)


@pytest.mark.parametrize("sign", SIGNS)
def test_it_interrupts_at_once(word: Word, sign: signal.Signals) -> None:
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(sign)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("sign", SIGNS)
def test_said_while_an_object_is_finalised_it_is_heard_at_the_next_step(
    word: Word, sign: signal.Signals
) -> None:
    class Thing:
        pass

    def last_rites() -> None:
        os.kill(os.getpid(), sign)

    thing = Thing()
    weakref.finalize(thing, last_rites)
    word.check()
    del thing

    with pytest.raises(KeyboardInterrupt):
        word.check()
