"""Who must know: looks each minute at what went wrong, keeps one alert for each cause, and tells it."""
