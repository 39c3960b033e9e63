"""The guide opens for whoever works here, and each of its pictures is there."""

import re
import struct
from collections.abc import Callable

from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import reverse

from tests.backoffice.world import World

PICTURE = re.compile(r'<img src="/static/([^"]+)" alt="([^"]+)" width="(\d+)" height="(\d+)"')


def test_each_part_is_reached_and_each_picture_is_there_as_large_as_it_is_shown(
    world: World, browse: Callable[[str], Client]
) -> None:
    address = reverse("admin:billing_company_guide")
    shown = browse("Vera").get(address).text
    assert browse("Otto").get(address).status_code == 403
    parts = set(re.findall(r'class="t-link" href="#(\w+)"', shown))
    assert parts == set(re.findall(r'<section class="t-box t-guide" id="(\w+)"', shown))
    pictures = PICTURE.findall(shown)
    assert len(pictures) == shown.count("<img") == len(parts) - 1
    for name, words, width, height in pictures:
        path = finders.find(name)
        assert path, name
        with open(path, "rb") as file:
            size = struct.unpack(">II", file.read(24)[16:24])
        assert size == (int(width), int(height)), name
        assert words
    assert address in browse("Vera").get("/admin/").text
