from training.domain.certificate import CertificateStatus
from training.domain.status_list import STANDINGS, Standing, changed, empty


def test_the_places_of_a_byte_are_counted_from_its_lowest_bits_as_in_the_standard_s_example():
    standings = [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3]

    assert changed(empty(12), enumerate(map(Standing, standings))) == bytes([0xC9, 0x44, 0xF9])


def test_a_place_is_set_and_set_back_and_its_neighbours_stay():
    bits = changed(empty(8), [(3, Standing.EXPIRED), (4, Standing.INVALID)])

    assert changed(bits, [(3, Standing.VALID)]) == changed(empty(8), [(4, Standing.INVALID)])
    assert changed(bits, []) == bits


def test_each_status_has_a_standing():
    assert STANDINGS.keys() == set(CertificateStatus)
