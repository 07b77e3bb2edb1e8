"""``retailcrm demo``: 18 months of a made-up shop, the same bytes every time, and what to try next."""

from __future__ import annotations

import csv
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from click.testing import Result

from retailcrm import open_shop
from retailcrm.cli.exits import Exit
from retailcrm.ports.batches import Grain
from retailcrm.simulate.exports.full import MAPPINGS, REDEMPTIONS_FILE

Run = Callable[..., Result]

SMALL: Final = ("--customers", "300")


def digests(folder: Path) -> dict[str, str]:
    """Give the digest of each file in a folder, but the database: it knows when it was made."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith("shop.db")
    }


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Run the demo once in a process of its own, as a user does; give the folder and what it printed."""
    place = tmp_path_factory.mktemp("demo")
    return place / "retailcrm-demo", started(place, {"PYTHONHASHSEED": "1", "TZ": "Asia/Tokyo"})


def started(place: Path, env: dict[str, str]) -> str:
    """Run a small demo as a process in a folder."""
    command = [sys.executable, "-W", "error", "-c", "from retailcrm.cli import main; main()", "demo", *SMALL]
    done = subprocess.run(
        command,
        cwd=place,
        env={**os.environ, "COLUMNS": "80", **env},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout


def test_everything_is_there(first: tuple[Path, str]) -> None:
    """The folder holds exports, a buyers file, scores, a page and the shop's rules."""
    names = set(digests(first[0]))
    assert {"scores.csv", "report.html", "shop.toml"} <= names
    exports = {name for name in names if name.startswith("exports/")}
    assert len(exports) == len(names) - 3
    assert any("ExportOrderList" in name for name in exports)
    assert "exports/买家对照表.csv" in exports


def test_the_shop_has_more_than_orders(first: tuple[Path, str]) -> None:
    """Members, catalogue, parcels and reviews lie beside the orders, with the mappings that read them."""
    names = set(digests(first[0] / "exports"))
    assert REDEMPTIONS_FILE in names
    assert {"会员列表.csv", "会员列表（旧）.csv", "商品列表.csv", "物流轨迹.csv", "评价列表.csv"} <= names
    mappings = {name for name in names if name.startswith("mappings/")}
    assert {Path(name).stem for name in mappings} == {"members", "products", "parcels", "reviews"}
    files = len(names - mappings - {REDEMPTIONS_FILE})
    assert f"{files} files, " in first[1]
    assert " 0 rejected" in first[1]


def test_the_page_shows_more_than_orders(first: tuple[Path, str]) -> None:
    """Regions, ages, products and slow sellers, channels, reasons of refunds, reviews stand in the page."""
    page = (first[0] / "report.html").read_text("utf-8")
    titles = set(re.findall(r"<h2[^>]*>([^<]+)", page))
    assert {"地区", "性别与年龄", "热销与滞销商品", "品类", "销售渠道", "退款", "评价"} <= {
        t.strip() for t in titles
    }
    # A slow seller, a reason, a channel, a level, a category: told by files beside the order reports.
    for text in ("香榧子特级礼袋", "商品破损/少件", "电脑", "高级会员", "食品/坚果炒货"):
        assert text in page


def test_the_page_shows_points_alive(first: tuple[Path, str]) -> None:
    """Points by month, by expiry, what they cost, what lapses unused, and who redeems what."""
    page = (first[0] / "report.html").read_text("utf-8")
    titles = {t.strip() for t in re.findall(r"<h2[^>]*>([^<]+)", page)}
    assert {"积分概况", "积分何时到期", "谁在兑换积分", "积分沉淀率", "积分负债"} <= titles
    for text in ("试吃礼包", "订单抵扣", "回测", "合同负债—积分"):
        assert text in page
    rows = (first[0] / "exports" / REDEMPTIONS_FILE).read_text("utf-8-sig").splitlines()
    assert f", {len(rows) - 1} redemptions of " in first[1]


def test_redemptions_that_cannot_be_are_told(run: Run, first: tuple[Path, str]) -> None:
    """A row that spends more than there is is left out and told; the option needs [points]."""
    orders = str(next((first[0] / "exports").glob("ExportOrderList2023*.csv")))
    Path("till.csv").write_text("customer,points,time\nnobody,10,2023-03-01\n", "utf-8")
    given = ("report", orders, "--as-of", "2023-04-01", "--redemptions", "till.csv")
    result = run(*given, "--policy", str(first[0] / "shop.toml"))
    assert result.exit_code == Exit.OK
    assert "1 redemption left out; till.csv, line 2: 10 points cannot be spent" in result.stderr
    refused = run(*given)
    assert refused.exit_code == Exit.USAGE
    assert "[points]" in refused.stderr


def test_what_lies_beside_the_orders_can_be_imported_by_hand(first: tuple[Path, str]) -> None:
    """The copied mappings read their files: nothing is rejected, and every kind is known to the shop."""
    shop = open_shop()
    exports = first[0] / "exports"
    for name, mapping in MAPPINGS.items():
        result = shop.imports.files(exports / name, mapping=exports / "mappings" / mapping)
        assert result.accepted > 10
        assert not result.problems
    kinds = {kind.grain for kind in shop.imports.kept.beside().kinds}
    assert kinds == {Grain.CUSTOMERS, Grain.PRODUCTS, Grain.REVIEWS, Grain.PARCELS}


def test_the_same_seed_gives_the_same_bytes(first: tuple[Path, str], tmp_path: Path) -> None:
    """A second run elsewhere, under another hash seed and time zone, writes the same bytes in every file."""
    said = started(tmp_path, {"PYTHONHASHSEED": "2", "TZ": "America/New_York"})
    assert digests(tmp_path / "retailcrm-demo") == digests(first[0])
    assert said == first[1]


def test_running_it_again_in_the_same_folder_works(run: Run, first: tuple[Path, str]) -> None:
    """A second demo replaces the first; another seed gives other files."""
    assert run("demo", *SMALL).exit_code == Exit.OK
    before = digests(Path("retailcrm-demo"))
    assert before == digests(first[0])
    assert run("demo", *SMALL).exit_code == Exit.OK
    assert digests(Path("retailcrm-demo")) == before
    assert run("demo", *SMALL, "--seed", "8").exit_code == Exit.OK
    after = digests(Path("retailcrm-demo"))
    assert set(after) == set(before)
    assert after["scores.csv"] != before["scores.csv"]
    assert after["shop.toml"] == before["shop.toml"]


def test_eighteen_months(first: tuple[Path, str]) -> None:
    """The orders of the exports run over the 18 months before the day of the scores."""
    days = set()
    for path in (first[0] / "exports").glob("ExportOrderList*.csv"):
        with path.open(encoding="gb18030", newline="") as file:
            days |= {row["订单创建时间"][:7] for row in csv.DictReader(file)}
    assert len(days) == 18
    assert (min(days), max(days)) == ("2023-01", "2024-06")
    assert "18 months up to 2024-07-01" in first[1]


def test_the_summary_is_short(first: tuple[Path, str]) -> None:
    """The summary is a screen and some commands, and says where the page lies and what to do with it."""
    lines = first[1].splitlines()
    assert len(lines) <= 46
    assert "report   retailcrm-demo/report.html" in lines
    assert "scores   retailcrm-demo/scores.csv" in lines
    assert "open the report in a browser" in first[1]
    tiers = [line for line in lines if line.startswith(("Member", "Silver", "Gold", "Platinum", "Diamond"))]
    assert len(tiers) == 5


def test_the_command_to_try_next_works(first: tuple[Path, str], tmp_path: Path) -> None:
    """The last line is a command that scores the demo's exports, and as many customers as the demo did."""
    command = first[1].splitlines()[-1]
    assert command.startswith("retailcrm score retailcrm-demo/exports/Export*.csv ")
    (tmp_path / "retailcrm-demo").symlink_to(first[0])
    typed(command, tmp_path)
    ours, theirs = (
        len((folder / "scores.csv").read_text("utf-8-sig").splitlines()) for folder in (tmp_path, first[0])
    )
    assert ours == theirs > 100


def typed(command: str, place: Path) -> None:
    """Run a command as typed into a shell; it must work."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", "-c", command], cwd=place, env={**os.environ, "PATH": path}, capture_output=True, check=False
    )
    assert done.returncode == Exit.OK, done.stderr


def report_command(said: str) -> str:
    """Find the command that makes the page: its lines up to the one that is not continued."""
    lines = said[said.index("retailcrm report ") :].splitlines()
    last = next(number for number, line in enumerate(lines) if not line.endswith("\\"))
    return "\n".join(lines[: last + 1])


def test_the_command_that_makes_the_page_works(first: tuple[Path, str], tmp_path: Path) -> None:
    """It reads every file, those beside the orders by their mappings, and writes the very same page."""
    command = report_command(first[1])
    assert command.count("--with ") == len(MAPPINGS)
    assert all(line.rstrip(" \\").count(" --") <= 2 for line in command.splitlines())
    shutil.copytree(first[0], tmp_path / "retailcrm-demo")
    page = tmp_path / "retailcrm-demo" / "report.html"
    page.unlink()
    typed(command, tmp_path)
    assert page.read_bytes() == (first[0] / "report.html").read_bytes()


def test_the_shop_is_kept(first: tuple[Path, str], tmp_path: Path) -> None:
    """The database holds the shop, redemptions included; the printed commands go on with it."""
    commands = [line for line in first[1].splitlines() if " --db sqlite:///retailcrm-demo/shop.db" in line]
    assert [line.split()[1:3] for line in commands] == [
        ["points", "--db"], ["points", "adjust"], ["points", "redeem"], ["verify", "--db"],
    ]  # fmt: skip
    shutil.copytree(first[0], tmp_path / "retailcrm-demo")
    for command in commands:
        typed(command, tmp_path)
    spent = int(re.search(r"redemptions? of ([\d,]+) point", first[1])[1].replace(",", ""))  # type: ignore[index]
    with open_shop(f"sqlite:///{tmp_path / 'retailcrm-demo' / 'shop.db'}") as shop:
        assert shop.points("2024-07-01").flows["redeemed"] == spent > 0
        scores = shop.insight.score("2024-07-01")
        assert shop.policy.points is not None
        assert shop.policy_since is not None
    assert len(scores) == len((first[0] / "scores.csv").read_text("utf-8-sig").splitlines()) - 1


def test_a_database_of_somebody_else_is_left_alone(run: Run) -> None:
    """A shop.db that holds other files, or is none of ours, is refused; the demo's own is made anew."""
    assert run("demo", "--customers", "10").exit_code == Exit.OK
    database = Path("retailcrm-demo/shop.db")
    with open_shop(f"sqlite:///{database}", shop="mine"):
        pass
    for content in (database.read_bytes(), b"mine"):
        database.write_bytes(content)
        result = run("demo", "--customers", "10")
        assert result.exit_code == Exit.USAGE
        assert "its shop.db is not the demo's" in result.stderr
        assert database.read_bytes() == content
    database.unlink()
    assert run("demo", "--customers", "10").exit_code == Exit.OK
    assert run("demo", "--customers", "10").exit_code == Exit.OK
    with open_shop(f"sqlite:///{database}") as shop:
        assert len({file.name for file in shop.imports.accounts()}) == len(shop.imports.accounts())


def test_the_command_is_quoted(run: Run) -> None:
    """A folder with a blank in its name is quoted in the command, its pattern left to the shell."""
    said = run("demo", *SMALL, "--out", "my shop", "--lang", "en").stdout
    assert said.splitlines()[-1].startswith("retailcrm score 'my shop/exports'/Export*.csv ")
    assert "--buyers 'my shop/exports/" in said.splitlines()[-1]
    command = report_command(said)
    assert command.startswith("retailcrm report 'my shop/exports'/Export*.csv ")
    assert command.endswith("--lang en --out 'my shop/report.html'")


def test_the_language(run: Run) -> None:
    """--lang en gives an English page and English labels."""
    assert run("demo", *SMALL, "--lang", "en").exit_code == Exit.OK
    assert 'lang="en' in Path("retailcrm-demo/report.html").read_text("utf-8")
    assert "Silver" in Path("retailcrm-demo/scores.csv").read_text("utf-8-sig")


def test_the_rules_hold_the_shipped_ladder(first: tuple[Path, str], repo_root: Path) -> None:
    """The ladder of the demo's shop.toml is, setting for setting, the one of the policy examples."""
    demo = tomllib.loads((first[0] / "shop.toml").read_text("utf-8"))
    example = tomllib.loads((repo_root / "examples" / "policies" / "tiers_metals.toml").read_text("utf-8"))
    assert demo["ladder"] == example["ladder"]
    assert set(demo) == {"shop", "ladder", "points"}


def test_rules_of_somebody_else_are_left_alone(run: Run) -> None:
    """A folder with another shop.toml is refused, and the file is not touched."""
    Path("mine").mkdir()
    Path("mine/shop.toml").write_text("[shop]\n")
    result = run("demo", *SMALL, "--out", "mine")
    assert result.exit_code == Exit.USAGE
    assert "its shop.toml is not the demo's" in result.stderr
    assert [path.name for path in Path("mine").iterdir()] == ["shop.toml"]
    assert Path("mine/shop.toml").read_text() == "[shop]\n"


WRONG: Final = {
    "nobody": (("--customers", "0"), "customers must be"),
    "fewer": (("--customers", "-5"), "customers must be"),
    "seed": (("--seed", "-1"), "seed must be"),
    "words": (("--customers", "many"), "not a valid integer"),
    "file": (("--out", "file.txt"), "this is a file; give a folder"),
    "below a file": (("--out", "file.txt/demo"), "file.txt"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_option(run: Run, kind: str) -> None:
    """A wrong option is told in a sentence, and nothing is written."""
    given, words = WRONG[kind]
    Path("file.txt").write_text("mine")
    result = run("demo", *given)
    assert result.exit_code in (Exit.USAGE, Exit.REFUSED)
    assert words in result.stderr
    assert [path.name for path in Path().iterdir()] == ["file.txt"]


def test_a_shop_of_one(run: Run) -> None:
    """A shop with a single customer works too."""
    assert run("demo", "--customers", "1").exit_code == Exit.OK
