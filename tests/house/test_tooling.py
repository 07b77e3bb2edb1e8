"""The justfile, CONTRIBUTING and .ci/run name the same commands and tools."""

from __future__ import annotations

import re
import stat
import subprocess
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from pathlib import Path

VERBS: Final = ("lint", "types", "contracts", "docs")


def recipe(justfile: str, verb: str) -> list[str]:
    """Give the commands of a verb."""
    body = re.search(rf"^{verb}(?: \*options)?:\n((?:    .+\n)+)", justfile, re.MULTILINE)
    assert body, verb
    return [line.strip().replace(" {{ options }}", "") for line in body.group(1).splitlines()]


@pytest.mark.parametrize("verb", VERBS)
def test_ci_runs_what_just_runs(repo_root: Path, verb: str) -> None:
    """Each checking command of the justfile stands, word for word, in .ci/run."""
    ci = (repo_root / ".ci" / "run").read_text("utf-8")
    for command in recipe((repo_root / "justfile").read_text("utf-8"), verb):
        assert f"in_venv test {command}\n" in ci


@pytest.mark.parametrize("verb", [*VERBS, "setup", "test", "bench", "demo", "nightly"])
def test_contributing_says_the_plain_commands(repo_root: Path, verb: str) -> None:
    """Each verb's commands stand in CONTRIBUTING's table for those without just."""
    text = (repo_root / "CONTRIBUTING.md").read_text("utf-8")
    row = next(line for line in text.splitlines() if line.startswith(f"| `just {verb}` |"))
    for command in recipe((repo_root / "justfile").read_text("utf-8"), verb):
        assert f"`{command}`" in row


def test_contributing_lists_the_system_tools(repo_root: Path) -> None:
    """Every package that .ci/run installs is on CONTRIBUTING's list, and no other."""
    ci = (repo_root / ".ci" / "run").read_text("utf-8")
    listed = re.findall(r"`apt-get install ([^`]+)`", (repo_root / "CONTRIBUTING.md").read_text("utf-8"))
    packages = re.search(r"^system_packages=\((.*)\)$", ci, re.MULTILINE)
    assert packages
    assert sorted(packages.group(1).split()) == sorted(" ".join(listed).split())


def test_ci_is_a_sound_script(repo_root: Path) -> None:
    """.ci/run is executable, and bash can read it."""
    script = repo_root / ".ci" / "run"
    assert script.stat().st_mode & stat.S_IXUSR
    subprocess.run(["bash", "-n", script], check=True)


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_the_readme_has_the_two_commands(repo_root: Path, readme: str) -> None:
    """Both READMEs show the same two commands, which .ci/run takes from the English one."""
    text = (repo_root / readme).read_text("utf-8")
    assert "$ pip install '.[shop]' && retailcrm demo\n" in text
    assert "$ pip install -e '.[test]' && pytest\n" in text


def test_every_changelog_fragment_has_a_known_kind(repo_root: Path) -> None:
    """A fragment's name ends in one of the four kinds; towncrier would pass over any other."""
    names = {path.name for path in (repo_root / "changelog.d").iterdir()} - {"README.md", ".gitignore"}
    kinds = r"(?:\d+|\+[\w-]+)\.(?:breaking|added|changed|fixed)\.md"
    assert not [name for name in names if not re.fullmatch(kinds, name)]
