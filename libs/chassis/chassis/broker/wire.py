"""Events on their way to the broker and back, as AMQP 0-9-1 frames, past py-amqp's general coder.

py-amqp makes the connection and answers everything else. For a message it takes some hundred calls each way, more time
than all else that a relay or a reader does with it; here it is one pass over the bytes. `tests/messaging/test_wire.py`
holds what is written to py-amqp's own bytes, and what is read to what it reads.
"""

from __future__ import annotations

import functools
import struct
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import amqp
from amqp.serialization import loads

READ = 32768  # at most so many bytes are handled before other greenlets have their turn
PACKET = 65536  # bytes handed to the socket at once
METHOD, HEADER, BODY, FRAME_END = 1, 2, 3, 0xCE
FRAME = struct.Struct(">BHI")  # type, channel, size of the payload; after it comes FRAME_END
FRAME_OVERHEAD = FRAME.size + 1
CONTENT = struct.Struct(">HHQ")  # class, weight, size of the body; after it come the properties' flags
LONG_LONG, SHORT = struct.Struct(">Q"), struct.Struct(">H")
BASIC = 60
DELIVER, PUBLISH = struct.pack(">HH", BASIC, 60), struct.pack(">HH", BASIC, 40)
# The flags of the properties that are written here, and of those that come before the headers.
CONTENT_TYPE, CONTENT_ENCODING, HEADERS, DELIVERY_MODE, MESSAGE_ID, TYPE = 0x8000, 0x4000, 0x2000, 0x1000, 0x80, 0x20
PERSISTENT = b"\x02"
MANDATORY = b"\x01"


class Outgoing(NamedTuple):
    """A message to be published: persistent and mandatory, its routing key the type of its event or the one given."""

    message_id: str
    type: str
    body: bytes
    routing_key: str = ""

    @property
    def key(self) -> str:
        """The routing key that it goes out with."""
        return self.routing_key or self.type


class Incoming(NamedTuple):
    """A message as it was delivered."""

    tag: int
    exchange: str
    routing_key: str
    headers: dict[str, Any]  # Any: what a header may be is the sender's affair
    body: bytes


def publish(channel: amqp.Channel, exchange: str, content_type: str, messages: Iterable[Outgoing]) -> None:
    """Sends `messages` in few packets. What the broker says to them is read by py-amqp, as ever."""
    connection = channel.connection
    held = bytearray()
    for message in messages:
        held += _frames(channel.channel_id, exchange, content_type, message, connection.frame_max - FRAME_OVERHEAD)
        if len(held) >= PACKET:
            connection.transport.write(bytes(held))
            held.clear()
    if held:
        connection.transport.write(bytes(held))
    connection.bytes_sent += 1  # frames, as py-amqp counts them for its heartbeat


def _frames(channel: int, exchange: str, content_type: str, message: Outgoing, most: int) -> bytes:
    size = len(message.body)
    before, after = _constant(channel, exchange, content_type, message.type, message.key)
    message_id = _short_text(message.message_id)
    header = CONTENT.pack(BASIC, 0, size) + before[1] + message_id + after
    frames = before[0] + _frame(HEADER, channel, header)
    if size <= most:
        return frames + (_frame(BODY, channel, message.body) if size else b"")
    return frames + b"".join(_frame(BODY, channel, message.body[at : at + most]) for at in range(0, size, most))


@functools.lru_cache(maxsize=2048)
def _constant(channel: int, exchange: str, content_type: str, kind: str, key: str) -> tuple[tuple[bytes, bytes], bytes]:
    """What is the same for each message of a type and key: the method's frame, and the properties around its id."""
    method = PUBLISH + SHORT.pack(0) + _short_text(exchange) + _short_text(key) + MANDATORY
    flags = SHORT.pack(CONTENT_TYPE | DELIVERY_MODE | MESSAGE_ID | TYPE)
    properties = flags + _short_text(content_type) + PERSISTENT
    return (_frame(METHOD, channel, method), properties), _short_text(kind)


def _frame(kind: int, channel: int, payload: bytes) -> bytes:
    return FRAME.pack(kind, channel, len(payload)) + payload + b"\xce"


def _short_text(text: str) -> bytes:
    encoded = text.encode()
    return bytes((len(encoded),)) + encoded


class Receiver:
    """Reads a connection on whose one channel messages are delivered."""

    def __init__(self, channel: amqp.Channel, on_message: Callable[[Incoming], None]) -> None:
        self.connection, self.channel_id, self.on_message = channel.connection, channel.channel_id, on_message
        self._method = b""  # of the message whose parts are coming, empty between two messages
        self._header = b""
        self._parts: list[bytes] = []
        self._missing = 0  # bytes of its body

    def read(self) -> None:
        """Waits until something comes and handles it. What is not a whole frame stays for the next time.

        Whoever waits here may be struck by a deadline: nothing is lost by it.
        """
        transport = self.connection.transport
        received = transport._quick_recv(READ)
        if not received:
            raise OSError("the broker closed the connection")
        # py-amqp's own place for what it has not read yet, so that the two of us can take turns.
        transport._read_buffer += received
        self.connection.bytes_recv += 1
        self._take_frames(transport)

    def _take_frames(self, transport: Any) -> None:  # Any: one of py-amqp's transports
        data, at = transport._read_buffer, 0
        try:
            while len(data) - at >= FRAME_OVERHEAD:
                kind, channel, size = FRAME.unpack_from(data, at)
                end = at + FRAME.size + size
                if len(data) <= end:
                    return
                if data[end] != FRAME_END:
                    raise amqp.exceptions.UnexpectedFrame(f"a frame ends with {data[end]:#04x}")
                payload, at = data[at + FRAME.size : end], end + 1
                if channel != self.channel_id or not self._is_of_a_message(kind, payload):
                    transport._read_buffer = data[at:]
                    data, at = b"", 0  # whatever answers it may read on
                    self.connection.on_inbound_frame((kind, channel, payload))
                    data = transport._read_buffer
        finally:
            if at:
                transport._read_buffer = data[at:]

    def _is_of_a_message(self, kind: int, payload: bytes) -> bool:
        """Takes the payload if it is a part of a message."""
        if kind == METHOD and payload.startswith(DELIVER):
            self._method = payload
        elif kind == HEADER and self._method:
            self._header, self._parts = payload, []
            (self._missing,) = LONG_LONG.unpack_from(payload, 4)
            if not self._missing:
                self._give()
        elif kind == BODY and self._method:
            self._parts.append(payload)
            self._missing -= len(payload)
            if self._missing <= 0:
                self._give()
        else:
            return False
        return True

    def _give(self) -> None:
        method, self._method = self._method, b""
        at = 5 + method[4]  # past the consumer's tag
        (tag,) = LONG_LONG.unpack_from(method, at)
        exchange, at = _read_short_text(method, at + 9)  # past whether it was delivered before
        routing_key, _ = _read_short_text(method, at)
        body = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        self.on_message(Incoming(tag, exchange, routing_key, _headers(self._header), body))


def _read_short_text(data: bytes, at: int) -> tuple[str, int]:
    end = at + 1 + data[at]
    return data[at + 1 : end].decode("utf-8", "replace"), end


def _headers(payload: bytes) -> dict[str, Any]:  # Any: as Incoming has them
    """A message's headers; none where it has none, or such as nobody can read."""
    (flags,) = SHORT.unpack_from(payload, CONTENT.size)
    if not flags & HEADERS:
        return {}
    at = CONTENT.size + SHORT.size
    for before in (CONTENT_TYPE, CONTENT_ENCODING):
        if flags & before:
            at += 1 + payload[at]
    try:
        (found,), _ = loads("F", payload, at)
    except Exception:
        return {}
    return dict(found)
