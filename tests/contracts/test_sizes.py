"""Rooms that stay small: no file over 600 lines, no function over 60."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from .tree import CPP_SUFFIXES, cpp_files, place, python_files, tracked_files

MOST_LINES = 600
MOST_FUNCTION_LINES = 60
_NO_FUNCTION = re.compile(r"^(inline )?(namespace|extern|class|struct|enum|union|template <|#|@)|=\s*\{")


def long_python_functions(source: str) -> Iterator[tuple[int, str, int]]:
    """(line, name, lines) of each function that is too long; its docstring does not count."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            first = node.body[0]
            if ast.get_docstring(node) is not None:
                lines -= (first.end_lineno or first.lineno) - first.lineno + 1
            if lines > MOST_FUNCTION_LINES:
                yield node.lineno, node.name, lines


def long_cpp_functions(text: str) -> Iterator[tuple[int, str, int]]:
    """The same for C++ as clang-format lays it out: a function outside classes ends with } in the first column."""
    begin, head = 0, ""
    for number, line in enumerate(text.splitlines(), start=1):
        if line[:1].isalpha():
            begin, head = number, line
        elif line.startswith("}") and head:
            if number - begin + 1 > MOST_FUNCTION_LINES and not _NO_FUNCTION.search(head):
                yield begin, head, number - begin + 1
            head = ""


def test_files_are_short() -> None:
    long = {}
    for path in tracked_files():
        if path.suffix in CPP_SUFFIXES | {".py", ".pyi"}:
            lines = len(path.read_text(encoding="utf-8").splitlines())
            if lines > MOST_LINES:
                long[place(path)] = lines
    assert not long, f"give each of these a wall (at most {MOST_LINES} lines): {long}"


def test_functions_are_short() -> None:
    complaints = [
        f"{place(path, line)}: {name} has {lines} lines, {MOST_FUNCTION_LINES} are enough"
        for path in python_files("src", "scripts", "benchmarks", "tests", "examples")
        for line, name, lines in long_python_functions(path.read_text(encoding="utf-8"))
    ]
    complaints += [
        f"{place(path, line)}: {lines} lines, {MOST_FUNCTION_LINES} are enough: {head}"
        for path in cpp_files("core", "bindings")
        for line, head, lines in long_cpp_functions(path.read_text(encoding="utf-8"))
    ]
    assert not complaints, "\n".join(complaints)


def test_the_checkers_see_a_long_function() -> None:
    body = "  x = 1\n" * MOST_FUNCTION_LINES
    assert [name for _, name, _ in long_python_functions(f"def f():\n{body}")] == ["f"]
    assert list(long_python_functions(f'def f():\n  """{body}"""\n  return 1\n')) == []
    assert [line for line, _, _ in long_cpp_functions(f"int a;\nvoid f() {{\n{body}}}\n")] == [2]
    assert list(long_cpp_functions(f"struct S {{\n{body}}};\n")) == []
