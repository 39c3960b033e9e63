"""By 24 hours, with the name of the zone: the clock of the server is nobody's own."""

TIME_FORMAT = "H:i"
DATETIME_FORMAT = "j M Y H:i T"
SHORT_DATETIME_FORMAT = "d/m/Y H:i"
