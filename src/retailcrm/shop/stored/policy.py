"""The rules of a shop in a store: kept where they came from a file, and taken where nobody says others."""

from __future__ import annotations

import json
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from retailcrm.analytics.rfm_map import MAPS
from retailcrm.errors import SettingsError, StoreError
from retailcrm.ports.policies import KeptPolicy
from retailcrm.shop.policy import Policy, policy_from_table
from retailcrm.shop.policy.rules import DEFAULT_MAP

if TYPE_CHECKING:
    from datetime import datetime

    from retailcrm.ports.policies import Policies

_TICK = timedelta(microseconds=1)


@attrs.frozen(kw_only=True)
class KeptRules:
    """Rules that were kept with a shop, read back.

    Attributes:
        policy: The rules.
        since: Since when they are the shop's.
    """

    policy: Policy
    since: datetime


def kept_rules(policies: Policies | None) -> KeptRules | None:
    """Read back the rules that a shop was given last.

    Args:
        policies: What its store keeps; ``None`` of a store that keeps none.

    Returns:
        The rules, ``None`` if none were kept.

    Raises:
        StoreError: They cannot be read back; opened with a policy, the shop keeps that one.
    """
    found = None if policies is None else policies.newest()
    if found is None:
        return None
    try:
        document = json.loads(found.document)
        rules = policy_from_table(tomllib.loads(document["toml"]))
        ladder = rules.ladder and attrs.evolve(rules.ladder, zone=document["zone"])
        rules = attrs.evolve(rules, zone=document["zone"], currency=document["currency"], ladder=ladder)
    except (ValueError, KeyError, TypeError, SettingsError) as error:
        raise StoreError(f"the policy {found.digest} that the shop keeps cannot be read: {error}") from error
    return KeptRules(policy=rules, since=found.valid_from)


def keep_rules(
    policies: Policies | None, source: Policy | str | Path | None, rules: Policy, now: datetime
) -> None:
    """Keep the rules that a shop was opened with, if they came from a file and are not those kept last.

    Args:
        policies: What its store keeps; ``None`` of a store that keeps none.
        source: What was said: a file is kept, with a policy that a program built nothing is.
        rules: The rules in force.
        now: Since when.
    """
    if policies is None or source is None or isinstance(source, Policy):
        return
    newest = policies.newest()
    if newest is not None and newest.digest == rules.digest:
        return
    text = Path(source).read_text("utf-8-sig")
    if tomllib.loads(text).get("segments", {}).get("map", DEFAULT_MAP) not in MAPS:
        # Rules that stand in several files cannot be read back from one.
        return
    at = now if newest is None else max(now, newest.valid_from + _TICK)
    document = {"toml": text, "zone": rules.zone, "currency": rules.currency}
    kept = json.dumps(document, ensure_ascii=False, sort_keys=True)
    policies.keep(KeptPolicy(digest=rules.digest, valid_from=at, document=kept))
