"""The blocks of a page are run: right ones pass, wrong ones fail."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from pathlib import Path

GOOD: Final = """\
# A page

```python
from pathlib import Path
_ = Path("left.csv").write_text("a")
```

```python
>>> Path("left.csv").read_text()
'a'
```

```toml
zone = "Asia/Shanghai"
```

```console
$ pip install nothing-that-exists
```
"""

BAD: Final = [
    "```python\n1 / 0\n```\n",
    "```python\n>>> 1 + 1\n3\n```\n",
    "```toml\nzone = \n```\n",
    "```json\n{,}\n```\n",
    "```console\n$ retailcrm no-such-verb\n```\n",
    "```console\n$ retailcrm --help\nNothing that it prints.\n```\n",
]


def run_page(folder: Path, repo_root: Path, text: str) -> subprocess.CompletedProcess[str]:
    """Run one page as the suite would."""
    shutil.copy(repo_root / "conftest.py", folder)
    (folder / "README.md").write_text(text, "utf-8")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(folder),
        "README.md",
    ]
    env = {**os.environ, "CI": ""}  # there is no list of skips in the folder
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


def test_a_page_whose_blocks_are_right_passes(tmp_path: Path, repo_root: Path) -> None:
    """Blocks share names and a folder of their own; nothing stays where the run started."""
    run = run_page(tmp_path, repo_root, GOOD)
    assert run.returncode == pytest.ExitCode.OK, run.stdout
    assert not (tmp_path / "left.csv").exists()


@pytest.mark.parametrize("text", BAD)
def test_a_page_with_a_wrong_block_fails(tmp_path: Path, repo_root: Path, text: str) -> None:
    """Broken code, a wrong result, broken settings, a wrong command and wrong output are all seen."""
    assert run_page(tmp_path, repo_root, text).returncode == pytest.ExitCode.TESTS_FAILED


def test_a_command_with_its_output_passes(tmp_path: Path, repo_root: Path) -> None:
    """A console block that shows what the command prints passes; ``...`` stands for any text."""
    run = run_page(tmp_path, repo_root, "```console\n$ retailcrm --help\nUsage: retailcrm ...\n```\n")
    assert run.returncode == pytest.ExitCode.OK, run.stdout
