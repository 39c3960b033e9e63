"""Figures of a body that nobody could mean are refused before anything computes with them."""

import time
from typing import Any

import pytest
from django.test import RequestFactory

from apps.triggers.api.gate import Problem, _read


@pytest.mark.parametrize("figure", ["9" * 5_000, "-" + "9" * 5_000, "0." + "1" * 900_000])
def test_a_figure_of_absurd_length_is_refused_in_words(figure: str) -> None:
    sent: Any = RequestFactory().post(
        "/", f'{{"amount": {figure}}}', content_type="application/json"
    )
    begun = time.perf_counter()
    with pytest.raises(Problem) as refused:
        _read(sent)
    assert "larger than any amount" in str(refused.value)
    assert time.perf_counter() - begun < 1
