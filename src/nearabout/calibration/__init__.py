"""Calibration: the recall that an index measured for each effort, and the effort that a search uses for a recall."""

from __future__ import annotations

from nearabout.calibration.measurements import Calibration, CalibrationPoint, Measurement
from nearabout.calibration.search_cost import EVERY_ROW

__all__ = ["EVERY_ROW", "Calibration", "CalibrationPoint", "Measurement"]
