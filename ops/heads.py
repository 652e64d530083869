"""Where the journal's chains end, told to the log every hour: a chain alone cannot show that its end was cut off.

Source: architecture.md, "Hash chain".
"""

import asyncio
import logging
from collections.abc import Callable

from syspark.errors import Unavailable
from syspark.persistence.audit import chain_heads
from syspark.persistence.chain import Head
from syspark.persistence.postgres.database import Database

logger = logging.getLogger(__name__)

TELL_EVERY_S = 3600.0


async def tell_heads(opened: Database | None, is_ours: Callable[[], bool]) -> None:
    """Log every hour the chains that have grown, with their heads; of several workers the one tells whose turn it is.

    They are written as `syspark audit verify --head` takes them.
    """
    told: dict[str, Head] = {}
    while opened is not None:
        await asyncio.sleep(TELL_EVERY_S)
        if not is_ours():
            continue
        try:
            heads = await chain_heads(opened)
        except Unavailable as error:
            logger.warning("the journal's heads are told later: %s", error)
            continue
        for name, head in heads.items():
            if told.get(name) != head:
                logger.info("head of the journal: %s=%s:%s", name, head.seq, head.digest.hex())
        told = dict(heads)
