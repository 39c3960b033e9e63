"""What Zapier, Make and the documentation say of events, made from the catalogue.

`uv run python -m tests.automation.made` writes the files anew; a test says which are out of date.
"""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[2]
ZAPIER: Final = Path("docs/automation/zapier/made")


def made() -> dict[str, str]:
    """Text by path below the root."""
    from tests.automation import events_page, for_make, for_zapier

    return {
        str(path): text if isinstance(text, str) else written(text)
        for source in (for_zapier.files(), for_make.files(), events_page.files())
        for path, text in source
    }


def written(content: Any) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def outdated() -> list[str]:
    """Files that are not as they would be made now, and those that nothing makes any more."""
    now = made()
    kept = {
        str(path.relative_to(ROOT))
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*.json")
    }
    old = [path for path, text in now.items() if not _is(ROOT / path, text)]
    return sorted({*old, *(kept - now.keys())})


def write() -> Iterator[str]:
    """Writes what is out of date, and removes what nothing makes any more."""
    now = made()
    for path in outdated():
        yield path
        if path in now:
            (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
            (ROOT / path).write_text(now[path], encoding="utf-8")
        else:
            (ROOT / path).unlink()


# Every JSON file below them is made.
FOLDERS: Final = (
    ZAPIER,
    Path("docs/automation/make/webhooks"),
    Path("docs/automation/make/modules/watch"),
)


def _is(path: Path, text: str) -> bool:
    return path.exists() and path.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    for each in write():
        sys.stdout.write(f"{each}\n")
