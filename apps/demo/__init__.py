"""The demo: one parent that sets everything up, shows the main job and proves it."""
