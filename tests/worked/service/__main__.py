"""The service alone in a process: `python -m tests.worked.service --port N`."""

import argparse
import sys

from .server import Service


def main() -> None:
    parser = argparse.ArgumentParser(description="The simulated service of the worked ledger.")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    service = Service(parser.parse_args().port)
    sys.stdout.write(f"worked service ready on {service.address}\n")
    sys.stdout.flush()
    try:
        service.server.serve_forever()
    except KeyboardInterrupt:
        service.server.server_close()


if __name__ == "__main__":
    main()
