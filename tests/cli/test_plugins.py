"""``retailcrm plugins``: what is loaded, from where, with versions."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from click.testing import Result

from retailcrm import __version__
from retailcrm.plugins import BUILT_IN

if TYPE_CHECKING:
    import pytest

Run = Callable[..., Result]


def test_no_name_is_cut_off(run: Run) -> None:
    """Every built-in stands with its full name, distribution, version and hooks on 80 columns."""
    said = run("plugins").stdout
    for name in BUILT_IN:
        assert name in said
    assert f"retailcrm-core {__version__}" in said
    assert "register_sources" in said
    assert "register_tier_metrics" in said
    assert "…" not in said


def test_formats_metrics_and_checks_are_listed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """What --format, a ladder and a referral programme may name is listed; in a pipe nothing is broken."""
    monkeypatch.delenv("COLUMNS")
    said = run("plugins").stdout.splitlines()
    assert "formats          shopify, taobao" in said
    assert "tier metrics     active_days" in said
    checks = ("ring", "same_address", "same_device", "same_email", "same_payment", "same_phone")
    assert f"referral checks  {', '.join(checks)}" in said
    assert any(line.endswith(" register_referral_checks") for line in said)
    assert [line for line in said if line != line.rstrip()] == []
    assert json.loads(run("plugins", "--json").stdout)["referral_checks"] == list(checks)


def test_narrow_screens_fold(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """On 40 columns the names are folded, and every letter is still there."""
    monkeypatch.setenv("COLUMNS", "40")
    said = run("plugins").stdout
    assert max(map(len, said.splitlines())) <= 40
    assert "…" not in said


def test_trace_goes_to_the_error_stream(run: Run) -> None:
    """--trace prints hook calls beside, not among, the result."""
    result = run("plugins", "--trace")
    assert "register_sources: " in result.stderr
    assert "register_sources: " not in result.stdout
