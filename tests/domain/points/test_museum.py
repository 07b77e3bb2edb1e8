"""The museum: scenarios that our rules pass, and toys that have the bugs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from retailcrm.testing.__main__ import main
from retailcrm.testing.points import SCENARIOS, Finding, RetailcrmPoints, Scenario, Step, missing, run
from retailcrm.testing.points.plain import Plain
from retailcrm.testing.points.toys import TOYS

if TYPE_CHECKING:
    from pathlib import Path

BY_ID = {scenario.id: scenario for scenario in SCENARIOS}

REPORTED = (
    # loyalty.md: what others reported, by where
    "FloCafe/issues/78", "erpnext/issues/59050", "odoo/pull/257854", "odoo/pull/212922",
    "nopCommerce/issues/5757",
    "sylius-loyalty-plugin", "compressor/issues/1476", "odoo/pull/222372", "magento2/issues/928",
    "erpnext/issues/14930", "loyalty_program.py", "odoo/pull/111670", "opencart/issues/937",
    "erpnext/issues/31509",
    "saleor/issues/544", "saleor/pull/15855", "saleor/issues/8219", "odoo/pull/171453", "odoo/issues/114004",
    "odoo/pull/222054",
    # and what was spent twice in the field
    "fuint/issues/71", "medusa/pull/16347", "ecommerce-laravel/pull/1056", "Nova-Rewards/issues/190",
    "Nova-Rewards/pull/209",
)  # fmt: skip


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.id)
def test_our_rules_pass(scenario: Scenario) -> None:
    """The pure core behind its adapter has none of the bugs, and offers all that the scenarios need."""
    assert not missing(scenario, RetailcrmPoints())
    assert run(scenario, RetailcrmPoints()) is None


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.id)
def test_a_plain_system_passes(scenario: Scenario) -> None:
    """A system that shares nothing with ours agrees with every scenario, so none asks for our ways only."""
    assert run(scenario, Plain()) is None


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.id)
def test_the_toy_with_the_bug_is_caught(scenario: Scenario) -> None:
    """Every scenario finds the bug that it is about."""
    assert isinstance(run(scenario, TOYS[scenario.id]()), Finding)


def test_every_report_has_an_exhibit() -> None:
    """Each issue that the design learned from is linked by a scenario, and each scenario has a toy."""
    links = [link for scenario in SCENARIOS for link in scenario.links]
    assert [report for report in REPORTED if not any(report in link for link in links)] == []
    assert set(TOYS) == set(BY_ID)
    assert len(BY_ID) == len(SCENARIOS)


def test_scenarios_are_plain_data() -> None:
    """A scenario goes into JSON and back, so that other languages can read it."""
    for scenario in SCENARIOS:
        told = json.loads(json.dumps(attrs.asdict(scenario)))
        steps = tuple(Step(**_steps_again(one)) for one in told["steps"])
        again = Scenario(**(told | {"links": tuple(told["links"]), "steps": steps}))
        assert again == scenario


def _steps_again(told: dict[str, Any]) -> dict[str, Any]:
    return told | {"gives": tuple(told["gives"]) if isinstance(told["gives"], list) else told["gives"]}


def test_a_finding_says_what_differs() -> None:
    """The line names the scenario, the step, what was done, what came and what should have."""
    finding = run(BY_ID["expiry-unread"], TOYS["expiry-unread"]())
    assert str(finding) == "expiry-unread, step 3: balance(customer=ann) on day 10 gave 10, not 0"


def test_a_number_that_is_about_right_is_wrong() -> None:
    """A float balance is a finding even if it equals the points."""

    class Floats(Plain):
        def balance(self, customer: str) -> Any:
            return float(super().balance(customer))

    finding = run(BY_ID["replay-pays-twice"], Floats())
    assert finding is not None
    assert finding.got == 100.0


def test_what_a_system_does_not_offer_is_named() -> None:
    """Scenarios that need more than a system has are not put to it."""

    class Small:
        advance = earn = redeem = cancel = refund = balance = Plain.balance

    assert missing(BY_ID["parallel-gifts"], Small()) == ("give",)  # type: ignore[arg-type]
    assert missing(BY_ID["replay-pays-twice"], Small()) == ()  # type: ignore[arg-type]


def test_the_command_prints_what_a_system_fails(capsys: pytest.CaptureFixture[str]) -> None:
    """Failures come with their title and links and end with 1; a clean system ends with 0."""
    assert main(["points", "retailcrm.testing.points.toys:ExpiryUnread", "--seed", "3"]) == 1
    printed = capsys.readouterr().out
    assert "FAIL expiry-unread, step 3: balance(customer=ann) on day 10 gave 10, not 0\n" in printed
    assert "https://github.com/odoo/odoo/pull/171453" in printed
    assert "[seed 3, run 0]" in printed
    law = printed[printed.index("FAIL L3") :]
    assert (
        "\n     Points are spent once, before they lapse, those first that lapse first.\n     before it:\n"
        in law
    )
    assert "\n       redeem(customer=ann, points=14, key=k1, order=s1, channel=) on day 0\n" in law
    assert main(["points", "retailcrm.testing.points:RetailcrmPoints"]) == 0
    assert capsys.readouterr().out == f"{len(SCENARIOS) + 1} passed, 0 failed, 0 not offered\n"


def test_the_command_says_what_is_not_offered(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A system without reservations is not put through the scenarios that reserve."""
    for name in ("reserve", "capture", "void"):
        monkeypatch.setattr(Plain, name, None)
    assert main(["points", "retailcrm.testing.points.plain:Plain"]) == 0
    printed = capsys.readouterr().out
    assert "skip captured-twice: the system does not offer capture, reserve\n" in printed
    assert printed.endswith(f"{len(SCENARIOS) - 2} passed, 0 failed, 3 not offered\n")


@pytest.mark.parametrize(
    "named", ["no_such_module:x", "retailcrm.testing.points:Nothing", "retailcrm:__doc__"]
)
def test_a_wrong_factory_is_a_wrong_question(named: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What is not there, or cannot be called, ends with 2 and a sentence."""
    assert main(["points", named]) == 2
    assert named in capsys.readouterr().err


class _Half:
    """An adapter whose author has not come far."""

    advance = earn = redeem = Plain.advance


def _broken() -> Plain:
    raise LookupError("no such shop")


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (_Half, "a system of type _Half lacks cancel, refund, balance"),
        (_broken, "makes nothing: LookupError: no such shop"),
    ],
)
def test_an_adapter_that_is_not_there_yet(
    made: Any, said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A missing method and a factory that fails are told in a sentence, and the command ends with 2."""
    monkeypatch.setattr("retailcrm.testing.points.plain.made", made, raising=False)
    assert main(["points", "retailcrm.testing.points.plain:made"]) == 2
    told = capsys.readouterr()
    assert said in told.err
    assert (told.out, told.err.count("\n")) == ("", 1)


def test_the_page_lists_every_scenario(repo_root: Path) -> None:
    """The documentation's table has the scenarios in their order, with title, star and every link."""
    rows = [
        line for line in (repo_root / "docs" / "museum.md").read_text("utf-8").splitlines() if "| `" in line
    ]
    assert len(rows) == len(SCENARIOS)
    for row, scenario in zip(rows, SCENARIOS, strict=True):
        star = " *" if scenario.opinion else ""
        assert row.startswith(f"| `{scenario.id}`{star} | {scenario.title} |")
        assert all(f"({link})" in row for link in scenario.links)
