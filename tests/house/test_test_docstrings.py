"""Every test says in one line what it shows."""

from __future__ import annotations

import ast


def silent_tests(files: dict[str, str]) -> list[str]:
    """Name each test function without a docstring that fits in its first line."""
    return [
        f"{path}:{node.lineno} {node.name}"
        for path, text in files.items()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and not (ast.get_docstring(node) or "").partition("\n")[0].strip()
    ]


def test_every_test_says_what_it_shows(project_files: dict[str, str]) -> None:
    """Each test function, wherever it stands, has a one-line behaviour docstring."""
    files = {p: t for p, t in project_files.items() if p.rpartition("/")[2].startswith("test_")}
    assert not silent_tests({p: t for p, t in files.items() if p.endswith(".py")})


def test_a_silent_test_is_noticed() -> None:
    """The check names a planted test without a docstring, also inside a class."""
    code = 'class TestA:\n    def test_b(self): ...\ndef test_c():\n    """Say so."""\ndef other(): ...\n'
    assert silent_tests({"t.py": code}) == ["t.py:2 test_b"]
