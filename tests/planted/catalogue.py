"""The planted faults: patches beside this file, and which tests must catch each."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
TABLE = HERE / "caught_by.toml"


@dataclass(frozen=True, slots=True)
class Planted:
    """One fault. `tests` are node ids; each must fail with the fault and pass without it. Of a
    parametrised test named without brackets, one case that fails is enough."""

    name: str
    patch: Path
    tests: tuple[str, ...]


def patches() -> dict[str, Path]:
    return {each.stem: each for each in sorted(HERE.glob("*.patch"))}


def rows() -> dict[str, tuple[str, ...]]:
    """Node ids by the name of the fault, as the table says."""
    told = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    return {name: tuple(tests) for name, tests in told["caught_by"].items()}


def planted(names: Sequence[str] = ()) -> list[Planted]:
    """The faults of these names, or all. Raises KeyError where the table or a patch lacks one."""
    table, files = rows(), patches()
    return [Planted(name, files[name], table[name]) for name in names or sorted({*table, *files})]


def words_of(patch: Path) -> str:
    """What a patch says of itself: the lines before its first diff."""
    head: list[str] = []
    for line in patch.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            break
        head.append(line.lstrip("# "))
    return " ".join(head)
