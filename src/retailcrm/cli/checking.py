"""The work of ``retailcrm policy check``: read the policy, check its points, print what was found."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from retailcrm.cli.exits import Exit
from retailcrm.cli.guard import print_json, say
from retailcrm.cli.printing import console, counted, heading, paragraph
from retailcrm.cli.wording import print_sentence, worded
from retailcrm.domain.labels import Label
from retailcrm.domain.periods import instant_of
from retailcrm.domain.points.linting import SEVERITIES, Finding, check
from retailcrm.errors import InputError, SettingsError
from retailcrm.shop.policy import load_policy

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from rich.console import Console

    from retailcrm.shop.policy import Policy

_NO_POINTS: Final = Label("没有积分规则", "the policy has no [points]")
_NOTHING: Final = Label("没有发现问题", "no findings")


def check_policy(*, file: str, as_of: str | None, lang: str | None, as_json: bool) -> Exit:
    """Check a policy's points and print the findings."""
    policy = load_policy(file)
    found = _found(policy, None if as_of is None else _moment(as_of, policy.zone))
    counts = Counter(finding.severity for finding in found)
    code = Exit.FINDINGS if counts["error"] else Exit.OK
    if as_json:
        told: dict[str, Any] = {
            "policy_digest": policy.digest,
            "points": policy.points is not None,
            "as_of": as_of,
            "counts": {severity: counts[severity] for severity in SEVERITIES},
            "findings": [_plain(finding) for finding in found],
        }
        print_json({"command": "policy_check", "exit_code": code, **told})
    else:
        _print(console(), policy, found, lang)
    if code is Exit.FINDINGS:
        say(f"{counted(counts['error'], 'error')} in {file}")
    return code


def _moment(as_of: str, zone: str) -> datetime:
    try:
        return instant_of(as_of, zone)
    except InputError as error:
        raise SettingsError(f"--as-of: {error}") from error
    except OverflowError as error:
        raise SettingsError(f"--as-of: {as_of} is outside the calendar") from error


def _found(policy: Policy, as_of: datetime | None) -> tuple[Finding, ...]:
    """Check the points; what the ladder itself warns of stands among the warnings."""
    points: tuple[Finding, ...] = ()
    if policy.points is not None:
        points = check(policy.points, ladder=policy.ladder, currency=policy.currency, as_of=as_of)
    said = () if policy.ladder is None else policy.ladder.warnings
    ladder = [
        Finding(code="ladder", severity="warning", where="ladder", message=Label(f"会员等级：{text}", text))
        for text in said
    ]
    order = list(SEVERITIES)
    return tuple(sorted((*points, *ladder), key=lambda finding: order.index(finding.severity)))


def _plain(finding: Finding) -> dict[str, Any]:
    """Give a finding as plain values; figures are exact, as text."""
    return {
        "code": finding.code,
        "severity": finding.severity,
        "where": finding.where,
        "zh": finding.message.zh,
        "en": finding.message.en,
        "figures": {name: str(value) for name, value in finding.figures.items()},
    }


def _print(out: Console, policy: Policy, found: Sequence[Finding], lang: str | None) -> None:
    if policy.points is None:
        out.print(paragraph(worded(_NO_POINTS, lang)))
    if not found:
        out.print(paragraph(worded(_NOTHING, lang)))
    for finding in found:
        severity = worded(SEVERITIES[finding.severity], lang)
        out.print(heading(f"{severity} {finding.code}: {finding.where}"))
        print_sentence(out, finding.message, lang)
