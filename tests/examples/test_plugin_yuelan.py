"""The example plugin does what its page says, and the core does not know it."""

from __future__ import annotations

import csv
import json
from importlib.metadata import PathDistribution
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import retailcrm

if TYPE_CHECKING:
    from collections.abc import Callable

# Read off the sample file by hand: what each member paid (before refunds), got back, and how often.
BY_HAND: Final = {
    "M1001": {"orders": "2", "gross": "194.00", "refunded": "28.00", "net": "166.00", "tier": "weekend"},
    "M1002": {"orders": "2", "gross": "1249.00", "refunded": "0.00", "net": "1249.00", "tier": "member"},
    "M1004": {"orders": "1", "gross": "88.00", "refunded": "0.00", "net": "88.00", "tier": "member"},
    "M1005": {"orders": "1", "gross": "45.50", "refunded": "0.00", "net": "45.50", "tier": "member"},
}


def plugins_of(run: Any) -> dict[str, Any]:
    """Give what `retailcrm plugins --json` printed."""
    assert run.returncode == 0, run.stderr
    return dict(json.loads(run.stdout))


def scores_of(path: Path) -> dict[str, dict[str, str]]:
    """Read a score file by customer."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return {row["customer_id"]: row for row in csv.DictReader(file)}


def test_the_plugin_is_listed_with_its_version(installed: Any) -> None:
    """`retailcrm plugins` names it, the distribution it came from, the version and the hooks."""
    listed = plugins_of(installed.retailcrm("plugins", "--json"))
    mine = next(plugin for plugin in listed["plugins"] if plugin["name"] == "yuelan")
    assert mine == {
        "name": "yuelan",
        "distribution": "retailcrm-plugin-yuelan",
        "version": "0.3.0",
        "hooks": [
            "register_referral_checks",
            "register_report_sections",
            "register_sources",
            "register_tier_metrics",
        ],
    }
    assert "yuelan" in listed["formats"]
    assert "weekend_orders" in listed["tier_metrics"]


def test_its_files_are_scored(installed: Any) -> None:
    """A file of the made-up platform is recognised, accounted for and scored, tier metric included."""
    out = installed.work / "scores.csv"
    policy = installed.source / "sample" / "shop.toml"
    settings = ("--policy", str(policy), "--as-of", "2024-07-01", "--out", str(out))
    run = installed.retailcrm("score", str(installed.export), *settings, "--json")
    assert run.returncode == 0, run.stderr
    document = json.loads(run.stdout)
    (file,) = document["files"]
    assert (file["format"], file["records"]) == ("yuelan", 12)
    assert (file["accepted"], file["rejected"], file["blank"]) == (10, 1, 1)
    assert file["exported_at"] == "2024-07-01T00:00:00+08:00"
    (problem,) = document["problems"]
    assert (problem["code"], problem["first_line"]) == ("value", 11)
    found = scores_of(out)
    assert {who: {name: row[name] for name in BY_HAND["M1001"]} for who, row in found.items()} == BY_HAND


def test_the_core_is_untouched(installed: Any) -> None:
    """The installation adds its own package and nothing else; without it nobody knows the format."""
    names = {path.name for path in installed.site.iterdir()}
    assert names == {"retailcrm_plugin_yuelan", "retailcrm_plugin_yuelan-0.3.0.dist-info"}
    core = Path(retailcrm.__file__).parent
    assert not [path for path in core.rglob("*.py") if "yuelan" in path.read_text("utf-8").lower()]
    without = plugins_of(installed.retailcrm("plugins", "--json", site=installed.work))
    assert "yuelan" not in without["formats"]
    assert "weekend_orders" not in without["tier_metrics"]


def test_it_needs_the_base_install_only(installed: Any) -> None:
    """The plugin asks for no extra, and importing it loads none of what the extras bring."""
    (info,) = installed.site.glob("*.dist-info")
    requires = PathDistribution(info).requires or []
    assert [r for r in requires if "extra ==" not in r] == ["retailcrm-core>=0.1"]
    code = (
        "import sys, retailcrm_plugin_yuelan\n"
        "print(*{'pyarrow', 'click', 'rich', 'plotly', 'jinja2', 'pandas'} & set(sys.modules))"
    )
    run = installed.python("-c", code)
    assert (run.returncode, run.stdout.strip()) == (0, ""), run.stderr


def test_a_misspelt_hook_is_an_error_with_a_suggestion(
    installed: Any, changed: Callable[[str, str], Path]
) -> None:
    """A hook that does not exist stops the command and names the one that was meant."""
    run = installed.retailcrm("plugins", site=changed("def register_sources", "def register_source"))
    assert run.returncode == 2
    assert "yuelan" in run.stderr
    assert "did you mean 'register_sources'?" in run.stderr


def test_a_name_that_is_taken_is_an_error(installed: Any, changed: Callable[[str, str], Path]) -> None:
    """Two sources of one name are not a matter of luck: the command says so."""
    run = installed.retailcrm(
        "plugins", site=changed("register(Yuelan())", "register(Yuelan())\n    register(Yuelan())")
    )
    assert run.returncode == 2
    assert "two plugins offer a source named 'yuelan'" in run.stderr


def test_the_plugin_can_be_blocked(installed: Any) -> None:
    """A shop opened without it refuses its files, and says what it knows."""
    code = (
        "import sys, retailcrm\n"
        "from retailcrm.errors import ImportRefusedError\n"
        "shop = retailcrm.open_shop('memory:', block_plugins=['yuelan'])\n"
        "try:\n    shop.imports.files(sys.argv[1:])\n"
        "except ImportRefusedError as error:\n    print(error.code)\n"
    )
    run = installed.python("-c", code, str(installed.export))
    assert run.stdout.strip() == "unrecognised", run.stderr


def test_a_ladder_needs_the_plugin_that_its_metric_comes_from(installed: Any) -> None:
    """Without the plugin the policy that asks for its figure is refused, and the figure is named."""
    policy = installed.source / "sample" / "shop.toml"
    run = installed.retailcrm(
        "score", str(installed.export), "--policy", str(policy), "--as-of", "2024-07-01", site=installed.work
    )
    assert run.returncode == 2
    assert "weekend_orders" in run.stderr


def test_its_section_stands_in_the_report(installed: Any) -> None:
    """The page of a shop with the plugin has the section, linked and filled; without it there is none."""
    code = (
        "from retailcrm.plugins import plugin_manager, report_sections\n"
        "from retailcrm.report import render_page, sections_with\n"
        "from retailcrm.report.data import Headline, MonthRow, ReportData\n"
        "head = Headline(customers=1, orders=1, gross=10000, refunded=0, net=10000, aov=10000,\n"
        "    per_buyer=10000, repurchase_rate=0.0, top_share=None, returning_share=0.0, gini=None)\n"
        "month = MonthRow(month='2024-03', orders=1, net=10000, buyers=1, new_buyers=1)\n"
        "data = ReportData(shop='s', as_of='2024-04-01', zone='Asia/Shanghai', currency='CNY',\n"
        "    headline=head, months=(month,))\n"
        "for block in ((), ('yuelan',)):\n"
        "    extra = report_sections(plugin_manager(block=block)).values()\n"
        "    page = render_page(data, lang='en', sections=sections_with(extra))\n"
        "    print('href=\"#yuelan-commission\"' in page, '\\u00a594.00' in page)\n"
    )
    run = installed.python("-c", code)
    assert run.stdout.split() == ["True", "True", "False", "False"], run.stderr


def test_its_own_tests_pass(installed: Any) -> None:
    """The tests that the plugin's author would run pass where the plugin is installed."""
    run = installed.python(
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(installed.source),
        str(installed.source),
    )
    assert run.returncode == 0, run.stdout
