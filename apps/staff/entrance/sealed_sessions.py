"""What a session holds lies sealed in its row: the token of a link that somebody has opened, the seed of an
app that is being added, what they were about to do. Whoever reads the database or a backup reads none of it.
"""

import json
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from django.conf import settings

from apps.core.sealing import Sealer

OWNER: Final = uuid5(NAMESPACE_URL, "tieout:session")


class Sealed:
    """Django's serializer of sessions. One that cannot be opened (before this, or by a lost key) is read as
    empty by Django: its person signs in anew."""

    def dumps(self, held: Any) -> bytes:
        return Sealer(settings.TOKEN_KEYS).seal(json.dumps(held), OWNER).encode()

    def loads(self, sealed: bytes) -> Any:
        return json.loads(Sealer(settings.TOKEN_KEYS).open(sealed.decode(), OWNER))
