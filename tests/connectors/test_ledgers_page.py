"""`docs/ledgers.md` tells what Xero and FreshBooks cannot hold in the words that staff read; what is
provoked is compared with it in `<system>/test_cannot.py`."""

import pytest

from apps.connectors.registry import system
from tests.connectors.page import rows


@pytest.mark.parametrize("name", ["xero", "freshbooks"])
def test_the_page_has_every_sentence_that_is_told_when_it_is_connected(name: str) -> None:
    can = system(name).capabilities
    told = [each.read for each in rows(can.name, told=True)]
    held = " ".join(each.read for each in rows(can.name, told=False))
    assert held, "and what is held or left out"
    assert len(set(told)) == len(told)
    assert sorted(told) == sorted(each for each in can.cannot.values() if each not in held)
