"""Which elements, types and lengths QuickBooks' published schemas know, entity by entity."""

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

XSD = "{http://www.w3.org/2001/XMLSchema}"
ROOT = Path(__file__).resolve().parents[2]
SCHEMAS = ROOT.parent / "shared" / "specs" / "quickbooks" / "xsd"
FILES = ("IntuitBaseTypes", "IntuitNamesTypes", "Finance", "SalesTax", "IntuitRestServiceDef")

# The schemas name a reference and a memo as text with attributes; JSON makes the text `value`.
TEXT_WITH_ATTRIBUTES = "value"
# "Max. length: 100 characters", "max=15", "maximum of 21 chars"
LENGTH = re.compile(r"max(?:imum)?\.?\s*(?:length)?\s*(?:of|=|:)\s*(\d+)", re.IGNORECASE)
NUMBERS = frozenset({"decimal", "int", "integer", "positiveInteger", "nonNegativeInteger", "long"})


@dataclass(frozen=True, slots=True)
class Element:
    type: str
    repeated: bool
    length: int | None


class Schema:
    """Complex types by name, with what they inherit."""

    def __init__(self, folder: Path) -> None:
        self.complex: dict[str, ElementTree.Element] = {}
        self.simple: dict[str, ElementTree.Element] = {}
        for name in FILES:
            for each in ElementTree.parse(folder / f"{name}.xsd").getroot():
                if each.tag == f"{XSD}complexType":
                    self.complex[each.get("name", "")] = each
                elif each.tag == f"{XSD}simpleType":
                    self.simple[each.get("name", "")] = each
        self._members: dict[str, dict[str, Element]] = {}

    def members(self, type_name: str) -> dict[str, Element]:
        """Element and attribute names → what they hold; empty for a simple type."""
        if type_name not in self._members:
            self._members[type_name] = self._read(type_name)
        return self._members[type_name]

    def _read(self, type_name: str) -> dict[str, Element]:
        declared = self.complex.get(type_name)
        if declared is None:
            return {}
        found: dict[str, Element] = {}
        for extension in declared.iter(f"{XSD}extension"):
            base = _plain(extension.get("base", ""))
            found |= self.members(base)
            if not self.members(base):
                found[TEXT_WITH_ATTRIBUTES] = Element(base, False, None)
        for each in declared.iter(f"{XSD}element"):
            name = each.get("name")
            if name:
                found[name] = Element(
                    _plain(each.get("type", "string")),
                    each.get("maxOccurs") == "unbounded",
                    _length(each),
                )
        for each in declared.iter(f"{XSD}attribute"):
            found[each.get("name", "")] = Element(_plain(each.get("type", "string")), False, None)
        return found

    def deviations(self, entity: str, value: Any) -> list[str]:
        """Every place where a body says what the schemas do not know; empty: none."""
        return list(self._compare(value, entity, entity))

    def _compare(self, value: Any, type_name: str, path: str) -> list[str]:
        known = self.members(type_name)
        if not known:
            return self._compare_plain(value, type_name, path)
        if not isinstance(value, dict):
            return [f"{path}: {type(value).__name__} where the schema has {type_name}"]
        found: list[str] = []
        for name, each in value.items():
            element = known.get(name)
            where = f"{path}.{name}"
            if element is None:
                found.append(f"{where}: not in the schema")
            elif element.repeated and not isinstance(each, list):
                found.append(f"{where}: one where the schema has a list")
            elif element.repeated:
                for place, one in enumerate(each):
                    found += self._compare(one, element.type, f"{where}[{place}]")
            else:
                found += self._compare(each, element.type, where)
                if element.length and isinstance(each, str) and len(each) > element.length:
                    found.append(f"{where}: {len(each)} characters, {element.length} are allowed")
        return found

    def _compare_plain(self, value: Any, type_name: str, path: str) -> list[str]:
        if type_name in NUMBERS:
            right = isinstance(value, int | float) and not isinstance(value, bool)
        elif type_name == "boolean":
            right = isinstance(value, bool)
        else:
            right = isinstance(value, str)
        if not right:
            return [f"{path}: {json.dumps(value)} where the schema has {type_name}"]
        allowed = self._allowed(type_name)
        if allowed and value not in allowed:
            return [f"{path}: {value!r} is none of {type_name}"]
        if type_name == "date" and not re.fullmatch(r"\d{4}-\d\d-\d\d", value):
            return [f"{path}: {value!r} is no date"]
        return []

    def _allowed(self, type_name: str) -> frozenset[str]:
        declared = self.simple.get(type_name)
        if declared is None:
            return frozenset()
        return frozenset(each.get("value", "") for each in declared.iter(f"{XSD}enumeration"))


def _plain(type_name: str) -> str:
    return type_name.rpartition(":")[2]


def _length(element: ElementTree.Element) -> int | None:
    """The limit that the annotation names for QuickBooks Online; "QBW" is the desktop product."""
    words = " ".join("".join(element.itertext()).split())
    online = re.search(r"QBO[^.]{0,20}max\s*=\s*(\d+)", words)
    if online:
        return int(online.group(1))
    found = LENGTH.search(words)
    return int(found.group(1)) if found else None


@lru_cache(maxsize=1)
def schema() -> Schema | None:
    """The schemas, or None where the reference data is not beside the repository."""
    return Schema(SCHEMAS) if SCHEMAS.is_dir() else None
