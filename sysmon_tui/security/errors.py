"""Why a secret cannot be had. Each says what to do; monitoring goes on in every case.

Raised by `files`, `keys` and `vault`; whoever delivers alerts shows them as "locked".
"""

from __future__ import annotations

from sysmon_tui.model.errors import SysmonError


class SecretsError(SysmonError):
    """A secret is locked, or its file is not to be trusted."""


class WrongKey(SecretsError):
    """The secrets are sealed with another key than the one there is."""


class Corrupt(SecretsError):
    """The file is damaged or was changed by somebody without the key. It is left as it is."""


class TooNew(SecretsError):
    """A later version of the program wrote the file."""


class Insecure(SecretsError):
    """Others could read or write the file, so nothing in it is believed."""


class Missing(SecretsError):
    """There is no such secret, file or key."""
