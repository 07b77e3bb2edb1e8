"""The pure floors read no clock: what "now" is, the caller says."""

from __future__ import annotations

import ast
from typing import Final

PURE_FLOORS: Final = ("errors.py", "domain/", "analytics/", "care/")
CLOCK_CALLS: Final = {"now", "utcnow", "today", "localtime", "monotonic", "perf_counter", "time_ns"}
CLOCK_TEXTS: Final = {"now", "today"}


def clock_reads(files: dict[str, ast.Module]) -> list[str]:
    """Name each call that asks the machine for the time."""
    return [
        f"{path}:{node.lineno}: {ast.unparse(node)}"
        for path, tree in files.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and _reads_clock(node)
    ]


def _reads_clock(call: ast.Call) -> bool:
    if not isinstance(call.func, ast.Attribute):
        return False
    if call.func.attr == "datetime64":  # numpy reads the clock for these two texts
        return any(isinstance(a, ast.Constant) and a.value in CLOCK_TEXTS for a in call.args)
    return call.func.attr in CLOCK_CALLS or ast.unparse(call.func) == "time.time"


def test_the_pure_floors_read_no_clock(python_files: dict[str, ast.Module]) -> None:
    """No rule and no kernel asks what time it is."""
    assert not clock_reads({p: t for p, t in python_files.items() if p.startswith(PURE_FLOORS)})


def test_planted_clock_reads_are_noticed() -> None:
    """Each way to ask for the time is seen; an argument called now is not one."""
    asking = ("datetime.now(UTC)", "date.today()", "time.time()", "np.datetime64('now')", "datetime.utcnow()")
    for code in asking:
        assert clock_reads({"a.py": ast.parse(code)}), code
    for code in ("decide(state, now)", "np.datetime64('2024-01-01')", "window.start(now=now)"):
        assert not clock_reads({"a.py": ast.parse(code)}), code
