"""A service holds in memory what it works with: what a rare request or a command needs is loaded by that, or never."""

from __future__ import annotations

import subprocess
import sys

import pytest

from cqolocal.names import SERVICES

# Each would be 0.3 to 15 MB of every process (./cqo bench idle).
UNUSED = {"alembic", "apispec", "argparse", "charset_normalizer", "dns", "mako", "openpyxl", "pygments"}
UNUSED |= {"python_calamine", "requests", "rich", "segno", "swagger_ui", "typst", "urllib3", "xlsxwriter", "xml.sax"}
UNUSED |= {"idna", "mailbox", "yaml"}
LOADED = """
import importlib, sys
import chassis.main
for module in ("config", "api", "worker"):
    importlib.import_module(f"{sys.argv[1]}.{module}")
print(*(name for name, module in sys.modules.items() if module is not None))
"""


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_loads_nothing_that_it_has_no_use_for(service: str) -> None:
    done = subprocess.run([sys.executable, "-c", LOADED, service], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())

    assert {f"{service}.api", f"{service}.worker", "sqlalchemy.orm"} <= loaded
    assert loaded & UNUSED == set()
