"""dlt's secrets file: what is kept, who may read it, and that it is never half written."""

from __future__ import annotations

import stat
import threading

import pytest

from cal_source.errors import ConfigError
from cal_source.signin.secrets_file import SecretsFile

BEFORE = """\
# mine
[sources.other]
api_key = "kept"  # too

[destination.postgres.credentials]
password = "kept"
"""


@pytest.fixture
def secrets(tmp_path):
    return SecretsFile(tmp_path / ".dlt" / "secrets.toml")


def filled(secrets, text):
    secrets.path.parent.mkdir(exist_ok=True)
    secrets.path.write_text(text)
    return secrets


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_write_makes_folder_and_file_that_only_the_owner_reads(secrets):
    secrets.write("sources.cal.oauth", {"access_token": "a"})

    assert secrets.read("sources.cal.oauth") == {"access_token": "a"}
    assert mode(secrets.path) == 0o600


def test_write_keeps_everything_else_comments_included(secrets):
    filled(secrets, BEFORE)

    secrets.write("sources.cal.oauth", {"access_token": "a"})

    text = secrets.path.read_text()
    assert all(line in text for line in BEFORE.splitlines())
    assert secrets.read("sources.other") == {"api_key": "kept"}


def test_write_closes_a_file_that_others_could_read(secrets):
    filled(secrets, BEFORE).path.chmod(0o644)

    secrets.write("sources.cal.oauth", {"access_token": "a"})

    assert mode(secrets.path) == 0o600


def test_write_replaces_the_whole_table(secrets):
    secrets.write("sources.cal.oauth", {"client_secret": "old", "access_token": "old"})

    secrets.write("sources.cal.oauth", {"access_token": "new"})

    assert secrets.read("sources.cal.oauth") == {"access_token": "new"}


def test_write_keeps_keys_beside_a_table(secrets):
    filled(secrets, '[sources.cal]\napi_key = "kept"\n')

    secrets.write("sources.cal.oauth", {"access_token": "a"})

    assert secrets.read("sources.cal") == {"api_key": "kept", "oauth": {"access_token": "a"}}


def test_write_follows_a_link(secrets, tmp_path):
    real = tmp_path / "real.toml"
    real.write_text(BEFORE)
    secrets.path.parent.mkdir()
    secrets.path.symlink_to(real)

    secrets.write("sources.cal.oauth", {"access_token": "a"})

    assert secrets.path.is_symlink()
    assert 'access_token = "a"' in real.read_text()


def test_write_leaves_no_other_file_behind(secrets):
    secrets.write("a", {"b": "c"})

    assert [file.name for file in secrets.path.parent.iterdir()] == ["secrets.toml"]


def test_read_finds_nothing_where_nothing_is(secrets):
    assert secrets.read("sources.cal.oauth") is None
    assert filled(secrets, "sources = 7").read("sources.cal.oauth") is None


@pytest.mark.parametrize("content", ["[broken", "a = \xff"], ids=["no toml", "no text"])
def test_a_file_that_cannot_be_understood_is_left_as_it_is(secrets, content):
    secrets.path.parent.mkdir()
    secrets.path.write_text(content, "latin-1")

    for change in (
        lambda: secrets.read("a"),
        lambda: secrets.write("a", {}),
        secrets.check_writable,
    ):
        with pytest.raises(ConfigError, match="left as it is"):
            change()

    assert secrets.path.read_text("latin-1") == content


def test_a_folder_in_place_of_the_file_is_told(secrets):
    secrets.path.mkdir(parents=True)

    with pytest.raises(ConfigError, match="cannot be read"):
        secrets.read("a")


def test_a_file_in_place_of_the_folder_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    secrets = SecretsFile(tmp_path / "file" / "secrets.toml")

    with pytest.raises(ConfigError, match=r"cannot be (read|written|locked)"):
        secrets.check_writable()
    with pytest.raises(ConfigError, match="cannot be locked"), secrets.locked():
        pass


def test_locked_keeps_writers_apart(secrets):
    secrets.write("count", {"value": 0})

    def add_ten():
        for _ in range(10):
            with secrets.locked():
                secrets.write("count", {"value": secrets.read("count")["value"] + 1})

    threads = [threading.Thread(target=add_ten) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert secrets.read("count") == {"value": 40}
