"""How often the interpreter looks for cycles, in the processes that stay."""

import gc

YOUNG, MIDDLE, OLD = 10_000, 100, 100


def look_rarely() -> None:
    """Let more be made between two looks, and leave what is imported by now out of them for good.

    A worker makes hundreds of objects for each event, hardly one in a cycle, and keeps a hundred thousand: by default
    the collector walks all of them over and over, at a sixth of the processor, and stops the loop meanwhile. The young
    are few, so that a look at them, every second or two in a busy hour, stops it for some milliseconds only.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
