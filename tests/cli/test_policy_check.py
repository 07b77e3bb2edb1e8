"""``retailcrm policy check``: exit codes, both languages, and one JSON document."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from click.testing import Result

from retailcrm.cli.exits import Exit
from retailcrm.domain.points.linting import CODES

Run = Callable[..., Result]

SOUND: Final = '[points]\nmargin = "0.35"\n'
PUMP: Final = '[points]\n[points.redemption]\npoints_per_unit = "1"\n'
FARMED: Final = '[points]\nmargin = "0.35"\n[points.referral]\n'
CAMPAIGN: Final = """
[points]
margin = "0.35"
[[points.campaign]]
name = "double"
start = 2025-11-11
end = 2025-11-12
multiplier = "200"
"""
LADDER: Final = """
[ladder]
currency = "CNY"
window = "lifetime"
hold = "forever"
[[ladder.tiers]]
name = "member"
[[ladder.tiers]]
name = "gold"
enter = { orders = 3 }
discount = "0.4"
"""


@pytest.fixture
def checked(run: Run) -> Callable[..., Result]:
    """Give a function that checks a policy of some text."""

    def check(text: str, *options: str) -> Result:
        Path("shop.toml").write_text(text, "utf-8")
        return run("policy", "check", "shop.toml", *options)

    return check


def document(result: Result) -> dict[str, Any]:
    """Read standard output, all of it, as one JSON object."""
    plain: dict[str, Any] = json.loads(result.stdout)
    assert plain["exit_code"] == result.exit_code
    return plain


def test_a_sound_policy_ends_well(checked: Callable[..., Result]) -> None:
    """Nothing found: exit code 0, said in both languages."""
    result = checked(SOUND)
    assert result.exit_code == Exit.OK
    assert "no findings 没有发现问题" in result.stdout


def test_an_error_has_an_exit_code_of_its_own(checked: Callable[..., Result]) -> None:
    """A point for a yuan and a yuan for a point: 7, with setting and both languages."""
    result = checked(PUMP)
    assert int(Exit.FINDINGS) == result.exit_code == 7
    assert "error 错误 cashback: points.earn.rate" in result.stdout
    assert "discount and points give back 100 %" in result.stdout
    assert "折扣与积分合计返还 100 %" in result.stdout
    assert "1 error in shop.toml" in result.stderr


def test_one_language(checked: Callable[..., Result]) -> None:
    """--lang prints the findings, and that there are none, in that language alone."""
    chinese = checked(PUMP, "--lang", "zh").stdout
    assert "错误 cashback: points.earn.rate" in chinese
    assert "折扣与积分合计返还 100 %" in chinese
    assert "error" not in chinese
    assert "give back" not in chinese
    english = checked(PUMP, "--lang", "en").stdout
    assert "error cashback: points.earn.rate" in english
    assert english.isascii()
    assert checked(SOUND, "--lang", "zh").stdout == "没有发现问题\n"
    assert checked("[shop]\n", "--lang", "en").stdout == "the policy has no [points]\nno findings\n"
    assert checked(SOUND, "--lang", "fr").exit_code == Exit.USAGE


def test_warnings_alone_end_well(checked: Callable[..., Result]) -> None:
    """Referrals that can be farmed are a matter of judgement."""
    result = checked(FARMED)
    assert result.exit_code == Exit.OK
    assert "warning 警告 referral-farmed" in result.stdout
    assert result.stderr == ""


def test_campaigns_that_are_over_cost_nothing(checked: Callable[..., Result]) -> None:
    """Two hundred times the points for a day: an error until that day is past in the shop's zone."""
    assert checked(CAMPAIGN).exit_code == Exit.FINDINGS
    assert checked(CAMPAIGN, "--as-of", "2025-11-11").exit_code == Exit.FINDINGS
    result = checked(CAMPAIGN, "--as-of", "2025-11-12")
    assert result.exit_code == Exit.OK
    assert "note 提示 campaign-past" in result.stdout


def test_the_document_has_every_figure_exactly(checked: Callable[..., Result]) -> None:
    """Counts, codes, settings, both languages, and figures as exact text."""
    said = document(checked(CAMPAIGN, "--json"))
    assert said["command"] == "policy_check"
    assert said["points"] is True
    assert said["counts"] == {"error": 1, "warning": 0, "note": 0}
    (finding,) = said["findings"]
    assert finding["code"] == "stacking"
    assert finding["code"] in CODES
    assert finding["figures"] == {"given": "2", "multiplier": "200"}
    assert finding["zh"] != finding["en"]


def test_a_policy_without_points_says_so(checked: Callable[..., Result]) -> None:
    """There is nothing to find, and that is said; what the ladder warns of is."""
    assert "the policy has no [points] 没有积分规则" in checked("[shop]\n").stdout
    said = document(checked(LADDER, "--json"))
    assert said["points"] is False
    assert [(one["severity"], one["code"]) for one in said["findings"]] == [("warning", "ladder")]
    assert "40 % off" in said["findings"][0]["en"]


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("[points]\nrat = 1\n", (), "unknown setting 'rat'"),
        ("[points.earn]\nrate = 0.5\n", (), "[points.earn] rate must be an exact number in quotes"),
        (SOUND, ("--as-of", "soon"), "--as-of: 'soon' is not a date"),
        (SOUND, ("--as-of", "0001-01-01"), "--as-of: 0001-01-01 is outside the calendar"),
    ],
)
def test_what_cannot_be_read_is_a_usage_error(
    checked: Callable[..., Result], text: str, options: tuple[str, ...], message: str
) -> None:
    """A wrong setting is refused with one sentence, before anything is checked."""
    result = checked(text, *options)
    assert result.exit_code == Exit.USAGE
    assert message in result.stderr


def test_a_file_that_is_not_there(run: Run) -> None:
    """No file, no check."""
    result = run("policy", "check", "nowhere.toml")
    assert result.exit_code == Exit.USAGE
    assert "nowhere.toml" in result.stderr


def test_the_group_alone_lists_its_commands(run: Run) -> None:
    """``retailcrm policy`` says what there is; the help of the command explains its options."""
    assert "check  Find points that lose money" in run("policy", "--help").stdout
    said = run("policy", "check", "--help").stdout
    assert max(map(len, said.splitlines())) <= 80
    assert "--as-of" in said
