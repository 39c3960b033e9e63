"""Serve the simulated ledgers until told to stop."""

import logging
import os
import signal
import threading
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.wsgi import get_wsgi_application
from django.db import connections

from apps.sandbox.server import serve


class Command(BaseCommand):
    help = (
        "Serves the simulated accounting systems; their books lie in a database file of their own."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8200, help="0 takes any free port")

    def handle(self, *args: Any, **options: Any) -> None:
        if not os.environ.get("TIEOUT_SANDBOX_DATABASE"):
            raise CommandError("Set TIEOUT_SANDBOX_DATABASE to the file that holds their books.")
        call_command("migrate", database="sandbox", verbosity=0)
        # A refusal is an answer here, not a mishap: only what breaks belongs on the console.
        logging.getLogger("django.request").setLevel(logging.ERROR)
        stop = threading.Event()
        for sign in (signal.SIGTERM, signal.SIGINT):
            signal.signal(sign, lambda *_: stop.set())
        server = serve(options["host"], options["port"], get_wsgi_application())
        port = server.server_address[1]
        self.stdout.write(f"sandbox ready on http://{options['host']}:{port}")
        self.stdout.flush()
        stop.wait()
        server.shutdown()
        server.server_close()
        connections.close_all()
