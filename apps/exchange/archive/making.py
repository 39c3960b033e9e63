"""Writes a company into one sealed file, as a stream: a ZIP of JSON Lines, a list for each kind."""

import hashlib
import zipfile
from collections.abc import Iterable, Iterator
from typing import Final

from django.db import models
from django.utils import timezone

from apps.billing.acts.approving import fingerprint
from apps.billing.models import Approval, Company
from apps.core.moment import one_moment
from apps.exchange.archive.carried import Kind, kinds
from apps.exchange.archive.cells import line
from apps.exchange.archive.manifest import MANIFEST, PEOPLE, RECEIVABLES, Digest, Manifest, Member
from apps.exchange.archive.rows import lines_of
from apps.exchange.archive.sealed import refuse_weak, sealing
from apps.exchange.archive.totals import receivables, totals
from apps.exchange.storage.sealing import Takes
from apps.staff.models import User

SAME_DAY: Final = (1980, 1, 1, 0, 0, 0)  # a ZIP tells of each member when it was written


class Counted:
    """Counts and sums up what goes into a file."""

    def __init__(self, into: Takes) -> None:
        self._into = into
        self._digest = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> int:
        self._digest.update(data)
        self.size += len(data)
        return self._into.write(data)

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()


class Making:
    """An archive under way. Iterate `portions` to its end: what is written before is none yet."""

    def __init__(self, company: Company, into: Takes, passphrase: str) -> None:
        refuse_weak(passphrase)
        self.company = company
        self.manifest: Manifest | None = None
        self._named: set[int] = set()
        self._known: dict[int, tuple[str, str]] = {}
        self.file = Counted(into)
        self._writer = sealing(self.file, passphrase)
        self._zip = zipfile.ZipFile(self._writer, "w", zipfile.ZIP_DEFLATED)

    def portions(self) -> Iterator[str]:
        """What is being written, as each portion has gone into the file."""
        with one_moment():
            pk = self.company.pk
            made_at = timezone.now().isoformat()
            name = Company.objects.values_list("legal_name", flat=True).get(pk=pk)
            people = User.objects.values_list("pk", "email", "name")
            self._known = {key: (email, name) for key, email, name in people}
            members: dict[str, Member] = {}
            for kind in kinds():
                yield from self._written(kind, members)
            members[PEOPLE] = self._list(PEOPLE, self._people())
            members[RECEIVABLES] = self._list(RECEIVABLES, receivables(pk))
            self.manifest = Manifest(
                company=pk,
                legal_name=name,
                made_at=made_at,
                members=members,
                totals=totals(pk),
                asked=_asked(pk),
            )
        self._zip.writestr(_info(MANIFEST), self.manifest.to_json())
        self._zip.close()
        self._writer.finish()

    def _written(self, kind: Kind, members: dict[str, Member]) -> Iterator[str]:
        digest = Digest()
        with self._zip.open(_info(_name(kind.label)), "w", force_zip64=True) as member:
            for portion in lines_of(kind, self.company.pk, None, self._noted):
                for each in portion:
                    digest.add(each)
                member.write(b"".join(portion))
                yield kind.label
        last = kind.rows(self.company.pk).aggregate(last=models.Max("pk"))["last"] or 0
        fields = [each.attname for each in kind.fields]
        members[kind.label] = digest.member(last, fields)

    def _list(self, name: str, lines: Iterable[bytes]) -> Member:
        digest = Digest()
        with self._zip.open(_info(_name(name)), "w", force_zip64=True) as member:
            for each in lines:
                digest.add(each)
                member.write(each)
        return digest.member()

    def _noted(self, person: int) -> int | None:
        if person not in self._known:
            return None
        self._named.add(person)
        return person

    def _people(self) -> Iterator[bytes]:
        """Key, e-mail address and name of everybody behind these rows."""
        for key in sorted(self._named):
            yield line([key, *self._known[key]])


def _name(label: str) -> str:
    return f"{label}.jsonl"


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, SAME_DAY)
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def _asked(company: int) -> list[int]:
    waiting = Approval.objects.filter(company=company, state=Approval.State.WAITING)
    return [each.pk for each in waiting if fingerprint(each.subject) == each.fingerprint]
