"""Web and worker processes, each by its own door: asked in a process, since what is left out stays out."""

import subprocess
import sys

import pytest

WEB = "import config.wsgi"
WORKER = """
import django
django.setup()
from django_q.signals import post_spawn
assert not gc.get_freeze_count()
post_spawn.send(sender="django_q", proc_name="Process-1:1")
"""


@pytest.mark.parametrize("begins", [WEB, WORKER], ids=["web", "worker"])
def test_a_process_at_work_leaves_what_it_has_loaded_out_of_collections(begins: str) -> None:
    asked = f"import gc, os\nos.environ['DJANGO_SETTINGS_MODULE'] = 'config.settings'\n{begins}\nprint(gc.get_freeze_count(), len(gc.get_objects()))"
    told = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    left_out, walked = map(int, told.stdout.split())
    assert left_out > 100_000
    assert walked < 1_000
