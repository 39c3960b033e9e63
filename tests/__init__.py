"""Tests, and what is run beside them by hand: all of it for this machine alone."""

from config.local import turn_on

turn_on()
