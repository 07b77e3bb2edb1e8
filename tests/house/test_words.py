"""Words that must not stand in the project: vague names, promises, one machine's paths."""

from __future__ import annotations

import ast
import re
from pathlib import PurePosixPath
from typing import Final

VAGUE: Final = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "managers"}
PROMISES: Final = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|NotImplementedError\(\)")
MACHINE_PATHS: Final = re.compile(r"(?<![\w.])/(work|home|root|Users|tmp)/\w|[A-Z]:\\Users|\.\./shared")
MAY_LOOK_BESIDE_THE_CHECKOUT: Final = ".ci/"
SAYS_TWO_THINGS: Final = "recency"
# This file spells out what it looks for.
THIS_FILE: Final = "tests/house/test_words.py"


def vague_modules(paths: list[str]) -> list[str]:
    """Pick modules and folders whose name says nothing."""
    return [
        path for path in paths if VAGUE & {PurePosixPath(part).stem for part in PurePosixPath(path).parts}
    ]


def names_in(tree: ast.Module) -> set[str]:
    """Collect every identifier of a module, and text that is used like one (a column, a key)."""
    found: set[str] = set()
    for node in ast.walk(tree):
        for attribute in ("id", "attr", "arg", "name", "asname"):
            if isinstance(value := getattr(node, attribute, None), str):
                found.add(value.lower())
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value.lower())
    return found


def matches(files: dict[str, str], pattern: re.Pattern[str]) -> list[str]:
    """Name each place where a pattern stands."""
    return [
        f"{path}:{number}: {line.strip()}"
        for path, text in files.items()
        if path != THIS_FILE
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


def test_every_module_has_a_telling_name(project_files: dict[str, str]) -> None:
    """No Python module or folder is called utils, helpers, common, misc or manager."""
    assert not vague_modules([path for path in project_files if path.endswith(".py")])


def test_nothing_is_promised_for_later(project_files: dict[str, str]) -> None:
    """No project file holds a note about work still to be done."""
    assert not matches(project_files, PROMISES)


def test_no_path_of_one_machine_is_written_down(project_files: dict[str, str]) -> None:
    """No project file names a folder that only one machine has; .ci may look beside the checkout."""
    elsewhere = {p: t for p, t in project_files.items() if not p.startswith(MAY_LOOK_BESIDE_THE_CHECKOUT)}
    assert not matches(elsewhere, MACHINE_PATHS)


def test_the_word_with_two_meanings_is_no_identifier(python_files: dict[str, ast.Module]) -> None:
    """The package says days_since_last, active_days or age_days, never the word that means all three."""
    offenders = [
        path for path, tree in python_files.items() if SAYS_TWO_THINGS in map(str.lower, names_in(tree))
    ]
    assert not offenders


def test_planted_words_are_noticed() -> None:
    """Each check names a planted fault."""
    assert vague_modules(["a/utils.py", "common/b.py", "rfm.py"]) == ["a/utils.py", "common/b.py"]
    assert matches({"a.py": "x = 1  # TODO: later"}, PROMISES)
    for path in ("/wo" + "rk/main", "/home/ann/shop", r"C:\Users\ann", "../sha" + "red/data", "/ro" + "ot/x"):
        assert matches({"a.md": f"see {path}"}, MACHINE_PATHS), path
    for path in ("docs/wo" + "rk/flow.md", "https://example.org/work", "homework"):
        assert not matches({"a.md": f"see {path}"}, MACHINE_PATHS), path


def test_a_planted_identifier_is_noticed() -> None:
    """The word is seen as a variable, an attribute, an argument, a keyword and a column name."""
    for code in ("recency = 1", "a.recency", "def f(recency): ...", "f(recency=1)", "t['recency']"):
        assert SAYS_TWO_THINGS in names_in(ast.parse(code)), code
    assert SAYS_TWO_THINGS not in names_in(ast.parse("days_since_last = '''Not recency.'''"))
