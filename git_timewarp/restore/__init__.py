"""Turning one view into another on disk: a plan, and the one way to carry it out. Layer: engines."""
