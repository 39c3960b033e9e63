"""The fields of a shape, one after the other, as its JSON schema has them: what a person maps."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from pydantic import BaseModel

MOMENT: Final = "date-time"
DAY: Final = "date"


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """`kind` is of JSON, or the format of a text: string, uuid, date, date-time, integer, boolean,
    object. `many` is a list of it; `fields` are those of an object."""

    name: str
    kind: str
    many: bool
    nullable: bool
    says: str
    fields: tuple["Field", ...]


@cache
def fields_of(shape: type[BaseModel]) -> tuple[Field, ...]:
    schema = shape.model_json_schema(mode="serialization")
    return tuple(_fields(schema, schema.get("$defs", {})))


def _fields(of: Mapping[str, Any], defs: Mapping[str, Any]) -> Iterator[Field]:
    for name, raw in of["properties"].items():
        one, nullable = _without_null(_resolved(raw, defs))
        one = _resolved(one, defs)
        many = one.get("type") == "array"
        if many:
            one = _resolved(one["items"], defs)
        is_object = one.get("type") == "object"
        yield Field(
            name=name,
            kind=one.get("format") or one["type"],
            many=many,
            nullable=nullable,
            says=str(raw.get("description", "")),
            fields=tuple(_fields(one, defs)) if is_object else (),
        )


def _resolved(schema: Mapping[str, Any], defs: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in schema:
        return schema
    return {
        **defs[str(schema["$ref"]).rsplit("/", 1)[1]],
        **{k: v for k, v in schema.items() if k != "$ref"},
    }


def _without_null(schema: Mapping[str, Any]) -> tuple[Mapping[str, Any], bool]:
    choices = schema.get("anyOf", [])
    others = [each for each in choices if each.get("type") != "null"]
    if len(others) == len(choices):
        return schema, False
    (one,) = others
    return one, True


def words(name: str) -> str:
    """What a field is called on screens: `due_date` is “Due date”."""
    text = name.replace("_", " ")
    text = {"id": "ID", "page": "Link to its page in Tieout"}.get(text, text)
    return text[:1].upper() + text[1:]


def differences(shape: tuple[Field, ...], found: Any, at: str = "") -> list[str]:
    """What of a JSON object is not of these fields: a key too few or too many, a value of another type."""
    if not isinstance(found, dict):
        return [f"{at or 'it'} is {_type(found)}, not an object"]
    known = {each.name: each for each in shape}
    said = [f"{at}{name} is missing" for name in known if name not in found]
    said += [f"{at}{name} is not known" for name in found if name not in known]
    for name in found.keys() & known.keys():
        said += _unlike(known[name], found[name], f"{at}{name}")
    return sorted(said)


def _unlike(field: Field, value: Any, at: str) -> list[str]:
    if value is None:
        return [] if field.nullable else [f"{at} is null"]
    if not field.many:
        return _one(field, value, at)
    if not isinstance(value, list):
        return [f"{at} is {_type(value)}, not a list"]
    return [each for place, item in enumerate(value) for each in _one(field, item, f"{at}.{place}")]


def _one(field: Field, value: Any, at: str) -> list[str]:
    if field.fields:
        return differences(field.fields, value, f"{at}.")
    wanted = field.kind if field.kind in ("integer", "boolean") else "string"
    return [] if _type(value) == wanted else [f"{at} is {_type(value)}, not {wanted}"]


def _type(value: Any) -> str:
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array"}
    return names.get(type(value), "null" if value is None else "object")
