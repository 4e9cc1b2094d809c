import base64
import json

import pytest
from joserfc import jwe as joserfc
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from registry.adapters.jwe import Agreement, derived

ALGORITHMS = ["ECDH-ES+A256KW", "A256GCM"]


def parts(token):
    return token.split(".")


def test_another_implementation_opens_what_was_sealed_and_another_key_does_not():
    key = ECKey.generate_key("P-256")
    sealed = Agreement(key).seal("手机 13800000001".encode())

    assert joserfc.decrypt_compact(sealed, key, algorithms=ALGORITHMS).plaintext == "手机 13800000001".encode()
    with pytest.raises(JoseError):
        joserfc.decrypt_compact(sealed, ECKey.generate_key("P-256"), algorithms=ALGORITHMS)


def test_what_shares_an_agreement_shares_neither_content_key_nor_nonce():
    key = ECKey.generate_key("P-256")
    agreement = Agreement(key)
    one, other = parts(agreement.seal(b"the same")), parts(agreement.seal(b"the same"))

    assert one[0] == other[0]
    assert not set(one[1:]) & set(other[1:])


def test_each_agreement_has_an_ephemeral_key_of_its_own():
    key = ECKey.generate_key("P-256")

    assert parts(Agreement(key).seal(b"x"))[0] != parts(Agreement(key).seal(b"x"))[0]


def test_a_changed_part_no_longer_opens():
    key = ECKey.generate_key("P-256")
    sealed = parts(Agreement(key).seal(b"a text of some length"))
    for place in (1, 2, 3, 4):
        changed = list(sealed)
        changed[place] = ("B" if changed[place][0] == "A" else "A") + changed[place][1:]
        with pytest.raises(JoseError):
            joserfc.decrypt_compact(".".join(changed), key, algorithms=ALGORITHMS)


def test_the_derived_key_is_that_of_the_standards_example():
    """RFC 7518, appendix C."""
    agreed = bytes.fromhex("9e56d91d817135d372834283bf84269cfb316ea3da806a48f6daa7798cfe90c4")
    key = derived(agreed, b"A128GCM", 16, b"Alice", b"Bob")

    assert key == bytes.fromhex("56aa8deaf8236d205c2228cd71a7101a")


@pytest.mark.parametrize("curve", ["P-384", "P-521"])
def test_a_key_of_another_curve_is_refused_before_anything_is_sealed(curve):
    with pytest.raises(ValueError, match="P-256"):
        Agreement(ECKey.generate_key(curve))


def test_the_header_is_the_json_that_readers_parse():
    header = parts(Agreement(ECKey.generate_key("P-256")).seal(b"x"))[0]
    read = json.loads(base64.urlsafe_b64decode(header + "=="))

    assert (read["alg"], read["enc"], read["epk"]["crv"], read["epk"]["kty"]) == (*ALGORITHMS, "P-256", "EC")
