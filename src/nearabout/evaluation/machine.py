"""Describes the machine and the versions that measurements depend on."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import numpy as np

from nearabout import __version__, _core


def machine() -> dict[str, str]:
    """Returns processor, cores, system and versions as plain text."""
    processor = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text(errors="replace").splitlines()
        processor = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), processor)
    return {
        "processor": processor,
        "cores": str(os.cpu_count()),
        "instructions": _core.isa(),
        "system": platform.system(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "nearabout": __version__,
    }
