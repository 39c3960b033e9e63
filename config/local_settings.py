"""The settings of a local process, for what reads settings and has no command line of ours: the type
checker and pytest."""

from config.local import turn_on

turn_on()

from config.settings import *  # noqa: E402, F403 - they are read when it is on
