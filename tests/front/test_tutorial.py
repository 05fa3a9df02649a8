"""Every command of the tutorial runs."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

from .conftest import ROOT, cohortgraph

TUTORIAL = ROOT / "docs" / "tutorial" / "first-cohort.md"


def test_every_command_of_the_tutorial_runs(tmp_path: Path) -> None:
    commands = re.findall(r"^    (.+)$", TUTORIAL.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(commands) >= 8
    for command in commands:
        program, *arguments = shlex.split(command.replace("build/tutorial", str(tmp_path)))
        if program == "cohortgraph":
            told = cohortgraph(*arguments)
        else:
            assert program == "python"
            told = subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
        assert told.returncode == 0, f"{command}\n{told.stderr}"
