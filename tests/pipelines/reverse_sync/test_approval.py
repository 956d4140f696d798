"""Keys and signed files: written so that only their owner reads them, refused when touched."""

from __future__ import annotations

import stat
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed448
from hypothesis import given
from hypothesis import strategies as st

from pipelines.reverse_sync.approval import (
    decode_statement,
    encode_statement,
    public_key_of,
    read_key,
    sign,
    write_new_key,
)
from pipelines.reverse_sync.errors import ApprovalFileError, KeyFileError
from tests.pipelines.reverse_sync.approved import ADA, approval_of, key_of, plan_of, revocation_of

APPROVAL = approval_of(plan_of())


def test_key_file_is_its_owners_alone_and_opens_again(tmp_path):
    path = tmp_path / "keys" / "ada.key"

    public_key = write_new_key(path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert public_key_of(read_key(path)) == public_key
    assert len(public_key) == 64


def test_key_file_with_a_passphrase_opens_with_it_alone(tmp_path):
    path = tmp_path / "ada.key"
    public_key = write_new_key(path, b"correct horse")

    assert public_key_of(read_key(path, b"correct horse")) == public_key
    for wrong in (None, b"battery staple"):
        with pytest.raises(KeyFileError, match="passphrase"):
            read_key(path, wrong)


def test_key_file_without_a_passphrase_refuses_one(tmp_path):
    path = tmp_path / "ada.key"
    write_new_key(path)

    with pytest.raises(KeyFileError, match="none where it has none"):
        read_key(path, b"battery staple")


def test_key_file_is_never_overwritten(tmp_path):
    path = tmp_path / "ada.key"
    path.write_text("precious")

    with pytest.raises(KeyFileError, match="there already"):
        write_new_key(path)
    assert path.read_text() == "precious"


def test_key_file_that_cannot_be_written_is_told(tmp_path):
    folder = tmp_path / "file"
    folder.write_text("")

    with pytest.raises(KeyFileError, match="Give a file in a folder"):
        write_new_key(folder / "ada.key")


def test_key_file_that_others_may_read_is_not_used(tmp_path):
    path = tmp_path / "ada.key"
    write_new_key(path)
    path.chmod(0o640)

    with pytest.raises(KeyFileError, match="chmod 600"):
        read_key(path)


def test_key_file_that_is_missing_is_told(tmp_path):
    with pytest.raises(KeyFileError, match="keygen"):
        read_key(tmp_path / "none.key")


@pytest.mark.parametrize("is_key", [True, False], ids=["another algorithm", "no key"])
def test_file_that_is_no_signing_key_is_refused(tmp_path, is_key):
    path = tmp_path / "ada.key"
    other = ed448.Ed448PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(other if is_key else b"-----BEGIN NOTHING-----")
    path.chmod(0o600)

    with pytest.raises(KeyFileError, match="keygen"):
        read_key(path)


@pytest.mark.parametrize(
    "signed", [APPROVAL, revocation_of(plan_of())], ids=["approval", "revocation"]
)
def test_signed_file_comes_back_as_it_was(signed):
    assert decode_statement(encode_statement(signed), "approval.json") == signed


def test_signature_fits_its_statement_and_key_only():
    public_key = public_key_of(key_of(ADA))

    assert APPROVAL.is_signed_by(public_key)
    assert not APPROVAL.is_signed_by(public_key_of(key_of("other")))
    assert not APPROVAL.is_signed_by("no key")
    changed = replace(APPROVAL, statement=replace(APPROVAL.statement, reason="other"))
    assert not changed.is_signed_by(public_key)


def test_signature_over_the_bare_json_does_not_count():
    bare = key_of(ADA).sign(encode_statement(APPROVAL)).hex()

    assert not replace(APPROVAL, signature=bare).is_signed_by(public_key_of(key_of(ADA)))


@given(st.data())
def test_one_changed_byte_of_a_signed_file_is_refused(data):
    content = bytearray(encode_statement(APPROVAL))
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] = data.draw(st.integers(0, 255).filter(lambda value: value != content[place]))

    try:
        signed = decode_statement(bytes(content), "approval.json")
    except ApprovalFileError as error:
        assert "Have the plan approved again" in str(error)  # noqa: PT017 - one of two ways out
    else:
        is_case = bytes(content).lower() == encode_statement(APPROVAL)
        assert is_case or not signed.is_signed_by(public_key_of(key_of(ADA)))


@pytest.mark.parametrize(
    "content",
    [
        b"{}",
        b"\xff",
        encode_statement(APPROVAL).replace(b'"format":1', b'"format":2'),
        encode_statement(APPROVAL).replace(b'{"signature"', b'{"more":1,"signature"'),
        encode_statement(APPROVAL).replace(b":", b": ", 1),
        encode_statement(APPROVAL).replace(b"08:00:00Z", b"08:00:00"),
    ],
    ids=["empty", "no text", "other version", "further field", "space", "no zone"],
)
def test_file_in_another_form_than_ours_is_refused(content):
    with pytest.raises(ApprovalFileError, match=r"approval\.json"):
        decode_statement(content, "approval.json")


def test_statement_is_named_by_what_it_says_not_by_its_signature():
    again = sign(APPROVAL.statement, key_of("other"))

    assert again.id == APPROVAL.id
