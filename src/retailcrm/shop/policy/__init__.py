"""The shop's policy: one TOML file (or object) with every rule that a figure depends on."""

from retailcrm.shop.policy.points import in_zone, programme_from_table
from retailcrm.shop.policy.reading import load_policy, policy_from_table, segment_map
from retailcrm.shop.policy.report import ReportRule
from retailcrm.shop.policy.rules import Policy, ValueClassRule

__all__ = [
    "Policy",
    "ReportRule",
    "ValueClassRule",
    "in_zone",
    "load_policy",
    "policy_from_table",
    "programme_from_table",
    "segment_map",
]
