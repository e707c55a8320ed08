"""Keeps Python's garbage collector from looking at a whole program again and again."""

import gc

# Of containers made and not yet freed. A request leaves few cycles behind, and they are small.
_YOUNG, _MIDDLE, _OLD = 20_000, 20, 20


def leave_alone_what_is_loaded() -> None:
    """Call it when everything is imported and made, before the work begins.

    Modules, models and routes are some hundred thousand objects that live as long as the process.
    Every full collection looked at all of them, which took a sixth of the CPU of a busy tier and
    stopped it for a tenth of a second at a time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)
