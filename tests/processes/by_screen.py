"""A large file through the import's pages, with a web process and a worker of their own.

`python -m tests.processes.by_screen FILE --profile online-retail` uploads it as a person does, looks
at the page of the import while a worker checks and writes it, takes the good rows, and
has a second person release them. Prints what stood on the page, how large it was at most and how long each stage took; then brings the
same file again, which must write nothing. Ends with 1 where the books do not hold what was told.
"""

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import requests

from tests.processes.apart import environment_apart

ROOT = Path(__file__).parents[2]
PORT = 8423
WEB = f"http://127.0.0.1:{PORT}"
LARGEST = 200_000  # bytes of a page, at any size of the file
A_STAGE = 3600.0  # seconds that one may take


class Fault(Exception):
    """What stands is not what was told."""


@contextmanager
def started(environment: dict[str, str]) -> Iterator[None]:
    """The product's web and worker processes."""
    words = ([sys.executable, "manage.py", "runserver", "--noreload", str(PORT)],
             [sys.executable, "manage.py", "qcluster"])  # fmt: skip
    children = [
        subprocess.Popen(each, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL,
                         stderr=subprocess.DEVNULL, start_new_session=True)
        for each in words
    ]  # fmt: skip
    try:
        yield
    finally:
        for each in children:  # its own children it ends itself
            each.terminate()
        for each in children:
            try:
                each.wait(timeout=30)
            except subprocess.TimeoutExpired:
                os.killpg(each.pid, signal.SIGKILL)


def ask(environment: dict[str, str], script: str) -> Any:
    """What a few lines of Python find in the database, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "-v", "0", "-c", script],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return json.loads(done.stdout.splitlines()[-1])


SIGN_IN = """
import json
from django.test import Client
from tests.all_rights import make_almighty
from tests.factories import make_company
make_company(legal_name="Screen Trading Ltd", home_currency="GBP")
found = {}
for name in ("Fay", "Ada"):
    user = make_almighty(f"{name.lower()}@example.com", "x" * 24, name=name)
    client = Client()
    client.force_login(user)
    found[name] = {cookie: each.value for cookie, each in client.cookies.items()}
print(json.dumps(found))
"""
BOOKS = """
import json
from django.db.models import Count, Sum
from apps.billing.models import CreditNote, CreditNoteLine, Invoice, InvoiceLine
found = {
    "lines": InvoiceLine.objects.count() + CreditNoteLine.objects.count(),
    "issued": Invoice.objects.filter(status="issued").count()
    + CreditNote.objects.filter(status="issued").count(),
    "total": str(
        (Invoice.objects.aggregate(found=Sum("total"))["found"] or 0)
        - (CreditNote.objects.aggregate(found=Sum("total"))["found"] or 0)
    ),
}
print(json.dumps(found))
"""


class Screen:
    """A person at the import's pages."""

    def __init__(self, cookies: dict[str, str]) -> None:
        self.http = requests.Session()
        self.http.cookies.update(cookies)
        self.largest = 0

    def get(self, path: str) -> str:
        answer = self.http.get(f"{WEB}{path}", timeout=120)
        answer.raise_for_status()
        self.largest = max(self.largest, len(answer.content))
        return answer.text

    def post(self, path: str, files: Any = None, **fields: str) -> str:
        """The address it leads to."""
        shown = self.get(path)
        form = {**hidden(shown), **fields}
        answer = self.http.post(f"{WEB}{path}", form, files=files, timeout=900,
                                allow_redirects=False, headers={"Referer": WEB})  # fmt: skip
        if answer.status_code != 302:
            raise Fault(f"{path} answered {answer.status_code}: {in_words(answer.text)[:600]}")
        return str(answer.headers["Location"])

    def until(self, path: str, words: str) -> tuple[str, float]:
        """The page once it says this, looked at as a person does, and the seconds that took."""
        began = time.monotonic()
        while time.monotonic() - began < A_STAGE:
            shown = in_words(self.get(path))
            if re.search(words, shown):
                return shown, time.monotonic() - began
            if re.search("stands still|Cannot be read", shown):
                raise Fault(shown[:800])
            time.sleep(2)
        raise Fault(f"{path} did not say {words} within {A_STAGE:.0f} s: {shown[:800]}")


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of the last form of a page, and those that every form has."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    return dict(found)


def in_words(page: str) -> str:
    body = page[page.find("<main") :]
    return re.sub(r"\s+", " ", re.sub(r"<(script|style).*?</\1>|<[^>]+>", " ", body, flags=re.S))


def play(path: Path, profile: str, folder: Path) -> None:
    environment = {
        **environment_apart("by_screen"), "DEBUG": "True", "SECOND_FACTOR": "waived",
        "SITE_URL": WEB, "LOG_LEVEL": "ERROR",
        "PRIVATE_FILES_DIR": str(folder / "files"),
    }  # fmt: skip
    environment.setdefault("DATABASE_URL", f"sqlite:///{folder / 'screen.sqlite3'}")
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "-v", "0"], cwd=ROOT, env=environment, check=True
    )
    cookies = ask(environment, SIGN_IN)
    screen, second = Screen(cookies["Fay"]), Screen(cookies["Ada"])
    with started(environment):
        wait_for_web(screen)
        told: dict[str, Any] = {"file": path.name, "bytes": path.stat().st_size}
        page = upload(screen, path, profile, told)
        shown, told["checked after s"] = screen.until(page, "It is read and checked")
        told["checked"] = figures_of(shown)
        screen.post(acted(page, "write-good-rows"))
        shown, told["written after s"] = screen.until(page, r"stands? here as drafts?|Written")
        shown, more = screen.until(page, r"wait on hold|waits on hold|Release")
        told["written after s"] += more
        began = time.monotonic()
        second.post(acted(page, "release"))
        books = settled(environment)
        told["released after s"] = time.monotonic() - began
        told["books"] = books
        again = upload(screen, path, profile, {})
        shown, told["again after s"] = screen.until(again, "It is read and checked")
        told["again"] = figures_of(shown)
        told["largest page"] = screen.largest
        print(json.dumps(told, indent=1), flush=True)
        if ask(environment, BOOKS) != books:
            raise Fault("the same file again has changed the books")
    if screen.largest > LARGEST:
        raise Fault(f"a page had {screen.largest:,} bytes")
    if not Decimal(books["total"]):
        raise Fault("nothing stands in the books")


def wait_for_web(screen: Screen) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            screen.get("/admin/")
        except requests.ConnectionError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)
        else:
            return


def upload(screen: Screen, path: Path, profile: str, told: dict[str, Any]) -> str:
    began = time.monotonic()
    add = "/admin/exchange/fileimport/add/"
    company = re.search(r'<option value="(\d+)"[^>]*>\s*Screen Trading', screen.get(add))
    assert company is not None, "the company is offered"
    with path.open("rb") as file:
        page = screen.post(add, {"file": (path.name, file)}, company=company[1], profile=profile)
    told["uploaded after s"] = time.monotonic() - began
    return page


def acted(page: str, act: str) -> str:
    return page.replace("/change/", f"/{act}/")


def settled(environment: dict[str, str]) -> Any:
    """What the books hold once the release in the background has come to its end."""
    before: Any = None
    for _ in range(600):
        books = ask(environment, BOOKS)
        if books == before and books["issued"]:
            return books
        before = books
        time.sleep(5)
    raise Fault("the release did not come to its end")


def figures_of(shown: str) -> list[str]:
    return re.findall(r"[\d,]+ (?:rows?|documents?) [a-z ]+|[\d,]+ [a-z]+ rows?", shown)[:12]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--profile", required=True)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        try:
            play(options.file, options.profile, options.folder or Path(folder))
        except Fault as fault:
            print(f"FAULT: {fault}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
