"""A room of thirty people on one lab: python -m tests.load.room --help.

Each visitor opens the lab and moves a slider to another place every few seconds. What comes out is
the time from the move to the finished page, the errors seen, and the server's memory.
"""

import argparse
import asyncio
import random
import statistics
import time

import psutil

from tests.load.streamlit_client import StreamlitClient

_SLIDER = "sampling_temperature"
_PLACES = tuple(round(0.1 + 0.05 * step, 2) for step in range(38))


async def visit(
    host: str, *, seconds: float, pause_s: float, seed: int, times_s: list[float]
) -> list[str]:
    """Sit in the room for a while, moving the temperature; return the errors seen."""
    dice = random.Random(seed)
    async with StreamlitClient(host, page_name="sampling") as client:
        await asyncio.sleep(dice.uniform(0, pause_s))
        await client.open_page()
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            await asyncio.sleep(dice.uniform(0.5, 1.5) * pause_s)
            times_s.append(await client.move_slider(_SLIDER, dice.choice(_PLACES)))
        return client.exceptions


def memory_bytes(pid: int) -> int:
    """Resident memory of a process, in bytes."""
    return psutil.Process(pid).memory_info().rss


async def fill_room(
    host: str, *, n_clients: int, seconds: float, pause_s: float
) -> tuple[list[float], list[str]]:
    """Let ``n_clients`` visitors in at once; return all rerun times in seconds and all errors."""
    times_s: list[float] = []
    visits = [
        visit(host, seconds=seconds, pause_s=pause_s, seed=seed, times_s=times_s)
        for seed in range(n_clients)
    ]
    seen = await asyncio.gather(*visits, return_exceptions=True)
    errors = [repr(one) for one in seen if isinstance(one, BaseException)]
    errors += [error for one in seen if isinstance(one, list) for error in one]
    return times_s, errors


def main() -> None:
    """Measure a running server and print the figures."""
    parser = argparse.ArgumentParser(description="Fill a running server with visitors.")
    parser.add_argument("--host", default="localhost:8501")
    parser.add_argument("--clients", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--pause", type=float, default=5.0, help="mean seconds between two moves")
    parser.add_argument("--pid", type=int, help="the server's process, to measure its memory")
    options = parser.parse_args()

    before = memory_bytes(options.pid) if options.pid else 0
    times_s, errors = asyncio.run(
        fill_room(
            options.host,
            n_clients=options.clients,
            seconds=options.seconds,
            pause_s=options.pause,
        )
    )
    cuts = statistics.quantiles(times_s, n=20)
    print(f"{options.clients} clients, {len(times_s)} reruns in {options.seconds:.0f} s")
    print(f"rerun p50 {statistics.median(times_s):.3f} s, p95 {cuts[18]:.3f} s")
    print(f"errors {len(errors)}")
    for error in errors[:5]:
        print(f"  {error}")
    if options.pid:
        after = memory_bytes(options.pid)
        print(f"server memory {before / 1e6:.0f} MB before, {after / 1e6:.0f} MB after")


if __name__ == "__main__":
    main()
