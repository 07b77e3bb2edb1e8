"""Why one process must not use two SQLite libraries: the one gives away the locks of the other."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

HOLD = """
    import sqlite3, subprocess, sys
    import apsw
    path, second = sys.argv[1], sys.argv[2]
    ours = sqlite3.connect(path, isolation_level=None)
    ours.execute("PRAGMA journal_mode = wal")
    ours.execute("BEGIN IMMEDIATE")
    ours.execute("INSERT INTO points VALUES (1)")
    if second == "opened":
        theirs = apsw.Connection(path)
        list(theirs.execute("SELECT * FROM points"))
        theirs.close()
    other = "import sqlite3, sys; sqlite3.connect(sys.argv[1], timeout=0).execute('BEGIN IMMEDIATE')"
    run = subprocess.run([sys.executable, "-c", other, path], capture_output=True, text=True)
    print("kept out" if "locked" in run.stderr else "let in")
"""


@pytest.mark.parametrize(("second", "expected"), [("left alone", "kept out"), ("opened", "let in")])
def test_a_second_library_gives_away_the_lock_of_the_first(
    tmp_path: Path, second: str, expected: str
) -> None:
    """While we write, others are kept out; once a second library opened and closed the file, they are not.

    The system forgets all locks of a process on a file when the process closes that file once. One library
    knows which of its connections are open and waits; it knows nothing of another's.
    """
    path = tmp_path / "shop.db"
    script = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('CREATE TABLE points (n INTEGER)')"
    subprocess.run([sys.executable, "-c", script, path], check=True)
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(HOLD), path, second],
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.strip() == expected
