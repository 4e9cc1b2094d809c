"""A certificate is checked offline: genuine, altered, of an unknown key, expired, revoked by the list, or none."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from joserfc.jwk import OKPKey

from chassis.security import KeyRing
from cqolocal.cli import cli
from programme import statements
from programme.statements import PART, Statement

KEY, OTHER = (OKPKey.generate_key("Ed25519", auto_kid=True) for _ in range(2))
STATEMENT = Statement(
    issuer="https://cqo.example/training",
    number="CQO-JL-2026-220100-000012",
    name="阿卜杜拉·买买提",
    enterprise="示例企业",
    unit="220100",
    issued_on=date(2026, 3, 13),
    valid_from=date(2026, 3, 13),
    valid_until=date(2126, 3, 12),
    ruleset=1,
    edition=1,
    index=PART + 5,
)
SUBSCRIBERS = Path(__file__).parents[3] / "docs/subscribers.md"
Check = Callable[..., Result]


def ring(*keys: OKPKey) -> KeyRing:
    return KeyRing(json.dumps({"keys": [key.as_dict(private=True) for key in keys]}), "test")


SIGNED = statements.sign(STATEMENT, ring(KEY))
ADDRESS = statements.address_of(STATEMENT.issuer, SIGNED)


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Check:
    monkeypatch.setenv("LC_ALL", "C")
    keys = tmp_path / "jwks.json"
    keys.write_text(json.dumps(ring(KEY).public))

    def check(given: object, *options: object) -> Result:
        arguments = ["verify-certificate", str(given), "--keys", str(keys), "--on", "2027-01-01"]
        return CliRunner().invoke(cli, [*arguments, *map(str, options)])

    return check


def status_list(value: int, part: int = 1, exp: float = 3600) -> str:
    bits = bytearray(PART // 4)
    bits[1] = value << 2
    packed = base64.urlsafe_b64encode(zlib.compress(bytes(bits))).rstrip(b"=").decode()
    sub, now = statements.list_address(STATEMENT.issuer, part), int(time.time())
    content = {"sub": sub, "iat": now - 60, "exp": now + exp, "status_list": {"bits": 2, "lst": packed}}
    return ring(KEY).sign(json.dumps(content).encode(), "statuslist+jwt")


def test_what_the_code_holds_is_verified_as_text_as_an_address_in_a_file_and_in_a_pdf(
    check: Check, tmp_path: Path
) -> None:
    text, pdf = tmp_path / "scanned", tmp_path / "certificate"
    text.write_text(ADDRESS + "\n")
    pdf.write_bytes(b"%PDF-1.7\n<</URI (" + ADDRESS.encode() + b")>>")
    for given in (SIGNED, ADDRESS, text, pdf):
        found = check(given)

        assert found.exit_code == 0, found.output
        for said in ("the signature is right", STATEMENT.number, "阿卜杜拉·买买提", "within its term on 2027-01-01"):
            assert said in found.output
        assert "suspended or revoked since is not in it" in found.output and "?part=1" in found.output


def test_the_program_of_the_document_verifies_it_and_finds_it_in_the_list(tmp_path: Path) -> None:
    [program] = re.findall(r"```python\n(# verify.py.*?)```", SUBSCRIBERS.read_text(), re.DOTALL)
    files = {"verify.py": program, "jwks.json": json.dumps(ring(KEY).public), "list": status_list(2)}
    for name, content in files.items():
        (tmp_path / name).write_text(content)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-W", "ignore", "verify.py", *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)

    done = run(SIGNED, "jwks.json", "list")
    assert done.returncode == 0, done.stderr
    content, term, standing = done.stdout.splitlines()
    assert (json.loads(content)["name"], term, standing) == (STATEMENT.name, "within its term", "suspended")
    assert run(f"{SIGNED[:-4]}AAAA", "jwks.json").returncode == 1
    assert run(files["list"], "jwks.json").returncode == 1


def test_what_was_altered_is_not_genuine_and_a_key_that_is_unknown_is_named(check: Check) -> None:
    head, _, signature = SIGNED.split(".")
    later = statements.sign(replace(STATEMENT, valid_until=date(2136, 3, 12)), ring(OTHER)).split(".")[1]
    altered = check(f"{head}.{later}.{signature}")
    unknown = check(statements.sign(STATEMENT, ring(OTHER)))

    assert altered.exit_code == unknown.exit_code == 1
    assert "NOT GENUINE" in altered.output and "NOT GENUINE" in check("a.b.c").output
    assert "NOT VERIFIED" in unknown.output and str(OTHER.kid) in unknown.output
    assert STATEMENT.number not in altered.output + unknown.output


def test_the_day_decides_whether_it_has_expired(check: Check) -> None:
    for day, said, code in (
        ("2126-03-12", "within its term", 0),
        ("2126-03-13", "EXPIRED on 2126-03-13", 1),
        ("2026-03-12", "NOT YET VALID", 1),
    ):
        found = check(SIGNED, "--on", day)
        assert (said in found.output, found.exit_code) == (True, code), found.output


def test_the_status_list_says_what_became_of_it_unless_it_is_another_s_too_old_or_forged(
    check: Check, tmp_path: Path
) -> None:
    file = tmp_path / "list"
    for value, said, code in ((0, "valid", 0), (1, "REVOKED", 1), (2, "SUSPENDED", 1), (3, "EXPIRED", 1)):
        file.write_text(status_list(value))
        found = check(SIGNED, "--status-list", file)
        assert (said in found.output.splitlines()[-1], found.exit_code) == (True, code), found.output

    refused = {status_list(0, part=0): "another", status_list(0, exp=-1): "too old", SIGNED: "no status list"}
    for content, said in refused.items():
        file.write_text(content)
        found = check(SIGNED, "--status-list", file)
        assert (said in found.output, found.exit_code) == (True, 1), found.output


def test_what_is_no_certificate_is_named_with_what_to_do(check: Check, tmp_path: Path) -> None:
    picture, pdf, keys = tmp_path / "code.png", tmp_path / "other.pdf", tmp_path / "keys"
    picture.write_bytes(b"\x89PNG\r\n")
    pdf.write_bytes(b"%PDF-1.7\n")
    keys.write_text("{}")
    for given, said in (
        (picture, "is a picture"),
        (pdf, "has no signed QR code"),
        (tmp_path / "none.pdf", "there is no file"),
    ):
        found = check(given)
        assert (said in found.output, found.exit_code) == (True, 1), found.output
    assert "does not hold keys" in check(SIGNED, "--keys", keys).output
    assert check(SIGNED, "--keys", tmp_path / "none").exit_code == 1
