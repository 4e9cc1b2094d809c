"""The secrets of an installation: made once, a folder for each who holds some, and those of 0.1.0 taken over."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from joserfc import jwe, jwk

from chassis import privileges
from programme import secrets
from programme.keys import Keys
from programme.secrets import Secrets

FILE = Path(__file__).parents[4] / "deploy/privileges.toml"
TABLE = privileges.load(FILE)
ADDRESSES = ("database:5432", "broker:5672", "broker:15672")


def write(folder: Path, database: str = ADDRESSES[0], management: str = ADDRESSES[2]) -> Secrets:
    made = Secrets(folder, TABLE)
    made.write_owners(database)
    made.write(database, ADDRESSES[1], management)
    made.write_servers(database, ADDRESSES[1])
    return made


def contents(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_each_holder_has_what_the_table_says_and_nothing_else(tmp_path: Path) -> None:
    write(tmp_path)

    for service, each in TABLE.services.items():
        assert {path.name for path in (tmp_path / service).iterdir()} == {"jwks.json", *each.secrets}
        assert {path.name for path in (tmp_path / f"{service}-owner").iterdir()} == {"database_url"}
    holders = {path.name for path in tmp_path.iterdir()} - {name for name in TABLE.services}
    assert holders - {f"{name}-owner" for name in TABLE.services} == {"signing.jwk", "passwords", "database", "broker"}


def test_without_the_brokers_http_api_nobody_is_told_of_it_nor_goes_on_with_a_former_one(tmp_path: Path) -> None:
    write(tmp_path)
    of_subscribers = tmp_path.glob("*/subscribers_*")
    assert {path.name for path in of_subscribers} == {"subscribers_amqp_url", "subscribers_management_url"}

    write(tmp_path, management="")

    assert list(tmp_path.glob("*/subscribers_*")) == []


def test_no_secret_is_in_two_services(tmp_path: Path) -> None:
    write(tmp_path)
    found = [
        text
        for service, each in TABLE.services.items()
        for name, text in contents(tmp_path / service).items()
        if name in each.secrets
    ]

    assert len(found) == len(set(found)) == sum(len(each.secrets) for each in TABLE.services.values())


def test_a_second_run_changes_nothing_that_was_made_and_follows_an_address(tmp_path: Path) -> None:
    write(tmp_path)
    before = contents(tmp_path)
    write(tmp_path, "elsewhere:6432")
    after = contents(tmp_path)

    changed = {name for name in before if before[name] != after[name]}
    urls = {name for name in before if name.endswith(("database_url", "admin_url"))}
    # A feed token is signed at each run, for a year from then.
    assert changed == urls | {f"{service}/feed_token" for service in TABLE.services}
    for name in urls:
        assert urlsplit(after[name]) == urlsplit(before[name].replace("database:5432", "elsewhere:6432"))


def test_a_password_that_is_removed_is_made_anew_wherever_it_stands(tmp_path: Path) -> None:
    old = write(tmp_path).password("database", "training")
    (tmp_path / "passwords/database.training").unlink()
    new = write(tmp_path).password("database", "training")

    assert new != old
    assert [name for name, text in contents(tmp_path).items() if old in text] == []
    places = {name for name, text in contents(tmp_path).items() if new in text}
    assert places == {"passwords/database.training", "training/database_url", "database/roles.json"}


def test_what_registry_seals_notifications_alone_can_open(tmp_path: Path) -> None:
    write(tmp_path)
    public = jwk.import_key(json.loads((tmp_path / "registry/contact_public_key").read_text()))
    private = jwk.import_key(json.loads((tmp_path / "notifications/contact_private_key").read_text()))
    sealed = jwe.encrypt_compact({"alg": "ECDH-ES+A256KW", "enc": "A256GCM"}, b"13800000000", public)

    assert jwe.decrypt_compact(sealed, private).plaintext == b"13800000000"
    assert not public.is_private


def test_the_keys_of_0_1_0_are_taken_over_by_both_services_that_encrypted_with_them(tmp_path: Path) -> None:
    """It kept all in one folder that every service read; registry and notifications encrypted with the same keys."""
    contact = json.dumps(jwk.ECKey.generate_key("P-256", {"use": "enc"}).as_dict(private=True))
    former = {"pii_key": "QUJD", "pii_index_key": "REVG", "contact_private.jwk": contact, "feed_token": "x"}
    signing = Keys(tmp_path).jwks
    for name, text in {**former, "contact_public.jwk": "{}", "complete": "", "databases.json": "{}"}.items():
        (tmp_path / name).write_text(text)
    write(tmp_path)
    write(tmp_path)
    found = contents(tmp_path)

    assert [
        found[f"{service}/{name}"] for service in ("registry", "notifications") for name in ("pii_key", "pii_index_key")
    ] == ["QUJD", "REVG"] * 2
    assert found["notifications/contact_private_key"] == contact
    assert found["reporting/jwks.json"] == signing
    assert not {name for name in found if "/" not in name} - {"signing.jwk"}


def test_everything_is_its_owners_alone_but_what_the_servers_own_users_read(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    write(tmp_path)
    open_to_others = {
        str(path.relative_to(tmp_path)) for path in (tmp_path, *tmp_path.rglob("*")) if path.stat().st_mode & 0o077
    }

    # Their containers' users have numbers of their own, and these folders are in no other container.
    assert {name.partition("/")[0] for name in open_to_others} == {"database", "broker"}


def test_the_job_keeps_the_password_of_a_server_that_was_set_up_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CQO_DB_PASSWORD_ADMIN", "as before")
    arguments = [str(tmp_path), "--file", str(FILE), "--database", ADDRESSES[0], "--broker", ADDRESSES[1]]

    assert secrets.main(arguments) == 0
    assert (tmp_path / "database/admin_password").read_text() == "as before"
    assert urlsplit((tmp_path / "database/admin_url").read_text()).password == "as%20before"


def test_a_secret_that_nobody_can_make_is_said(tmp_path: Path) -> None:
    wrong = dataclasses.replace(TABLE.of("training"), secrets=("database_url", "password_of_the_bank"))
    table = dataclasses.replace(TABLE, services={**TABLE.services, "training": wrong})

    with pytest.raises(privileges.WrongTable, match=r"services\.training\.secrets: .* password_of_the_bank"):
        Secrets(tmp_path, table).write(*ADDRESSES)
