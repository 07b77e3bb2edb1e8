"""What the house-keeping tests look at."""

from __future__ import annotations

import ast
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

NEVER_OURS: Final = (".git", ".ci-output", "__pycache__", "node_modules")


@pytest.fixture(scope="session")
def python_files(repo_root: Path) -> dict[str, ast.Module]:
    """Give the package's modules, parsed, by their path under ``src/retailcrm``."""
    base = repo_root / "src" / "retailcrm"
    return {
        path.relative_to(base).as_posix(): ast.parse(path.read_text("utf-8"))
        for path in sorted(base.rglob("*.py"))
    }


@pytest.fixture(scope="session")
def project_files(repo_root: Path) -> dict[str, str]:
    """Give every text file that the project keeps, by its path; what .gitignore names is left out."""
    ignored = [line.rstrip("/") for line in (repo_root / ".gitignore").read_text("utf-8").split()]
    patterns = [*ignored, *NEVER_OURS]
    return {
        path.relative_to(repo_root).as_posix(): text
        for path in sorted(_walk(repo_root, patterns))
        if (text := _text(path)) is not None
    }


def _walk(folder: Path, patterns: list[str]) -> Iterator[Path]:
    for path in folder.iterdir():
        if any(fnmatchcase(path.name, Path(pattern).name) for pattern in patterns):
            continue
        if path.is_dir():
            yield from _walk(path, patterns)
        else:
            yield path


def _text(path: Path) -> str | None:
    """Read a file; give ``None`` for one that is no UTF-8 text."""
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        return None
