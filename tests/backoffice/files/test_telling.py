"""What an import brought is told after all, when whoever may release it says so, with its count before."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django_q.models import OrmQ

from apps.backoffice.files.telling import _what_is_told
from apps.exchange.imports import background
from apps.triggers import tasks
from apps.triggers.models import Delivery, EventType
from tests.backoffice.documents.test_acts import page
from tests.backoffice.files.test_importing import bring, press
from tests.backoffice.world import World
from tests.exchange.imports.test_online_retail import row
from tests.triggers.events.ears import Ears

Browse = Callable[[str], Client]


@pytest.fixture(autouse=True)
def _alone(settings: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.PRIVATE_FILES_DIR = str(tmp_path)
    monkeypatch.setattr(tasks, "send_due", lambda: 0)


@pytest.mark.slow
def test_it_is_offered_once_somebody_listens_and_told_once(world: World, browse: Browse) -> None:
    ears = Ears(world.company, EventType.INVOICE_ISSUED)
    fay = browse("Fay")
    brought = bring(fay, world, row(), row(number="536366"))
    press(fay, brought, "write")
    background.go_on(brought.pk)
    brought.refresh_from_db()
    press(fay, brought, "release")
    assert "/tell/" not in fay.get(page(brought)).content.decode()
    assert ears.heard() == []

    assert "/tell/" in fay.get(page(brought)).content.decode()
    assert "/tell/" not in browse("Cleo").get(page(brought)).content.decode()
    assert browse("Cleo").post(page(brought, "tell"), {"_confirmed": "yes"}).status_code == 403
    told = fay.get(page(brought, "tell")).content.decode()
    assert "Invoice issued 2" in told
    assert "the address of" in _what_is_told(brought)
    OrmQ.objects.all().delete()
    assert "events are on the way" in press(fay, brought, "tell")
    assert OrmQ.objects.count() == 1
    assert brought.batch is not None
    tasks.tell_brought(brought.batch.pk)

    numbers = [each["data"]["number"] for each in ears.heard()]
    assert numbers == ["536365", "536366"]
    assert Delivery.objects.count() == 2
    assert "/tell/" not in fay.get(page(brought)).content.decode()
