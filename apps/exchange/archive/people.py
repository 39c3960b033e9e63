"""The people behind what an archive holds, by e-mail address: found here, or written down here."""

from typing import Any, Self

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from apps.exchange.archive.cells import NotSuch
from apps.exchange.archive.manifest import PEOPLE
from apps.exchange.archive.reading import Archive
from apps.staff.models import User


class People:
    """Who is who: keys of people in an archive, and here."""

    def __init__(self, here: dict[int, int]) -> None:
        self._here = here
        self._there = {key: then for then, key in here.items()}

    @classmethod
    def of(cls, archive: Archive) -> Self:
        """Who is not here yet is written down, inactive, without a password or a role. Raises
        `CannotRestore`."""
        found: dict[int, int] = {}
        for place, row in enumerate(archive.rows(PEOPLE), start=1):
            try:
                key, email, name = row
                _check(key, email, name)
            except (ValueError, TypeError, ValidationError):
                raise archive.refused(PEOPLE, place) from None
            found[key] = _person(email.lower(), name).pk
        if len(set(found.values())) != len(found):
            raise archive.refused(PEOPLE, len(found))
        return cls(found)

    def here(self, key: Any) -> int:
        """Raises `NotSuch` for somebody whom the archive does not name."""
        if key not in self._here:
            raise NotSuch
        return self._here[key]

    def there(self, key: int) -> int | None:
        return self._there.get(key)


def _check(key: Any, email: Any, name: Any) -> None:
    if type(key) is not int or not isinstance(name, str) or len(name) > 120 or "\0" in name:
        raise ValueError("no person")
    validate_email(email)
    if len(email) > 254:
        raise ValueError("no address")


def _person(email: str, name: str) -> User:
    held = User.objects.filter(email=email).first()
    if held is not None:
        return held
    made = User(email=email, name=name, is_active=False, is_staff=False)
    made.set_unusable_password()
    made.save()
    return made
