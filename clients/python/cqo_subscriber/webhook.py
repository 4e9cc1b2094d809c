"""What a webhook's end point does with a request, whatever server it stands in."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus

from cqo_subscriber.deliveries import Delivery, NotADelivery
from cqo_subscriber.signatures import NotVerified, verify
from cqo_subscriber.store import Apply, Store

CHALLENGE, TEST = "webhook.challenge.v1", "webhook.test.v1"


def answer(
    body: bytes, headers: Mapping[str, str], keys: Sequence[str], store: Store, apply: Apply
) -> tuple[HTTPStatus, bytes]:
    """The status and the JSON to answer with: verifies the request, echoes the handshake, applies what is new.

    What `apply` raises is raised: answer it with 500, and the event is sent again.
    """
    try:
        verify(body, headers, keys)
        event = json.loads(body)
        if event["type"] == CHALLENGE:
            return HTTPStatus.OK, json.dumps({"challenge": event["data"]["challenge"]}).encode()
        if event["type"] != TEST:
            store.take(Delivery.of(event), apply)
    except NotVerified as fault:
        return HTTPStatus.UNAUTHORIZED, json.dumps({"title": str(fault)}).encode()
    except NotADelivery as fault:
        return HTTPStatus.BAD_REQUEST, json.dumps({"title": str(fault)}).encode()
    return HTTPStatus.NO_CONTENT, b""
