"""The printed certificate: one page, the same bytes each time, a code that a scanner can read, and no blank glyph."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from dataclasses import replace
from datetime import date

import pytest
import segno
from joserfc.jwk import OKPKey
from training_makers import STATEMENT

from chassis.security import KeyRing
from programme.statements import address_of
from training.adapters import certificate_pdf
from training.adapters.certificate_pdf import CannotBePrinted
from training.adapters.issuer import Issuer

KEY = {"kty": "OKP", "crv": "Ed25519", "kid": "test", "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"}
KEY |= {"x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}  # those of RFC 8037
ISSUER = Issuer(STATEMENT.issuer, "吉林省质量技术监督培训中心", KeyRing(json.dumps({"keys": [KEY]}), "test"))
LONG_FIRM = "吉林省延边朝鲜族自治州示例新能源汽车零部件精密制造与检验检测技术研究开发有限责任公司延吉市朝阳川分公司"
CODE_MM = 50  # as in certificate.typ, its quiet zone of four dots included
ELSEWHERE = """
import hashlib, sys
sys.path.insert(0, "services/training/tests/unit")
from test_certificate_pdf import page
print(hashlib.sha256(page()).hexdigest())
"""


def page(**changes):
    statement = replace(STATEMENT, **changes)
    return certificate_pdf.set_page(statement, ISSUER.sign(statement), ISSUER)


def pages_in(pdf):
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


def test_the_same_certificate_gives_the_same_bytes_in_another_process_too():
    done = subprocess.run([sys.executable, "-c", ELSEWHERE], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == hashlib.sha256(page()).hexdigest()
    assert page(valid_until=date(2032, 3, 12), edition=2) != page()


def test_the_page_leads_to_its_verification_and_embeds_its_fonts():
    found = page()

    assert found.startswith(b"%PDF-1.7") and pages_in(found) == 1
    assert address_of(ISSUER.address, ISSUER.sign(STATEMENT)).encode() in found
    assert b"/FontFile3" in found and b"NotoSerifSC" in found


@pytest.mark.parametrize(
    ("name", "enterprise"),
    [
        ("李明", None),
        ("阿卜杜拉·买买提艾力·吐尔逊江", LONG_FIRM),
        ("㛃䶮镕𬱖", "Siemens（中国）有限公司—《质量》№2"),
        ("名" * 60, "单" * 120),
    ],
)
def test_long_and_rare_names_stay_on_one_page(name, enterprise):
    assert pages_in(page(name=name, enterprise=enterprise)) == 1


def test_a_character_that_no_font_has_is_named_and_not_left_blank():
    with pytest.raises(CannotBePrinted) as refused:
        page(name="李\U0002b740")

    assert refused.value.facts == {"text": "\U0002b740"}


def test_the_dots_of_the_code_are_large_enough_to_be_scanned_from_paper():
    for enterprise, least in (("长春示例机械制造有限公司", 0.45), ("单" * 60, 0.40)):
        statement = replace(STATEMENT, enterprise=enterprise)
        address = address_of(ISSUER.address, ISSUER.sign(statement))
        code = segno.make_qr(address, error=certificate_pdf.ERROR_LEVEL, boost_error=False)

        assert CODE_MM / code.symbol_size()[0] >= least, (code.designator, code.symbol_size())


def test_what_is_set_differently_has_another_tag():
    signed = ISSUER.sign(STATEMENT)
    renamed = replace(ISSUER, authority="示例中心")

    assert certificate_pdf.etag_of(signed, ISSUER) == certificate_pdf.etag_of(signed, ISSUER)
    assert certificate_pdf.etag_of(signed, ISSUER) != certificate_pdf.etag_of(signed, renamed)
    another = OKPKey.generate_key("Ed25519", auto_kid=True).as_dict(private=True)
    other = replace(ISSUER, keys=KeyRing(json.dumps({"keys": [another]}), "test"))
    assert certificate_pdf.etag_of(signed, ISSUER) != certificate_pdf.etag_of(other.sign(STATEMENT), other)
