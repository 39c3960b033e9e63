"""The one file behind all simulated ledgers has one writer at a time."""

import threading

# SQLite has one writer. Queueing for it here is fair and at once; its own waiting is neither.
one_writer = threading.RLock()
