"""Every code block of the pages is of a kind that the tests run, or plainly no code."""

from __future__ import annotations

import re
from typing import Final

FENCE: Final = re.compile(r"^ *(?:```+|~~~+) *(\S.*)?$", re.MULTILINE)
RUN: Final = {"python", "console", "toml", "json"}
NO_CODE: Final = {"text", "csv", "html", "mermaid"}
PAGES: Final = re.compile(r"(README[^/]*|docs/.*)\.md")


def unknown_blocks(files: dict[str, str]) -> list[str]:
    """Name each fenced block whose kind would let it rot unseen."""
    return [
        f"{path}: block of kind {kind!r}"
        for path, text in files.items()
        for kind in FENCE.findall(text)[::2]  # every second fence closes a block
        if kind not in RUN | NO_CODE and not kind.startswith("{")
    ]


def test_every_block_of_the_pages_is_run_or_no_code(project_files: dict[str, str]) -> None:
    """README and docs use python, console, toml and json blocks, which are run, or say ``text``."""
    assert not unknown_blocks({p: t for p, t in project_files.items() if PAGES.fullmatch(p)})


def test_a_block_that_nobody_would_run_is_noticed() -> None:
    """The check names a shell block and a block without a kind; directives and python pass."""
    page = "```bash\nls\n```\n\n```\nx\n```\n\n```python\n1\n```\n\n```{toctree}\na\n```\n"
    assert unknown_blocks({"a.md": page}) == ["a.md: block of kind 'bash'", "a.md: block of kind ''"]
