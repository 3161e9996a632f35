"""_core.pyi, by which everything above the core is checked, says what the compiled module has."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest

import nearabout
from nearabout import _core

PACKAGE = Path(nearabout.__file__).parent
STUB = ast.parse((PACKAGE / "_core.pyi").read_text(encoding="utf-8"))


def parameters(function: ast.FunctionDef) -> list[str]:
    arguments = function.args
    return [argument.arg for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]


def told_parameters(signature: str) -> list[str]:
    """The names in "def f(self, a: A[x=(*), y=1], *, b: int = 0) -> tuple": commas in brackets part nothing."""
    names, depth, word = [], 0, ""
    for character in signature[signature.index("(") + 1 :]:
        depth += (character in "([") - (character in ")]")
        if depth < 0 or (depth == 0 and character == ","):
            names.append(re.split("[:=]", word)[0].strip())
            word = ""
        else:
            word += character
        if depth < 0:
            break
    return [name for name in names if name not in ("", "*", "/")]


def signatures(thing: Any) -> list[list[str]]:
    """The parameter names of each overload, as nanobind tells them."""
    return [told_parameters(overload[0]) for overload in thing.__nb_signature__]


def test_the_reader_of_signatures() -> None:
    assert told_parameters("def f() -> None") == []
    assert told_parameters(
        "def f(self, a: A[x=(*), y='C'], *, b: int = \\0, c: tuple[int, str]) -> tuple[int, int]"
    ) == [*("self", "a", "b", "c")]


def stub_members(body: list[ast.stmt]) -> dict[str, ast.stmt]:
    members: dict[str, ast.stmt] = {}
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            members[node.name] = node
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is None:
            members[node.target.id] = node
    return members


MODULE = stub_members(STUB.body)
CLASSES = {name: node for name, node in MODULE.items() if isinstance(node, ast.ClassDef)}
FUNCTIONS = {name: node for name, node in MODULE.items() if isinstance(node, ast.FunctionDef)}
FUNCTIONS |= {
    f"{owner}.{name}": node
    for owner, stub in CLASSES.items()
    for name, node in stub_members(stub.body).items()
    if isinstance(node, ast.FunctionDef)
}


def test_the_module_has_the_names_of_the_stub_and_no_others() -> None:
    assert {name for name in dir(_core) if not name.startswith("__")} == set(MODULE)


@pytest.mark.parametrize("name", CLASSES)
def test_so_have_its_classes(name: str) -> None:
    has = {member for member in dir(getattr(_core, name)) if not member.startswith("_")}
    assert has == {member for member in stub_members(CLASSES[name].body) if not member.startswith("_")}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_take_the_parameters_of_the_stub(name: str) -> None:
    owner, _, member = name.rpartition(".")
    thing = getattr(getattr(_core, owner) if owner else _core, member)
    stub = FUNCTIONS[name]
    if any(isinstance(decorator, ast.Name) and decorator.id == "property" for decorator in stub.decorator_list):
        assert not callable(thing)
        return
    assert callable(thing)
    if not member.startswith("__"):
        assert parameters(stub) in signatures(thing)
