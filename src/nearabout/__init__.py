"""Nearabout finds near things fast."""
