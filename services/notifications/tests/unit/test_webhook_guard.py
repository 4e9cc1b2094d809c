"""The outbound guard: which addresses are refused, however they are written or reached."""

from __future__ import annotations

import socket
from ipaddress import ip_address, ip_network

import pytest

from notifications.adapters.webhook import guard
from notifications.adapters.webhook.guard import ForbiddenTarget

# Each address, and whether Python calls it global: with `is_global` alone the ones with True would be let through.
FORBIDDEN = {
    "127.0.0.1": False,
    "127.255.255.254": False,
    "0.0.0.0": False,
    "0.1.2.3": False,
    "10.1.2.3": False,
    "172.16.0.1": False,
    "172.31.255.255": False,
    "192.168.1.1": False,
    "100.64.0.1": False,
    "100.100.100.200": False,
    "169.254.169.254": False,
    "169.254.0.1": False,
    "168.63.129.16": True,
    "192.0.0.1": False,
    "192.0.0.192": True,
    "192.0.2.1": False,
    "192.88.99.1": True,
    "198.18.0.1": False,
    "198.51.100.1": False,
    "203.0.113.1": False,
    "224.0.0.1": True,
    "239.255.255.250": True,
    "240.0.0.1": False,
    "255.255.255.255": False,
    "::": False,
    "::1": False,
    "::127.0.0.1": True,
    "::8.8.8.8": True,
    "::ffff:127.0.0.1": False,
    "::ffff:8.8.8.8": True,
    "::ffff:0:127.0.0.1": True,
    "64:ff9b::7f00:1": True,
    "64:ff9b::a9fe:a9fe": True,
    "64:ff9b:1::1": True,
    "100::1": False,
    "2001::1": False,
    "2001:0:4136:e378:8000:63bf:3fff:fdd2": False,
    "2001:2::1": False,
    "2001:10::1": False,
    "2001:db8::1": False,
    "2002:7f00:1::": True,
    "2002:a9fe:a9fe::": True,
    "3fff::1": True,
    "4000::1": True,
    "5f00::1": True,
    "fc00::1": False,
    "fd00:ec2::254": False,
    "fe80::1": False,
    "fe80::1%eth0": False,
    "fec0::1": True,
    "ff02::1": True,
    "ff0e::1": True,
}
PUBLIC = ("8.8.8.8", "223.5.5.5", "114.114.114.114", "2400:3200::1", "2001:4860:4860::8888", "240e:1::1")
HOOK = "https://hooks.example.cn/cqo"


def answering(*answers):
    """A resolver that gives each answer in its turn, and the last from then on."""
    left = list(answers)
    return lambda host, port: left.pop(0) if len(left) > 1 else left[0]


@pytest.mark.parametrize("address", FORBIDDEN)
def test_a_forbidden_address_is_refused(address):
    with pytest.raises(ForbiddenTarget, match="resolves to"):
        guard.checked(guard.parse(HOOK), resolver=answering([address]))


def test_more_than_thirty_are_forbidden_and_is_global_alone_would_let_many_through():
    let_through = {address for address in FORBIDDEN if ip_address(address).is_global}
    print(f"\n{len(FORBIDDEN)} forbidden addresses refused; is_global alone lets {len(let_through)} through")

    assert len(FORBIDDEN) >= 30 and len(let_through) >= 10


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_let_through(address):
    assert guard.checked(guard.parse(HOOK), resolver=answering([address])) == [address]


@pytest.mark.parametrize("address", FORBIDDEN)
def test_a_name_that_resolves_otherwise_the_second_time_is_refused_the_second_time(address):
    resolver, target = answering(["8.8.8.8"], [address]), guard.parse(HOOK)

    assert guard.checked(target, resolver=resolver) == ["8.8.8.8"]
    with pytest.raises(ForbiddenTarget):
        guard.checked(target, resolver=resolver)


@pytest.mark.parametrize("address", FORBIDDEN)
def test_one_forbidden_address_among_public_ones_is_enough_to_refuse(address):
    with pytest.raises(ForbiddenTarget):
        guard.checked(guard.parse(HOOK), resolver=answering(["8.8.8.8", "2400:3200::1", address]))


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://hooks.example.cn/", "https://"),
        ("ftp://hooks.example.cn/", "https://"),
        ("file:///etc/passwd", "https://"),
        ("//hooks.example.cn/", "https://"),
        ("hooks.example.cn", "https://"),
        ("https://user@hooks.example.cn/", "no user"),
        ("https://user:password@hooks.example.cn/", "no user"),
        ("https://hooks.example.cn@127.0.0.1/", "no user"),
        ("https://@hooks.example.cn/", "no user"),
        ("https://hooks.example.cn\\@127.0.0.1/", "backslash"),
        ("https://hooks.example.cn/#x", "fragment"),
        ("https://hooks.example.cn/ x", "space"),
        ("https://hooks.example.cn/\r\nHost: inside", "control"),
        ("https://hooks.example.cn/通知", "%XX"),
        ("https://hooks.example.cn:22/", "port 22"),
        ("https://hooks.example.cn:5432/", "port 5432"),
        ("https://hooks.example.cn:0/", "port 0"),
        ("https://hooks.example.cn:99999/", "can't be read"),
        ("https://hooks.example.cn:x/", "can't be read"),
        ("https://hooks.example.cn./", "dot"),
        ("https://localhost./", "dot"),
        ("https:///cqo", "empty"),
        ("https://hooks..example.cn/", "no name"),
        ("https://hooks.exa%6dple.cn/", "no name"),
        ("https://-hooks.example.cn/", "no name"),
        ("https://" + "a" * 64 + ".cn/", "no name"),
        ("https://2130706433/", "no address"),
        ("https://017700000001/", "no address"),
        ("https://0x7f000001/", "no address"),
        ("https://0x7f.1/", "no address"),
        ("https://127.1/", "no address"),
        ("https://127.0.0.01/", "no address"),
        ("https://0177.0.0.1/", "no address"),
        ("https://1.2.3.4.5/", "no address"),
        ("https://hooks.example.127/", "no address"),
        ("https://[::1%25eth0]/", "zone"),
        ("https://[v1.fe80]/", "can't be read|no address"),
        ("https://[::1/", "can't be read"),
        ("https://" + "x." * 1000 + "cn/", "over 2000"),
    ],
)
def test_a_url_that_hides_where_it_goes_is_refused(url, reason):
    with pytest.raises(ForbiddenTarget, match=reason):
        guard.parse(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:7f00:1]/",
        "https://１２７.０.０.１/",
        "https://127。0。0。1/",
    ],
)
def test_an_address_in_place_of_a_name_is_checked_as_any_other(url):
    """With the machine's own resolver, which needs no server for these."""
    target = guard.parse(url)

    with pytest.raises(ForbiddenTarget, match="resolves to"):
        guard.checked(target, resolver=lambda host, port: [str(each[4][0]) for each in socket.getaddrinfo(host, port)])


def test_a_name_in_chinese_goes_out_in_ascii():
    assert guard.parse("https://通知.示例.中国/cqo?x=1").host == "xn--k7y792c.xn--fsq092h.xn--fiqs8s"
    assert guard.parse("https://HOOKS.Example.CN").host == "hooks.example.cn"


def test_the_parts_of_a_url():
    assert guard.parse("https://hooks.example.cn:8443/a/b?c=d") == guard.Target(
        "https", "hooks.example.cn", 8443, "/a/b?c=d"
    )
    assert guard.parse("https://hooks.example.cn") == guard.Target("https", "hooks.example.cn", 443, "/")


def test_an_approved_network_opens_itself_and_nothing_else():
    networks = (guard.approvable("10.20.0.0/16"),)
    target = guard.parse("http://data.gov.intra:8080/cqo", networks)

    assert guard.checked(target, networks, answering(["10.20.3.4"])) == ["10.20.3.4"]
    for address in ("10.21.0.1", "127.0.0.1", "169.254.169.254", "::ffff:10.20.3.4", "64:ff9b::a14:304"):
        with pytest.raises(ForbiddenTarget):
            guard.checked(target, networks, answering([address]))


def test_http_and_odd_ports_stay_in_the_approved_network():
    """A subscription with an approved network gets no plain HTTP out to the internet."""
    networks = (guard.approvable("10.20.0.0/16"),)

    for url in ("http://hooks.example.cn/", "https://hooks.example.cn:6379/"):
        with pytest.raises(ForbiddenTarget, match="outside the approved networks"):
            guard.checked(guard.parse(url, networks), networks, answering(["8.8.8.8"]))
    assert guard.checked(guard.parse(HOOK, networks), networks, answering(["8.8.8.8"])) == ["8.8.8.8"]


@pytest.mark.parametrize("network", ["0.0.0.0/0", "::/0", "169.254.169.254/32", "100.64.0.0/10", "::ffff:0:0/96", "x"])
def test_what_no_approval_opens_can_not_be_approved(network):
    with pytest.raises(ForbiddenTarget):
        guard.approvable(network)


@pytest.mark.parametrize("network", ["127.0.0.0/8", "::1/128", "10.0.0.0/8", "100.64.0.0/11", "fd12:3456::/48"])
def test_a_network_of_the_intranet_can_be_approved(network):
    assert guard.approvable(network) == ip_network(network)


def test_a_name_without_an_address_is_an_error_of_the_network():
    with pytest.raises(OSError, match="has no address"):
        guard.checked(guard.parse(HOOK), resolver=answering([]))
