"""Instruction-set files keep to themselves.

The linker keeps one copy of a weak symbol. Were one emitted by a file compiled for AVX-512, that copy might be given to
the whole program, and fail with an illegal instruction on a processor that lacks it; a function that others call fails
there in any case. So each of these object files may define data and nothing else, and may need nothing but C functions.
"""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
KERNELS = ROOT / "core" / "kernels"
ALLOWED_NEEDS = {"memcpy", "memset", "sqrt", "_GLOBAL_OFFSET_TABLE_"}
SETS = sorted(path.stem for path in KERNELS.glob("*.cpp") if path.stem != "dispatch")


def symbols(nm: str, object_file: str) -> list[tuple[str, str]]:
    """(kind, name) of every symbol."""
    output = subprocess.run([nm, object_file], check=True, capture_output=True, text=True).stdout
    return [(fields[-2], fields[-1]) for fields in (line.split() for line in output.splitlines()) if len(fields) >= 2]


@pytest.fixture(scope="session")
def nm() -> str:
    found = shutil.which("nm")
    if found is None:
        pytest.skip("nm is not installed")
    return found


@pytest.fixture(scope="session")
def objects(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The object file of each set, compiled for this test, so that a stale one never passes for today's source."""
    cmake = shutil.which("cmake")
    if cmake is None:
        pytest.skip("cmake is not installed")
    folder = tmp_path_factory.mktemp("kernels")
    configure = [cmake, "-S", str(ROOT), "-B", str(folder), "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON"]
    subprocess.run(configure, check=True, capture_output=True)
    commands = folder / "compile_commands.json"
    if not commands.exists():
        pytest.skip("this generator of CMake writes no compile_commands.json")
    compiled = {}
    for one in json.loads(commands.read_text(encoding="utf-8")):
        source, command = Path(one["file"]), shlex.split(one["command"])
        if source.parent == KERNELS and source.stem in SETS:
            compiled[source.stem] = command[command.index("-o") + 1] = str(folder / f"{source.stem}.o")
            subprocess.run(command, cwd=one["directory"], check=True, capture_output=True)
    return compiled


@pytest.mark.slow
def test_instruction_sets_define_data_only(nm: str, objects: dict[str, str]) -> None:
    assert "scalar" in objects, f"core/kernels/scalar.cpp is not among {sorted(objects)}"
    for name, path in objects.items():
        found = symbols(nm, path)
        weak = [symbol for kind, symbol in found if kind in "WwVvu"]
        assert not weak, f"{name}.cpp emits weak symbols: {weak}"
        public = [(kind, symbol) for kind, symbol in found if kind.isupper() and kind != "U"]
        assert public, f"{name}.cpp defines nothing"
        assert all(kind in "BDR" and name in symbol for kind, symbol in public), f"{name}.cpp defines {public}"
        needed = {symbol.lstrip("_") for kind, symbol in found if kind == "U"}
        surplus = needed - {symbol.lstrip("_") for symbol in ALLOWED_NEEDS}
        assert not surplus, f"{name}.cpp needs {sorted(surplus)}: only plain C functions are allowed"


@pytest.mark.parametrize("source", [*SETS, *sorted(f"parse/{path.name}" for path in (KERNELS / "text").glob("*.inl"))])
def test_instruction_sets_include_no_std_code(source: str) -> None:
    path = KERNELS / (source if source.endswith(".inl") else f"{source}.cpp")
    allowed = {"<immintrin.h>", "<arm_neon.h>", "<string.h>", "<math.h>", '"kernels/kernel_sets.h"'}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("#include") and '"kernels/generic/' not in line:
            assert line.split()[1] in allowed, f"{path.name}: {line}"
