"""What the core may say, and where: no printing, no abort, intrinsics and system calls each in one ring only."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from .tree import ROOT, code_only, cpp_files, place


@dataclass(frozen=True)
class Rule:
    """`pattern` may stand in files whose path starts with one of `allowed`, and nowhere else in core/ or bindings/."""

    name: str
    pattern: str
    allowed: tuple[str, ...] = ()


RULES = [
    Rule(
        "nanobind and Python headers only in bindings",
        r"#\s*include\s*<(nanobind/|Python\.h)|\bnanobind::",
        ("bindings/",),
    ),
    Rule(
        "intrinsics only in kernels (base/cpu asks the processor what it can do)",
        r"#\s*include\s*<(\w*intrin\.h|arm_\w+\.h|cpuid\.h)>|\b_mm\d*_\w+\(|\b__m(128|256|512)",
        ("core/kernels/", "core/base/cpu."),
    ),
    Rule(
        "mapped memory only in storage", r"#\s*include\s*<sys/mman\.h>|\bmmap\(|\bMapViewOfFile\b", ("core/storage/",)
    ),
    Rule(
        "the operating system's files only in storage",
        r"#\s*include\s*<(unistd|fcntl|windows|io|sys/stat|sys/types|fstream|cstdio|stdio)(\.h)?>",
        ("core/storage/", "core/base/cpu."),
    ),
    Rule(
        "byte casts only where memory comes in: the file's (storage), the kernels' and Python's (bindings)",
        r"\breinterpret_cast\b|\bstatic_cast<[^<>]*(<[^<>]*>)?[^<>]*>\(\s*static_cast<\s*(const\s+)?void\b",
        ("core/storage/", "core/kernels/", "bindings/"),
    ),
    Rule(
        "nothing is printed", r"\b(printf|fprintf|puts|perror)\s*\(|\bstd::(cout|cerr|clog)\b|#\s*include\s*<iostream>"
    ),
    Rule("nothing ends the process", r"(?<![\w.>])(std::)?(abort|exit|quick_exit|_Exit|terminate)\s*\(|\bassert\s*\("),
    Rule(
        "the interpreter's lock only through ReleasedGil and AcquiredGil, which outlive the interpreter",
        r"\bgil_scoped_(release|acquire)\b|\bPyEval_(Save|Restore)Thread\b|\bPyGILState_\w+\(|\bPy_BEGIN_ALLOW_THREADS\b",
        ("bindings/gil.",),
    ),
    Rule("no random numbers of the C library", r"(?<![\w.>])(std::)?s?rand\s*\("),
    Rule("entropy only for the names of temporary files", r"\bstd::random_device\b", ("core/storage/",)),
    Rule("nothing global by using namespace", r"\busing\s+namespace\s+std\b"),
]


def breaches(text: str, file_name: str, rule: Rule) -> list[int]:
    """The lines of `text` that break `rule`, if `file_name` (from the root of the project) is not exempt."""
    if file_name.startswith(rule.allowed):
        return []
    code = code_only(text)
    return [code.count("\n", 0, match.start()) + 1 for match in re.finditer(rule.pattern, code)]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_rule_holds(rule: Rule) -> None:
    complaints = [
        f"{place(path, line)}: {rule.name}"
        for path in cpp_files("core", "bindings")
        for line in breaches(path.read_text(encoding="utf-8"), path.relative_to(ROOT).as_posix(), rule)
    ]
    assert not complaints, "\n".join(complaints)


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("nanobind", "#include <nanobind/nanobind.h>"),
        ("intrinsics", "#include <immintrin.h>"),
        ("intrinsics", "auto x = _mm256_setzero_ps();"),
        ("mapped", "void* p = ::mmap(nullptr, n, PROT_READ, MAP_SHARED, fd, 0);"),
        ("the operating", "#include <fcntl.h>"),
        ("byte casts", "auto* p = reinterpret_cast<const float*>(bytes);"),
        ("byte casts", "auto* p = static_cast<const float*>(static_cast<const void*>(bytes));"),
        ("byte casts", "auto* p = static_cast<Pair<int>*>(static_cast<void*>(bytes));"),
        ("nothing is printed", 'std::printf("x");'),
        ("nothing is printed", "std::cerr << 1;"),
        ("nothing ends", "std::abort();"),
        ("nothing ends", "assert(n > 0);"),
        ("the interpreter's lock", "const nb::gil_scoped_release release;"),
        ("the interpreter's lock", "PyEval_RestoreThread(state);"),
        ("no random", "int r = rand();"),
        ("entropy", "std::random_device device;"),
        ("nothing global", "using namespace std;"),
    ],
)
def test_the_checker_sees_a_breach(name: str, bad: str) -> None:
    rules = [rule for rule in RULES if rule.name.startswith(name)]
    assert len(rules) == 1
    assert breaches(f"// fine\n{bad}\n", "core/metric/sample.cpp", rules[0]) == [2]


def test_words_in_comments_strings_and_other_names_are_no_breach() -> None:
    fine = '// abort() and printf(x)\n/* rand() */ auto s = "exit(1)"; loop.abort(); static_assert(true); my_rand();\n'
    assert [rule.name for rule in RULES if breaches(fine, "core/metric/sample.cpp", rule)] == []


def test_the_exempt_folders_exist() -> None:
    for rule in RULES:
        for prefix in rule.allowed:
            folder = Path(prefix).parent if not prefix.endswith("/") else Path(prefix)
            assert (ROOT / folder).is_dir(), f"{rule.name}: {folder} is gone"
