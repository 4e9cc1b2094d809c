"""The outbound guard: to which address a webhook may be sent, decided anew for each connection.

A subscriber names the host, so a host could be a name of something inside. The guard resolves it once, checks every
address it got, and hands these addresses over: who connects goes to one of them, and asks no resolver again.

`ipaddress.is_global` is not enough. It says yes to NAT64 (64:ff9b::/96), to 6to4 (2002::/16) with any IPv4 address in
it, to IPv4-compatible ::a.b.c.d, to multicast, to site-local fec0::/10 and to the metadata address 168.63.129.16.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from eventlet import Timeout, tpool
from eventlet.semaphore import Semaphore

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolver = Callable[[str, int], Sequence[str]]

LONGEST_URL = 2000
PORTS = (443, 8443)  # on the internet; in an approved network any
RESOLVED_WITHIN = 5.0  # seconds
MOST_ADDRESSES = 16
AT_ONCE = Semaphore(8)  # names being resolved: each holds a thread, and a dead server must not take all of them

# No approval opens these: whatever answers there is this machine's or its cloud's, or nobody in particular.
NEVER = tuple(
    ip_network(each)
    for each in (
        "0.0.0.0/8",  # this host; 0.0.0.0 connects to loopback
        "169.254.0.0/16",  # link-local, with the metadata of most clouds
        "100.100.100.200/32",  # metadata of Alibaba Cloud, inside 100.64.0.0/10
        "168.63.129.16/32",  # Azure's
        "192.0.0.0/24",  # protocol assignments, with Oracle's metadata
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
        "::/96",  # unspecified and IPv4-compatible; ::1 is taken out below
        "::ffff:0:0/96",  # IPv4-mapped
        "::ffff:0:0:0/96",  # IPv4-translated
        "64:ff9b::/96",  # NAT64
        "64:ff9b:1::/48",  # NAT64, local
        "100::/64",  # discard
        "2001::/23",  # protocol assignments: Teredo, benchmarking, ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "3fff::/20",  # documentation
        "fd00:ec2::/32",  # metadata of AWS
        "fe80::/10",  # link-local
        "fec0::/10",  # site-local
        "ff00::/8",  # multicast
    )
)
LOOPBACK_6 = ip_network("::1/128")
# These an administrator may approve, for a subscription in the government's intranet.
INSIDE = tuple(
    ip_network(each)
    for each in (
        "10.0.0.0/8",
        "100.64.0.0/10",  # shared by carriers; the intranets of many a government
        "127.0.0.0/8",
        "172.16.0.0/12",
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "198.18.0.0/15",  # benchmarking
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "fc00::/7",
    )
)
UNICAST_6 = ip_network("2000::/3")  # all of IPv6 that is given out to the world
LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?")
# As browsers do: a host whose last label is a number is an address, however it is written.
NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


class ForbiddenTarget(Exception):
    """A webhook may not be sent there."""


@dataclass(frozen=True)
class Target:
    """Where a webhook goes: `host` in ASCII, as it stands in Host and SNI; an IPv6 address without brackets."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def is_secure(self) -> bool:
        return self.scheme == "https"


def parse(url: str, networks: Sequence[Network] = ()) -> Target:
    """The parts of a subscriber's address; ForbiddenTarget says which rule it breaks.

    `networks` are those approved for the subscription. Only with some of them may it be http, or have any port.
    """
    if len(url) > LONGEST_URL or not url.isprintable() or any(each in url for each in " \\"):
        raise ForbiddenTarget(f"the URL has a space, backslash or control character, or over {LONGEST_URL} characters")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as fault:
        raise ForbiddenTarget(f"the URL can't be read: {fault}") from fault
    if parts.scheme != "https" and not (parts.scheme == "http" and networks):
        raise ForbiddenTarget("the URL must begin with https://; http:// only in an approved network")
    if "@" in parts.netloc:
        raise ForbiddenTarget("the URL must name no user and no password; the signature says who sends")
    if "#" in url:
        raise ForbiddenTarget("the URL must have no fragment (#…)")
    if not url.partition("://")[2].partition("/")[2].isascii():
        raise ForbiddenTarget("the URL's path and query must be in ASCII, other characters as %XX")
    port = port if port is not None else (443 if parts.scheme == "https" else 80)
    if port == 0 or (port not in PORTS and not networks):
        raise ForbiddenTarget(f"port {port}: only {' and '.join(map(str, PORTS))}, others in an approved network")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, _host(parts.hostname or "", "[" in parts.netloc), port, path)


def _in_ascii(host: str) -> str:
    import idna  # here, as few hosts need its tables of half a megabyte

    try:
        return idna.encode(host, uts46=True, std3_rules=True).decode()
    except UnicodeError as fault:
        raise ForbiddenTarget(f"the host {host!r} is no name: {fault}") from fault


def _host(host: str, in_brackets: bool) -> str:
    """The host in ASCII; addresses only as they are usually written."""
    if in_brackets:
        if "%" in host:
            raise ForbiddenTarget("the host must be an address without a zone (%…)")
        return str(_literal(host))
    name = host if host.isascii() else _in_ascii(host)
    labels = name.split(".")
    if not labels[-1]:
        raise ForbiddenTarget("the host must not be empty or end in a dot")
    if NUMBER.fullmatch(labels[-1]):
        return str(_literal(name))
    if len(name) > 253 or not all(LABEL.fullmatch(label) for label in labels):
        raise ForbiddenTarget(f"the host {host!r} is no name")
    return name


def _literal(host: str) -> Address:
    try:
        return ip_address(host)
    except ValueError as fault:
        raise ForbiddenTarget(
            f"the host {host!r} is no address; write an IPv4 address as four decimal numbers"
        ) from fault


def approvable(text: str) -> Network:
    """A network as an administrator approves it; ForbiddenTarget where nobody may."""
    try:
        network = ip_network(text)
    except ValueError as fault:
        raise ForbiddenTarget(f"{text!r} is no network, such as 10.20.0.0/16: {fault}") from fault
    if network != LOOPBACK_6:
        for never in NEVER:
            if network.version == never.version and network.overlaps(never):
                raise ForbiddenTarget(f"{text} holds {never}, which no approval opens; name a smaller network")
    return network


def why_not(address: Address, networks: Sequence[Network] = ()) -> str | None:
    """Why nothing may be sent to the address, or None where something may."""
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        return "it has a zone"
    if address not in LOOPBACK_6 and (never := _in(address, NEVER)):
        return f"it lies in {never}"
    if _in(address, networks):
        return None
    if inside := _in(address, INSIDE):
        return f"it lies in {inside}, and no such network is approved for the subscription"
    # What the list above does not know, and what Python's newer tables of special addresses do.
    if address.is_multicast or not address.is_global or (address.version == 6 and address not in UNICAST_6):
        return "it is not a public address"
    return None


def _in(address: Address, networks: Sequence[Network]) -> Network | None:
    return next((each for each in networks if address.version == each.version and address in each), None)


def system_resolver(host: str, port: int) -> list[str]:
    """The addresses of `host` as the machine resolves it, in a thread of its own; OSError if it does not in time."""
    with AT_ONCE:
        limit = Timeout(RESOLVED_WITHIN, TimeoutError(f"{host} was not resolved within {RESOLVED_WITHIN:g} s"))
        try:
            answers = tpool.execute(socket.getaddrinfo, host, port, 0, socket.SOCK_STREAM)
        finally:
            limit.cancel()
    return [str(answer[4][0]) for answer in answers]


def checked(target: Target, networks: Sequence[Network] = (), resolver: Resolver = system_resolver) -> list[str]:
    """The addresses to connect to, each checked; ForbiddenTarget if any is not allowed, OSError if none is known.

    One forbidden address among public ones is enough to refuse: who controls the name could choose which is used.
    """
    found = list(dict.fromkeys(resolver(target.host, target.port)))[:MOST_ADDRESSES]
    if not found:
        raise OSError(f"{target.host} has no address")
    for each in found:
        address = ip_address(each)
        if reason := why_not(address, networks):
            raise ForbiddenTarget(f"{target.host} resolves to {each}: {reason}")
        if not _in(address, networks) and (not target.is_secure or target.port not in PORTS):
            raise ForbiddenTarget(f"{target.host} resolves to {each}, outside the approved networks: https on {PORTS}")
    return found
