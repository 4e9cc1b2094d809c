"""The papers of an appointment: kept as they came, told by their own bytes what they are."""

from __future__ import annotations

import base64
import hashlib

import pytest
from marshmallow import ValidationError
from registry_world import CHANGCHUN, PROVINCE, SIPING, Register

from chassis.errors import NotFound
from programme.callers import Caller
from registry.domain.document import LARGEST, MOST, Paper, TooManyDocuments
from registry.schemas.documents import NewDocument
from registry.usecases import documents
from registry.usecases.documents import KeepDocument

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20 + b"IEND\xaeB`\x82"
JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 20 + b"\xff\xd9"


@pytest.fixture
def made(register: Register):
    firm = register.firm()
    holder = register.person(firm)
    register.issue(holder)
    return register.appoint(holder, register.post(firm))


def keep(register, made, content=PDF, caller=PROVINCE):
    command = KeepDocument(paper=Paper.AUTHORISATION, name="授权书.pdf", content=content)
    kept = documents.keep(register.session, caller, made.id, command, register.clock)
    register.session.flush()
    return kept


def test_a_file_is_kept_once_with_its_hash_and_comes_back_as_it_was(register, made):
    kept, again = keep(register, made), keep(register, made)
    register.session.expire_all()
    found = documents.document(register.session, CHANGCHUN, made.id, kept.id, register.clock)

    assert again.id == kept.id
    assert (found.content, found.size, found.media_type) == (PDF, len(PDF), "application/pdf")
    assert found.sha256 == hashlib.sha256(PDF).hexdigest()
    assert [each.id for each in documents.documents_of(register.session, made.id)] == [kept.id]


def test_others_see_nothing_of_it(register, made):
    kept = keep(register, made, caller=Caller("f", "enterprise", enterprise_id=made.enterprise_id))

    for stranger in (SIPING, Caller("g", "enterprise", enterprise_id=register.firm().id)):
        with pytest.raises(NotFound):
            documents.document(register.session, stranger, made.id, kept.id, register.clock)


def test_an_appointment_has_so_many_files_and_no_more(register, made):
    for number in range(MOST):
        keep(register, made, PDF + b"%d" % number)

    with pytest.raises(TooManyDocuments):
        keep(register, made, PNG)


def loaded(content: str) -> dict[str, object]:
    return {"paper": "authorisation", "name": "授权书", "content": content}


@pytest.mark.parametrize("content", [PDF, PNG, JPEG])
def test_pdf_png_and_jpeg_are_taken(content):
    assert NewDocument().load(loaded(base64.b64encode(content).decode())).content == content


@pytest.mark.parametrize(
    "content",
    [
        b"",
        PDF[:-10],
        PNG[:-1],
        JPEG[:-2],
        b"MZ" + PDF,
        b"<html><script>alert(1)</script>",
        b"PK\x03\x04" + b"\0" * 40,
        PDF[:9] + b"\0" * LARGEST + PDF[9:],
    ],
    ids=["empty", "half a PDF", "half a PNG", "half a JPEG", "a program", "a page", "a package", "too large"],
)
def test_anything_else_is_refused_and_said_why(content):
    with pytest.raises(ValidationError, match=r"3 MB|PDF|Blank"):
        NewDocument().load(loaded(base64.b64encode(content).decode()))


def test_what_is_no_base64_is_refused():
    for text in ("%%%", "授权", "QUJ"):
        with pytest.raises(ValidationError, match="base64"):
            NewDocument().load(loaded(text))
