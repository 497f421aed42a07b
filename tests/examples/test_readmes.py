"""Every console and Python block of a README is executed; its output must be what stands there, numbers by tolerance."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from pricing.cli.main import main

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *ROOT.glob("examples/*/README.md")])
NUMBER = re.compile(r"[-+]?\d[\d,]*\.?\d*")
NUMBER_REL = 0.02
"""Printed numbers of a simulation: another libm may move a path across a target, and a last digit with it."""

OUTPUTS: dict[str, list[str]] = {}
"""Command to what it printed: two pages may show the same one."""


def blocks(kind: str) -> list[tuple[Path, str]]:
    pattern = re.compile(rf"^```{kind}\n(.*?)^```$", re.MULTILINE | re.DOTALL)
    return [(page, block) for page in PAGES for block in pattern.findall(page.read_text())]


def words(line: str) -> list[str]:
    return NUMBER.sub("#", line).replace("-", "").split()


@pytest.mark.parametrize(("page", "block"), blocks("console"), ids=lambda item: item.parent.name if isinstance(item, Path) else "")
def test_console_blocks_say_what_they_say(
    page: Path, block: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    command, *shown = block.splitlines()
    assert command.startswith("$ gpufin ")
    if command not in OUTPUTS:
        main(shlex.split(command)[2:])
        OUTPUTS[command] = capsys.readouterr().out.splitlines()
    printed = OUTPUTS[command]
    if shown[-1] == "...":
        shown = shown[:-1]
        printed = printed[: len(shown)]
    assert [words(line) for line in printed] == [words(line) for line in shown]
    for was, now in zip(shown, printed, strict=True):
        if "±" not in was:
            expected = [float(n.replace(",", "")) for n in NUMBER.findall(was)]
            found = [float(n.replace(",", "")) for n in NUMBER.findall(now)]
            assert found == pytest.approx(expected, rel=NUMBER_REL, abs=0.011)


@pytest.mark.parametrize(("page", "block"), blocks("python"), ids=lambda item: item.parent.name if isinstance(item, Path) else "")
def test_python_blocks_run(page: Path, block: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    exec(compile(block, str(page), "exec"), {})
