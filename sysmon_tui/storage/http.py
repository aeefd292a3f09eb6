"""Requests to a metrics server, waited for on the caller's thread. `prometheus` calls this.

aiohttp is loaded with this module, so whoever uses it loads it late. No redirect is followed.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import aiohttp

from sysmon_tui.model.errors import StoreError
from sysmon_tui.model.text import clean

DEADLINE = 10.0
"""Seconds a request may take."""
LARGEST = 256 << 20
"""Bytes of an answer that are read."""
_PASSING = frozenset({408, 425, 429})


def get(url: str, asked: Mapping[str, Any]) -> Any:
    """What an API of Prometheus answers, its `data`. Raises `StoreError`."""
    form = {key: str(value) for key, value in asked.items()}
    status, body = asyncio.run(_call("GET", url, params=form))
    try:
        answer = json.loads(body)
        if status == 200 and answer["status"] == "success":
            return answer["data"]
        problem = str(answer.get("error", f"HTTP {status}"))
    except (ValueError, KeyError, TypeError, AttributeError):
        problem = f"HTTP {status}"
    raise _error(clean(problem, 200))


def post(url: str, body: bytes, headers: Mapping[str, str]) -> str:
    """Deliver a body; why it was refused for good, or nothing.

    Raises `StoreError` where it may be taken another time.
    """
    status, answer = asyncio.run(_call("POST", url, data=body, headers=headers))
    if 200 <= status < 300:
        return ""
    problem = clean(f"HTTP {status} {answer.decode('utf-8', 'replace').strip()}", 200)
    if status >= 500 or status < 400 or status in _PASSING:
        raise _error(problem)
    return problem


async def _call(method: str, url: str, **how: Any) -> tuple[int, bytes]:
    limits = aiohttp.ClientTimeout(total=DEADLINE)
    try:
        async with (
            aiohttp.ClientSession(timeout=limits) as session,
            session.request(method, url, allow_redirects=False, **how) as response,
        ):
            body = bytearray()
            async for chunk in response.content.iter_chunked(1 << 16):
                body += chunk
                if len(body) > LARGEST:
                    raise _error("its answer is endless")
            return response.status, bytes(body)
    except TimeoutError:
        raise _error(f"no answer within {DEADLINE:g} s") from None
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise _error(clean(str(error), 200)) from None


def _error(problem: str) -> StoreError:
    return StoreError(
        f"The metrics server cannot be used: {problem}", "Check storage.url and the server"
    )
