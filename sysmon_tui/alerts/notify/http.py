"""One HTTP request with what the settings say about it. `webhook` and `alertmanager` call this.

aiohttp is loaded with this module, so whoever uses it loads it late. Proxies of the environment
are not used and no redirect is followed: a body and its credentials go where the settings say.
Never to a link-local address, whatever a name resolves to: there clouds hand out credentials.
"""

from __future__ import annotations

import json
import socket
import ssl
from base64 import b64encode
from collections.abc import Mapping
from ipaddress import IPv6Address, ip_address
from typing import Any, NamedTuple

import aiohttp

from sysmon_tui.alerts.notify.deliverer import DEADLINE, DeliveryError, Lookup, no_vault
from sysmon_tui.alerts.notify.secret import line_of
from sysmon_tui.model.text import clean
from sysmon_tui.settings.schema import Receiver

ANSWER_LIMIT = 8 << 20
"""Bytes of an answer that are read."""
_PASSING = frozenset({408, 425, 429})


_METADATA = frozenset({"fd00:ec2::254", "fd20:ce::254"})
"""Of clouds that have theirs at other addresses than 169.254.169.254 too."""


class LinkLocal(OSError):
    """Where nobody has a receiver of alerts."""


class Answer(NamedTuple):
    status: int
    body: bytes


async def call(
    receiver: Receiver,
    method: str,
    url: str,
    body: Any = None,
    *,
    lookup: Lookup = no_vault,
    deadline: float = DEADLINE,
) -> Answer:
    """The answer, whatever its status. Raises `DeliveryError` where there is none."""
    headers = {**receiver.headers, **credentials(receiver, lookup)}
    data = None
    if body is not None:
        headers["Content-Type"] = "application/json"
        # NaN is no JSON.
        data = json.dumps(body, allow_nan=False).encode("utf-8", "replace")
    context = tls_context(receiver.ca_file) if url.startswith("https:") else True
    limits = aiohttp.ClientTimeout(total=deadline)
    try:
        async with (
            aiohttp.ClientSession(
                timeout=limits, connector=aiohttp.TCPConnector(socket_factory=_socket)
            ) as session,
            session.request(
                method, url, data=data, headers=headers, ssl=context, allow_redirects=False
            ) as response,
        ):
            return Answer(response.status, await _read(response))
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        raise DeliveryError(_why(error, deadline)) from None


def check(answer: Answer) -> None:
    """Raises `DeliveryError` unless the request succeeded; it may pass with errors of a server."""
    status = answer.status
    if 200 <= status < 300:
        return
    if 300 <= status < 400:
        raise DeliveryError(
            f"it redirects elsewhere (HTTP {status})", "Set url to the final place", retry=False
        )
    said = clean(answer.body.strip(), 200)
    raise DeliveryError(
        f"HTTP {status}{f': {said}' if said else ''}",
        retry=status >= 500 or status in _PASSING,
    )


def credentials(receiver: Receiver, lookup: Lookup) -> Mapping[str, str]:
    """The header that says who asks; the secret is read anew. Raises `DeliveryError`."""
    if token := line_of(receiver.token_file, receiver.token_secret, lookup):
        return {"Authorization": f"Bearer {token}"}
    if receiver.user:
        password = line_of(receiver.password_file, receiver.password_secret, lookup)
        pair = b64encode(f"{receiver.user}:{password}".encode()).decode()
        return {"Authorization": f"Basic {pair}"}
    return {}


def tls_context(ca_file: str) -> ssl.SSLContext:
    """Raises `DeliveryError` where the certificates cannot be read."""
    try:
        return ssl.create_default_context(cafile=ca_file or None)
    except OSError as error:
        raise DeliveryError(f"{ca_file} cannot be used: {error.strerror}", "Check it") from None


def _socket(found: aiohttp.AddrInfoType) -> socket.socket:
    """For an address that a name resolved to just now. Raises `LinkLocal`."""
    family, kind, protocol, _, place = found
    address = ip_address(str(place[0]).partition("%")[0])
    if isinstance(address, IPv6Address):
        address = address.ipv4_mapped or address
    if address.is_link_local or str(address) in _METADATA:
        raise LinkLocal(0, "a link-local address is no receiver")
    return socket.socket(family, kind, protocol)


async def _read(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_chunked(65536):
        body += chunk
        if len(body) > ANSWER_LIMIT:
            raise DeliveryError("its answer is endless")
    return bytes(body)


def _why(error: Exception, deadline: float) -> str:
    """Without the URL, which may be a secret."""
    if isinstance(error, TimeoutError):
        return f"no answer within {deadline:g} s"
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"cannot connect: {clean(error.os_error.strerror or type(error.os_error).__name__)}"
    if isinstance(error, aiohttp.ClientConnectionError):
        return "the connection broke"
    return f"the request failed ({type(error).__name__})"
