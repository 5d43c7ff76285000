"""Give the memory of a dropped model back to the machine."""

import ctypes
import sys


def give_back() -> bool:
    """Ask the C library to return freed memory to the operating system.

    After a model of a few hundred megabytes is dropped, glibc keeps its pages for the next one.
    On a server with one gigabyte that room is missed elsewhere. Other C libraries than glibc return
    it by themselves, or never.

    Returns:
        Whether this system has such a call.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        trim = ctypes.CDLL("libc.so.6").malloc_trim
    except (OSError, AttributeError):
        return False
    trim(0)
    return True
