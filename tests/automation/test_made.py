"""What is made from the catalogue is as it would be made now, and every example is what is really sent."""

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest

from apps.triggers.events.catalogue import CATALOGUE
from tests.automation import made
from tests.automation.examples import envelope_shape, example
from tests.automation.fields import differences, fields_of

ROOT = made.ROOT
ZAPIER = ROOT / "docs/automation/zapier"


def test_what_is_made_is_up_to_date() -> None:
    """`uv run python -m tests.automation.made` makes it anew."""
    assert made.outdated() == []


def test_what_is_out_of_date_is_found_and_written(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(made, "ROOT", tmp_path)
    everything = sorted(made.made())
    assert made.outdated() == everything
    assert list(made.write()) == everything
    (tmp_path / everything[0]).write_text("{}")
    left_over = tmp_path / made.ZAPIER / "events" / "gone.json"
    left_over.write_text("{}")

    assert list(made.write()) == sorted([everything[0], str(left_over.relative_to(tmp_path))])
    assert made.outdated() == []
    assert not left_over.exists()


def test_each_type_of_event_is_a_trigger_of_the_zapier_app() -> None:
    text = (ZAPIER / "lib/events.js").read_text(encoding="utf-8")
    assert re.findall(r"type: '([\w.]+)'", text) == list(CATALOGUE)
    for label, description in zip(
        re.findall(r"label: '(.+)'", text), re.findall(r"description: '(.+)'", text), strict=True
    ):
        assert label == label.title().replace(" A ", " a ").replace(" In The ", " in the ")
        assert description.startswith("Triggers ")
        assert description.endswith(".")


# --- Samples --------------------------------------------------------------------------------------


def sample(type: str) -> Any:
    path = ZAPIER / "made/events" / f"{type.replace('.', '_')}.json"
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("type", CATALOGUE)
def test_a_sample_has_each_field_that_the_editor_offers(type: str) -> None:
    """The vendor's validator takes a trigger without a sample, and fields that no sample has."""
    made_of = sample(type)
    found = set(leaves(made_of["sample"]))
    offered = {each["key"] for each in made_of["outputFields"]}

    assert {each for each in offered - found if not within(found, each)} == set()
    assert {each for each in found - offered if not within({each}, *offered)} == set()


def leaves(value: Any, at: str = "") -> list[str]:
    """As Zapier names them: `data__lines[]net`."""
    if isinstance(value, dict):
        return [
            key
            for name, each in value.items()
            for key in leaves(each, f"{at}{'' if at.endswith('[]') or not at else '__'}{name}")
        ]
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [key for each in value for key in leaves(each, f"{at}[]")]
    return [at]


def within(objects: set[str], *keys: str) -> bool:
    """Whether a key is of a field of one of these objects, which are null in the sample."""
    return any(key.startswith(f"{each}__") for each in objects for key in keys)


@pytest.mark.parametrize("type", CATALOGUE)
def test_whatever_differs_from_what_is_sent_is_told(type: str) -> None:
    shape, told = fields_of(envelope_shape(type)), example(type)
    assert differences(shape, told) == []
    for path in paths(told):
        shorter, other, longer = (copy.deepcopy(told) for _ in range(3))
        holder, name = reach(shorter, path)
        del holder[name]
        assert differences(shape, shorter), f"{path} was taken out"
        holder, name = reach(other, path)
        holder[name] = [1.5]
        assert differences(shape, other), f"{path} is of another type"
        holder, _ = reach(longer, path)
        holder["beside"] = ""
        assert differences(shape, longer), f"there is one beside {path}"


def paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """To every field of every object."""
    if isinstance(value, list):
        return [found for place, each in enumerate(value) for found in paths(each, (*at, place))]
    if not isinstance(value, dict):
        return []
    return [
        found for name, each in value.items() for found in [(*at, name), *paths(each, (*at, name))]
    ]


def reach(value: Any, path: tuple[Any, ...]) -> tuple[Any, Any]:
    *way, name = path
    for each in way:
        value = value[each]
    return value, name
