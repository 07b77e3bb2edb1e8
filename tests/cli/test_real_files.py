"""The command on real files, as a process: facts that were counted independently, and progress."""

from __future__ import annotations

import csv
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from retailcrm.cli.exits import Exit

MAIN: Final = (sys.executable, "-W", "error", "-c", "from retailcrm.cli import main; main()")

pytestmark = pytest.mark.data


@pytest.fixture
def mappings(repo_root: Path) -> Path:
    """Give the folder of the shipped mappings."""
    return repo_root / "examples" / "mappings"


def score(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run ``retailcrm score`` as a process."""
    return called("score", *arguments)


def called(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run ``retailcrm`` as a process."""
    command = [*MAIN, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def customers() -> int:
    """Count the rows of the scores."""
    with Path("scores.csv").open(encoding="utf-8-sig", newline="") as file:
        return sum(1 for _ in csv.DictReader(file))


def test_online_retail(data_dir: Path, mappings: Path) -> None:
    """Of Online Retail's 541,909 rows 4,339 customers come, who have an invoice that is no cancellation."""
    pandas = pytest.importorskip("pandas")
    rows = pandas.read_csv(data_dir / "online_retail.csv.gz", dtype=str)
    bought = rows[~rows["InvoiceNo"].str.startswith("C")]["CustomerID"].dropna().nunique()
    run = score(
        data_dir / "online_retail.csv.gz", "--map", mappings / "online_retail.toml", "--as-of", "2011-12-10"
    )
    assert run.returncode == Exit.OK, run.stderr
    assert run.stderr == ""
    assert "541,909" in run.stdout
    assert customers() == bought == 4339
    assert "\x1b" not in run.stdout


def test_taobao_2019h1(data_dir: Path, mappings: Path) -> None:
    """The Taobao workbook gives the 25,420 buyers with a success, and their 3,511,305 yuan."""
    run = score(
        data_dir / "taobao_orders_2019h1.xlsx",
        "--map",
        mappings / "taobao_orders_2019h1.toml",
        "--as-of",
        "2019-07-01",
    )
    assert run.returncode == Exit.OK, run.stderr
    assert customers() == 25420
    assert "¥3,511,305.00  100.0 %" in run.stdout


def test_cdnow(data_dir: Path, mappings: Path) -> None:
    """CDNOW's blank-separated file gives its 23,570 customers and $2,500,315.63."""
    run = score(data_dir / "cdnow_master.txt", "--map", mappings / "cdnow.toml", "--as-of", "1998-07-01")
    assert run.returncode == Exit.OK, run.stderr
    assert customers() == 23570
    assert "US$2,500,315.63  100.0 %" in run.stdout


def test_tmall_report(data_dir: Path) -> None:
    """The Tmall report has no buyer column: its account is printed, and nobody can be scored."""
    run = score(data_dir / "tmall_order_report_2020_02.csv", "--as-of", "2020-03-01")
    assert run.returncode == Exit.NOBODY
    assert "28,010" in run.stdout
    assert "5,646 of 5,646 refunded rows agree" in run.stdout
    assert "--buyers" in run.stderr
    assert not Path("scores.csv").exists()


REPORTS: Final = {
    "online_retail.csv.gz": ("online_retail.toml", "2011-12-10", "4,339 customers scored"),
    "cdnow_master.txt": ("cdnow.toml", "1998-07-01", "23,570 customers scored"),
    "taobao_orders_2019h1.xlsx": ("taobao_orders_2019h1.toml", "2019-07-01", "25,420 customers scored"),
    "tmall_order_report_2020_02.csv": (None, "2020-03-01", "no customer scored"),
    "product_reviews.xlsx": ("product_reviews.toml", "2020-01-01", "no customer scored"),
    "user_behavior_sample.csv": ("user_behavior.toml", "2017-12-04", "scored as of"),
}
"""Each real file with its mapping, a day after its last record, and what the run says at its end."""


@pytest.mark.parametrize("name", REPORTS)
def test_every_file_has_its_report(data_dir: Path, mappings: Path, name: str) -> None:
    """Whatever a file holds, a page comes of it: 0, or 5 where hardly any buyer is known."""
    mapping, day, said = REPORTS[name]
    mapped = () if mapping is None else ("--map", mappings / mapping)
    run = called("report", data_dir / name, *mapped, "--as-of", day, "--lang", "en")
    masked = name == "tmall_order_report_2020_02.csv"
    assert run.returncode == (Exit.COVERAGE if masked else Exit.OK), run.stderr
    assert said in run.stdout
    assert Path("report.html").read_text("utf-8").rstrip().endswith("</html>")


def test_a_long_run_shows_progress(data_dir: Path, mappings: Path) -> None:
    """On a terminal a file that takes a while shows rows/s; the line is gone at the end."""
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    command = [
        *MAIN, "score", str(data_dir / "online_retail.csv.gz"), "--map", str(mappings / "online_retail.toml"),
        "--as-of", "2011-12-10",
    ]  # fmt: skip
    env = {**os.environ, "TERM": "xterm", "COLUMNS": "80"}
    run = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=theirs, env=env)
    os.close(theirs)
    shown = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # Linux ends a terminal whose other side is closed so
            break
        if not part:
            break
        shown += part
    os.close(ours)
    assert run.wait() == Exit.OK
    assert re.search(rb"[1-9][\d,]* rows, [1-9][\d,]* rows/s", shown)
    assert b"scoring" in shown
    assert shown.rstrip(b"\r\n").endswith(b"\x1b[2K")
