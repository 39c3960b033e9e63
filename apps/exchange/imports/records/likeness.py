"""New customers and items that look like one that stands here: said, never decided."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, Final

from apps.billing.models import Company, Customer, Item
from apps.core.likeness import (
    ALIKE,
    NEAR,
    bare_tax_number,
    keys_of,
    nearness_of_normal,
    normal_code,
    normal_name,
    same_tax_number,
)
from apps.exchange.imports.records.judging import note
from apps.exchange.imports.records.reading import ReadRecord

# Names here that the new ones of a file are held against, portion by portion: some twenty seconds.
MOST_READ: Final = 2_000_000
BATCH: Final = 5000
Fresh = tuple[ReadRecord, Any]


class Likeness:
    """Holds the new ones of a portion against all that stand here, which are read once for it."""

    def __init__(self, company: Company, model: type[Customer] | type[Item]) -> None:
        self.model = model
        self._rows = model.objects.filter(company=company, merged_into=None).order_by("pk")
        own = ("normal_tax_number", "email") if model is Customer else ("normal_code", "code")
        self._columns = ("name", "code", "normal_name", *own)
        self._read, self._said = 0, False

    def note(self, fresh: Sequence[Fresh]) -> None:
        if self._read > MOST_READ:
            if not self._said:
                note(
                    fresh[0][0],
                    "From here on new ones are not held against those that stand here for likeness: look "
                    "under “Doubles among ours” of their list once they are written.",
                )
            self._said = True
            return
        alike = self._found(fresh)
        for place, (record, _) in enumerate(fresh):
            if place in alike:
                name, code, why = alike[place]
                which = f"{name} ({code})" if code and code != name else name
                mend = f"the code {code}" if code else "that name"
                note(
                    record,
                    f"It is new, and looks like {which}, which is here: it has {why}. If it is that one, "
                    f"give it {mend} in the file.",
                )

    def _found(self, fresh: Sequence[Fresh]) -> dict[int, tuple[str, str, str]]:
        """By place among the new ones, name and code of the first that it is like, and why."""
        under: dict[str, list[int]] = defaultdict(list)
        normal = [normal_name(made.name) for _, made in fresh]
        for place, (_, made) in enumerate(fresh):
            for key in {*keys_of(normal[place]), *self._own_keys(made)}:
                under[key].append(place)
        found: dict[int, tuple[str, str, str]] = {}
        for row in self._rows.values_list(*self._columns).iterator(BATCH):
            self._read += 1
            for key in self._keys(row):
                for place in under.get(key, ()):
                    if place not in found and (
                        why := self._why(fresh[place][1], normal[place], row)
                    ):
                        found[place] = row[0], row[1], why
        return found

    def _own_keys(self, made: Any) -> Iterator[str]:
        if isinstance(made, Item):
            yield f"code {normal_code(made.code)}"
            return
        if bare := bare_tax_number(made.tax_number):
            yield f"tax {bare}"
        if made.email:
            yield f"mail {made.email.casefold()}"

    def _keys(self, row: tuple[str, ...]) -> Iterator[str]:
        yield from keys_of(row[2])
        if self.model is Item:
            yield f"code {row[3]}"
            return
        if row[3]:
            yield f"tax {bare_tax_number(row[3])}"
        if row[4]:
            yield f"mail {row[4].casefold()}"

    def _why(self, made: Any, normal: str, row: tuple[str, ...]) -> str:
        if isinstance(made, Customer):
            if same_tax_number(made.tax_number, row[3]):
                return "the same tax number"
            if made.email and made.email.casefold() == row[4].casefold():
                return "the same e-mail"
        elif normal_code(made.code) == row[3]:
            return "the same code but for case, spaces or hyphens"
        near = nearness_of_normal(normal, row[2])
        if near == ALIKE:
            return "the same name but for its writing"
        return "a name like it" if near >= NEAR else ""
