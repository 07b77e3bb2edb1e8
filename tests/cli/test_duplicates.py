"""``retailcrm duplicates`` and ``--merges``: find, look through, apply."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from click.testing import Result

from retailcrm.cli.exits import Exit

Run = Callable[..., Result]

MEMBERS: Final = """\
nick,name,phone,email
甲,张三,13800134821,
乙,张三,+86 138 0013 4821,
丙,李四,13800134821,c@example.com
丁,李四,,c@example.com
"""
MAPPING: Final = """
name = "members"
grain = "customer"
platform = "taobao"
[columns]
buyer = "nick"
name = "name"
phone = "phone"
email = "email"
[buyer]
kind = "nick"
strength = "stable"
"""


@pytest.fixture
def files(three: str) -> list[str]:
    """Write orders and a member list; give the words that read them."""
    Path("members.csv").write_text(MEMBERS, "utf-8-sig")
    Path("members.toml").write_text(MAPPING, "utf-8")
    return [three, "--with", "members.csv", "members.toml"]


def test_pairs_are_printed_and_written(run: Run, files: list[str]) -> None:
    """Two groups, the one with more orders first, and a household that is left alone."""
    result = run("duplicates", *files, "--out", "dupes.csv")
    assert result.exit_code == Exit.OK, result.output
    said = result.stdout
    assert "2 groups of customers that are probably one person" in said
    assert "1 phone shared by people of other names: households" in said
    assert "dupes.csv" in said
    assert "13800134821" not in said
    with Path("dupes.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["merge"], row["keep"], row["gone"], row["evidence"]) for row in rows] == [
        ("yes", "丙", "丁", "same e-mail 邮箱相同"),
        ("yes", "乙", "甲", "same phone and name 电话与姓名相同"),
    ]


def test_merges_are_applied_as_edited(run: Run, files: list[str]) -> None:
    """Of the two pairs one is turned down: the scores join only 甲 and 乙."""
    run("duplicates", *files, "--out", "dupes.csv")
    text = Path("dupes.csv").read_text("utf-8-sig").replace("yes,丙", "no,丙")
    Path("dupes.csv").write_text(text, "utf-8-sig")
    result = run("score", *files, "--as-of", "2024-04-01", "--merges", "dupes.csv")
    assert result.exit_code == Exit.OK, result.output
    with Path("scores.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["customer_id"]: row["net"] for row in csv.DictReader(file)}
    assert rows == {"乙": "30.00", "丙": "30.00"}
    said = run("customer", "甲", *files, "--merges", "dupes.csv").stdout
    assert "customer 顾客 乙\n" in said
    assert "merged 合并    甲" in said
    assert "1 group of customers" in run("duplicates", *files, "--merges", "dupes.csv").stdout


def test_the_report_takes_merges_too(run: Run, files: list[str]) -> None:
    """The page is made of the merged customers."""
    run("duplicates", *files, "--out", "dupes.csv")
    result = run("report", *files, "--as-of", "2024-04-01", "--merges", "dupes.csv", "--json")
    assert result.exit_code == Exit.OK, result.output
    assert json.loads(result.stdout)["customers"] == 2


def test_json_counts_groups_pairs_and_evidence(run: Run, files: list[str]) -> None:
    """One document, and nothing else on standard output."""
    plain = json.loads(run("duplicates", *files, "--json").stdout)
    assert plain["command"] == "duplicates"
    assert (plain["groups"], plain["pairs"], plain["households"], plain["out"]) == (2, 2, 1, "duplicates.csv")
    assert plain["evidence"] == {"shared_identity": 1, "same_phone_and_name": 1}


def test_a_shop_without_duplicates_says_so(run: Run, three: str) -> None:
    """No group, a file with a header only."""
    result = run("duplicates", three)
    assert result.exit_code == Exit.OK
    assert "0 groups of customers that are probably one person" in result.stdout
    assert len(Path("duplicates.csv").read_text("utf-8-sig").splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("a,b\n1,2\n", Exit.REFUSED, "not a file of merges"),
        ("keep,gone\n甲,丙\n", Exit.REFUSED, "line 2: nothing shows that 甲 and 丙 are one person"),
        (None, Exit.REFUSED, "No such file"),
    ],
)
def test_a_wrong_file_of_merges_says_what_to_do(
    run: Run, files: list[str], text: str | None, code: Exit, said: str
) -> None:
    """One sentence, and no traceback."""
    if text is not None:
        Path("m.csv").write_text(text, "utf-8")
    result = run("score", *files, "--as-of", "2024-04-01", "--merges", "m.csv")
    assert result.exit_code == code
    assert said in result.stderr
    assert result.stderr.count("\n") == 1
