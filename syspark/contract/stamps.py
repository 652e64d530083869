"""What every command to a v2 device carries besides its own words."""

from typing import TypedDict


class Stamps(TypedDict):
    """The fields of `wire_down` commands: `ts` and `expires_ts` are Unix milliseconds."""

    ts: int
    src: str
    command_id: str | None
    expires_ts: int | None
    epoch: int | None
