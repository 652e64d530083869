"""Who may come in: plans, weekly hours, holders' rights. Source: domain.md, "Access"."""

from syspark.domain.access.plan import Plan
from syspark.domain.access.right import (
    VISITOR,
    Credential,
    CredentialKind,
    Grant,
    HolderKind,
    Pool,
    PoolFull,
    Refusal,
    Right,
    worth,
)
from syspark.domain.access.window import Window, clocks_of, holds, holds_until, text_of, windows_of

__all__ = [
    "VISITOR",
    "Credential",
    "CredentialKind",
    "Grant",
    "HolderKind",
    "Plan",
    "Pool",
    "PoolFull",
    "Refusal",
    "Right",
    "Window",
    "clocks_of",
    "holds",
    "holds_until",
    "text_of",
    "windows_of",
    "worth",
]
