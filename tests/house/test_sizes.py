"""Files and functions stay small enough to read in one go."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

FILE_LINES: Final = 400
FUNCTION_LINES: Final = 60


def code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count a function's lines without its docstring, which may be as long as it needs to be."""
    assert function.end_lineno is not None
    total = function.end_lineno - function.lineno + 1
    if ast.get_docstring(function) is None:
        return total
    docstring = function.body[0]
    assert docstring.end_lineno is not None
    return total - (docstring.end_lineno - docstring.lineno + 1)


def long_functions(files: dict[str, ast.Module]) -> list[str]:
    """Name each function beyond the limit."""
    return [
        f"{path}:{node.lineno} {node.name}: {code_lines(node)} lines"
        for path, tree in files.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and code_lines(node) > FUNCTION_LINES
    ]


def long_files(root: Path) -> list[str]:
    """Name each Python file beyond the limit."""
    counts = {p: len(p.read_text("utf-8").splitlines()) for p in sorted(root.rglob("*.py"))}
    return [f"{path.name}: {count} lines" for path, count in counts.items() if count > FILE_LINES]


def test_no_file_of_the_package_is_long(repo_root: Path) -> None:
    """Every file under src has at most 400 lines; a noun that outgrows its file becomes a folder."""
    assert not long_files(repo_root / "src")


def test_no_function_of_the_package_is_long(python_files: dict[str, ast.Module]) -> None:
    """Every function under src has at most 60 lines beside its docstring."""
    assert not long_functions(python_files)


def test_a_long_file_is_noticed(tmp_path: Path) -> None:
    """The check names a planted file of 401 lines and passes one of 400."""
    (tmp_path / "long.py").write_text("x = 1\n" * 401)
    (tmp_path / "short.py").write_text("x = 1\n" * 400)
    assert long_files(tmp_path) == ["long.py: 401 lines"]


def test_a_long_function_is_noticed() -> None:
    """The check counts a planted function's code and leaves its docstring out."""
    body = "    x = 1\n" * 60
    wordy = '    """Say.\n\n' + "    More.\n" * 50 + '    """\n'
    tree = ast.parse(f"def f():\n{body}\ndef g():\n{wordy}{body[10:]}")
    assert long_functions({"a.py": tree}) == ["a.py:1 f: 61 lines"]
