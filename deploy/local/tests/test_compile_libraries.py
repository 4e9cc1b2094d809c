"""What `deploy/compile_libraries.py` makes: byte code that Python uses, without what only a reader needs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cqolocal.paths import PROJECT

SCRIPT = PROJECT / "deploy/compile_libraries.py"
SOURCE = '"""Told."""\n\nassert False, "kept"\n'
ASKED = "import small; print(small.__doc__)"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the distribution Small-Thing 1.0, on the path of each Python that is started."""
    folder = tmp_path / "site"
    information = folder / "Small_Thing-1.0.dist-info"
    information.mkdir(parents=True)
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: Small-Thing\nVersion: 1.0\n")
    (information / "RECORD").write_text("small.py,,\ntemplate.py,,\ngone.py,,\n")
    (folder / "small.py").write_text(SOURCE)
    (folder / "template.py").write_text("class {{ name }}:\n")
    monkeypatch.setenv("PYTHONPATH", str(folder))
    monkeypatch.setenv("PYTHONPYCACHEPREFIX", str(tmp_path / "bytecode"))
    return folder


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, env=os.environ)


def test_a_library_is_loaded_without_docstrings_until_its_source_changes(site: Path, tmp_path: Path) -> None:
    lock = tmp_path / "requirements.lock"
    lock.write_text("small-thing==1.0 \\\n    --hash=sha256:00\nelsewhere==2\n")
    done = run(str(SCRIPT), str(lock))

    assert done.returncode == 0, done.stderr
    assert run("-c", ASKED).stdout == "None\n"
    assert run("-c", "import json, argparse; print(json.__doc__, argparse.__doc__)").stdout == "None None\n"
    (site / "small.py").write_text('"""Told anew."""\n')
    assert run("-c", ASKED).stdout == "Told anew.\n"


def test_without_a_lock_file_it_says_how_it_is_called() -> None:
    done = run(str(SCRIPT))

    assert done.returncode == 2
    assert "compile_libraries.py services/registry/requirements.lock" in done.stderr
