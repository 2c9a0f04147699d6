"""git-timewarp: a Git-native flight recorder and time machine."""

__version__ = "0.1.0"
