"""Estimates of a build: file size, time, memory and search speed."""
