"""How often the interpreter looks for cycles, in the processes that stay."""

import gc

YOUNG, MIDDLE, OLD = 50_000, 20, 100


def look_rarely() -> None:
    """Let more be made between two looks, and leave what is imported by now out of them for good.

    A worker makes hundreds of objects for each event, hardly one in a cycle, and keeps a hundred thousand: by default
    the collector walks all of them over and over, at a sixth of the processor, and stops the loop meanwhile.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
