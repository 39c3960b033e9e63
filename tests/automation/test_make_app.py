"""The Make app as files: what the vendor's editor asks of a manifest, of parameters and of samples."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from apps.triggers.events.catalogue import CATALOGUE
from tests.automation.for_make import WATCHED
from tests.automation.iml import APP, read

MANIFEST = read("makecomapp.json")
COMPONENTS = MANIFEST["components"]
# The vendor's schema of makecomapp.json (integromat/vscode-apps-sdk, makecomapp.schema.json).
KNOWN = {
    "label", "description", "connectionType", "webhookType", "moduleType", "actionCrud", "connection",
    "altConnection", "webhook", "codeFiles",
}  # fmt: skip
CODES = {
    "connection": {"communication", "params"},
    "webhook": {"communication", "params", "attach", "detach"},
    "rpc": {"communication", "params"},
    "module": {"communication", "staticParams", "mappableParams", "interface", "samples"},
}
# Of a parameter (the same, parameters.json).
TYPES = {
    "any", "array", "boolean", "collection", "date", "email", "integer", "password", "select", "text",
    "uinteger",
}  # fmt: skip
REQUEST = {
    "url", "method", "headers", "qs", "body", "type", "response", "pagination", "followRedirects", "log",
}  # fmt: skip
RESPONSE = {"type", "error", "iterate", "limit", "output", "temp", "data", "metadata"}


def parts() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for kind, named in COMPONENTS.items():
        for name, each in named.items():
            yield kind, name, each


def codes(word: str) -> Iterator[tuple[str, Any]]:
    """Every file of a sort, by its path."""
    for _, _, each in parts():
        if word in each["codeFiles"]:
            yield each["codeFiles"][word], read(each["codeFiles"][word])


def test_the_manifest_names_every_file_and_no_other() -> None:
    assert set(MANIFEST) == {"fileVersion", "generalCodeFiles", "components", "origins"}
    assert set(COMPONENTS) == {"connection", "function", "module", "rpc", "webhook"}
    general = {path for path in MANIFEST["generalCodeFiles"].values() if path}
    named = general | {path for _, _, each in parts() for path in each["codeFiles"].values()}
    beside = {"makecomapp.json", ".gitignore"}
    found = {str(path.relative_to(APP)) for path in APP.rglob("*") if path.is_file()}

    assert found - beside == named


@pytest.mark.parametrize(("kind", "name", "part"), list(parts()))
def test_a_component_is_as_the_editor_takes_it(kind: str, name: str, part: dict[str, Any]) -> None:
    assert set(part) <= KNOWN
    assert set(part["codeFiles"]) <= CODES[kind]
    assert part["label"]
    if kind in ("module", "rpc"):
        assert re.fullmatch(r"[a-zA-Z][0-9a-zA-Z]{3,47}", name)
    if part.get("connection"):
        assert part["connection"] in COMPONENTS["connection"]
    if kind != "module":
        return
    assert part["description"].endswith(".")
    assert (part["moduleType"] == "action") == ("actionCrud" in part)
    if part["moduleType"] == "instant_trigger":
        assert part["webhook"] in COMPONENTS["webhook"]
    else:
        assert part["connection"]


def test_parameters_and_interfaces_are_as_the_editor_takes_them() -> None:
    for word in ("params", "staticParams", "mappableParams", "interface"):
        for path, given in codes(word):
            assert isinstance(given, list), path
            for each in flat(given):
                assert each["type"] in TYPES, (path, each)
                assert all(each.get(name, "of a list") for name in ("name", "label")), (path, each)
                if isinstance(options := each.get("options"), str):
                    assert options.removeprefix("rpc://") in COMPONENTS["rpc"], path


def flat(given: Any) -> Iterator[Any]:
    for each in given if isinstance(given, list) else [given]:
        yield each
        yield from flat(each["spec"]) if "spec" in each else ()


def test_a_sample_fits_its_interface() -> None:
    for _, name, part in parts():
        files = part["codeFiles"]
        if "samples" in files and name != "makeApiCall":
            assert unfit(read(files["samples"]), read(files["interface"])) == [], name


def unfit(sample: Any, interface: list[Any], at: str = "") -> list[str]:
    known = {each["name"]: each for each in interface}
    said = [f"{at}{name}" for name in known.keys() ^ sample.keys()]
    for name in known.keys() & sample.keys():
        spec, value = known[name].get("spec"), sample[name]
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, dict):
                said += unfit(each, spec, f"{at}{name}.")
    return said


def test_a_request_uses_what_there_is() -> None:
    for word in ("communication", "attach", "detach"):
        for path, given in codes(word):
            for each in given if isinstance(given, list) else [given]:
                if "webhooks" in path and word == "communication":
                    continue
                assert set(each) <= REQUEST, path
                assert set(each.get("response", {})) <= RESPONSE, path
                if each:
                    assert each["url"].startswith(("/", "{{parameters.")), path
    base = read(MANIFEST["generalCodeFiles"]["base"])
    assert base["log"]["sanitize"] == ["request.headers.authorization"]


def test_each_type_of_event_can_be_watched_once() -> None:
    watched = [str(type) for each in WATCHED for type in each.types]
    assert sorted(watched) == sorted(CATALOGUE)
    groups = read(MANIFEST["generalCodeFiles"]["groups"])
    assert sorted(name for each in groups for name in each["modules"]) == sorted(
        COMPONENTS["module"]
    )


def test_what_moves_money_is_done_once() -> None:
    for name in ("issueInvoice", "recordPayment", "createInvoice", "createCustomer"):
        files = COMPONENTS["module"][name]["codeFiles"]
        asked = read(files["communication"])
        last = asked[-1] if isinstance(asked, list) else asked
        assert "{{sha256(parameters.once_for)}}" in last["headers"]["idempotency-key"]
        [once] = [each for each in read(files["mappableParams"]) if each["name"] == "once_for"]
        assert once["required"] is True
