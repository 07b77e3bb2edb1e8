"""Measure one piece of work fairly: its own process, several runs, median time, peak memory.

A benchmark gives top-level functions, so that a fresh interpreter can be started for each contender::

    ours = measure("retailcrm", prepare, work, args=(1_000_000,), digest=fingerprint)
    peer = measure("duckdb", load, query, args=(1_000_000,), digest=fingerprint)
    assert ours.digest == peer.digest
    write_result("rfm", date, {"ours": ours.to_dict(), "duckdb": peer.to_dict()})

Import heavy libraries inside ``prepare``: each child then holds only what its contender needs,
and thread counts given in ``env`` are set before the library reads them.
"""

from __future__ import annotations

import contextlib
import gc
import json
import multiprocessing
import os
import platform
import resource
import statistics
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from multiprocessing.connection import Connection

RESULTS = Path(__file__).parent / "results"


@attrs.frozen(kw_only=True)
class Measured:
    """What one contender took.

    Attributes:
        name: The contender.
        seconds: Wall time of each run, in order; the first run may warm caches.
        setup_rss_mb: Resident memory when the inputs stood ready, MB (10**6 bytes).
        peak_rss_mb: Highest resident memory during the runs, MB.
        digest: What ``digest`` made of the last run's result; compare it between contenders.
    """

    name: str
    seconds: tuple[float, ...]
    setup_rss_mb: float
    peak_rss_mb: float
    digest: Any = None

    @property
    def median(self) -> float:
        """Median wall time of the runs, seconds."""
        return statistics.median(self.seconds)

    def to_dict(self) -> dict[str, Any]:
        """Give what belongs into a result file."""
        return {
            "median_seconds": round(self.median, 4),
            "best_seconds": round(min(self.seconds), 4),
            "seconds": [round(s, 4) for s in self.seconds],
            "setup_rss_mb": round(self.setup_rss_mb, 1),
            "peak_rss_mb": round(self.peak_rss_mb, 1),
        }


def measure(
    name: str,
    setup: Callable[..., Any],
    work: Callable[[Any], Any],
    *,
    args: Sequence[Any] = (),
    repeats: int = 5,
    env: Mapping[str, str] | None = None,
    digest: Callable[[Any], Any] | None = None,
) -> Measured:
    """Run ``work(setup(*args))`` several times in a process of its own; only ``work`` is timed.

    Args:
        name: The contender's name.
        setup: Top-level function that makes the inputs ready.
        work: Top-level function that is timed.
        args: What ``setup`` gets.
        repeats: Timed runs, at least 1.
        env: Environment variables of the child, for thread counts.
        digest: Top-level function that turns the last result into something small to compare.

    Returns:
        Times, memory and digest.

    Raises:
        RuntimeError: The child died, or raised; its traceback is on stderr.
    """
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(
        target=_child, args=(sender, setup, work, tuple(args)), kwargs={"repeats": repeats, "digest": digest}
    )
    with _environment(env or {}):
        child.start()
    sender.close()
    try:
        payload = receiver.recv()
    except EOFError:
        payload = None
    child.join()
    if payload is None:
        raise RuntimeError(f"{name}: the measured process ended with code {child.exitcode}")
    return Measured(name=name, **payload)


def _child(
    sender: Connection,
    setup: Callable[..., Any],
    work: Callable[[Any], Any],
    args: tuple[Any, ...],
    *,
    repeats: int,
    digest: Callable[[Any], Any] | None,
) -> None:
    state = setup(*args)
    gc.collect()
    _forget_peak()
    ready, seconds, result = _rss_mb("VmRSS"), [], None
    for _ in range(repeats):
        result = None  # the previous result must not count twice in the peak
        begin = time.perf_counter()
        result = work(state)
        seconds.append(time.perf_counter() - begin)
    peak = _rss_mb("VmHWM")
    shown = digest(result) if digest else None
    sender.send({"seconds": tuple(seconds), "setup_rss_mb": ready, "peak_rss_mb": peak, "digest": shown})
    sender.close()


@contextlib.contextmanager
def _environment(extra: Mapping[str, str]) -> Iterator[None]:
    """Lend the child some environment variables: it inherits them when it starts."""
    before = {key: os.environ.get(key) for key in extra}
    os.environ.update(extra)
    try:
        yield
    finally:
        for key, value in before.items():
            if value is None:
                del os.environ[key]
            else:
                os.environ[key] = value


def _forget_peak() -> None:
    """Let the peak start anew after set-up, where the kernel allows (Linux)."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _rss_mb(field: str) -> float:
    """Read a memory figure of this process, MB.

    ``/proc`` first: ``ru_maxrss`` survives an exec on Linux, so it could show the parent's peak.
    """
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith(f"{field}:"):
                return int(line.split()[1]) * 1024 / 1e6
    scale = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale / 1e6


def write_result(name: str, date: str, payload: Mapping[str, Any], packages: Sequence[str] = ()) -> Path:
    """Store a benchmark's figures as ``results/<name>.json``.

    Args:
        name: The benchmark.
        date: ISO date of the run, from the command line (benchmarks read no clock for it).
        payload: Figures; must hold the ratio to the peer, not only absolute times.
        packages: Distributions whose versions belong beside the figures.

    Returns:
        The file written.
    """
    machine = {"cpus": os.cpu_count(), "system": platform.system(), "machine": platform.machine()}
    versions = {"python": platform.python_version(), **{p: version(p) for p in packages}}
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    full = {"benchmark": name, "date": date, "machine": machine, "versions": versions, **payload}
    path.write_text(json.dumps(full, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path
