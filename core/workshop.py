"""Serve a room of learners that has a local network and no internet.

``python -m core.workshop`` checks that every offline model is in the store, shows the address to
open as text and as a QR code, and starts the server with the settings a room wants.
"""

import argparse
import io
import ipaddress
import os
import socket
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import psutil
import segno

from core.model_store import catalog, store
from core.model_store.errors import ModelUnavailableError

ROOT = Path(__file__).resolve().parent.parent
FIRST_PORT = 8501
SESSION_SECONDS = 4 * 60 * 60
WHITE_ON_BLACK, COLOURS_BACK = "\033[97;40m", "\033[0m"
VIRTUAL_INTERFACES = ("docker", "br-", "veth", "virbr", "vbox", "vmnet", "tailscale", "utun")


def problems_in_store(model_ids: Iterable[str]) -> dict[str, str]:
    """Look for models that a room could not load.

    Args:
        model_ids: Ids of the catalog.

    Returns:
        A sentence for each id that is missing or damaged; empty when all is well.
    """
    problems = {}
    for model_id in model_ids:
        try:
            store.check(model_id)
        except ModelUnavailableError as error:
            problems[model_id] = str(error)
    return problems


def reachable_addresses(interfaces: Mapping[str, Iterable[str]]) -> list[str]:
    """Choose the addresses under which others in the room can reach this machine.

    Args:
        interfaces: IPv4 addresses by network interface.

    Returns:
        Addresses, the likeliest first: private ones before public ones, and those of virtual
        machines and tunnels last. Loopback and self-assigned addresses are left out.

    Example:
        >>> reachable_addresses({"lo": ["127.0.0.1"], "docker0": ["172.17.0.1"],
        ...                      "wlan0": ["192.168.1.20"]})
        ['192.168.1.20', '172.17.0.1']
    """
    ranked = []
    for name, addresses in interfaces.items():
        for address in addresses:
            parsed = ipaddress.IPv4Address(address)
            if parsed.is_loopback or parsed.is_link_local or parsed.is_unspecified:
                continue
            is_virtual = name.lower().startswith(VIRTUAL_INTERFACES)
            ranked.append((is_virtual, not parsed.is_private, address))
    return [address for *_, address in sorted(ranked, key=lambda row: row[:2])]


def own_interfaces() -> dict[str, list[str]]:
    """Return this machine's IPv4 addresses by network interface, of those that are up."""
    up = {name for name, state in psutil.net_if_stats().items() if state.isup}
    return {
        name: [entry.address for entry in entries if entry.family == socket.AF_INET]
        for name, entries in psutil.net_if_addrs().items()
        if name in up
    }


def free_port(first: int, *, tries: int = 20) -> int:
    """Return the first port that nothing listens on.

    Args:
        first: Port to begin with.
        tries: How many ports in a row to try.

    Raises:
        OSError: If all of them are taken.
    """
    for port in range(first, first + tries):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("0.0.0.0", port))
            except OSError:
                continue
            return port
    raise OSError(f"Ports {first} to {first + tries - 1} are all taken. Close another server.")


def server_command(address: str, port: int) -> list[str]:
    """Return the command that starts the server for a room.

    Args:
        address: This machine's address in the room.
        port: Port to listen on.
    """
    settings = {
        "server.address": "0.0.0.0",  # everybody in the room, not only this machine
        "server.port": port,
        "server.headless": "true",  # no browser window on the server
        "server.fileWatcherType": "none",  # nobody edits the code now
        # A phone that sleeps through an explanation finds its page as it was.
        "server.disconnectedSessionTTL": SESSION_SECONDS,
        # Without it the server asks the internet for its own address and waits.
        "browser.serverAddress": address,
    }
    options = [f"--{name}={value}" for name, value in settings.items()]
    return [sys.executable, "-m", "streamlit", "run", str(ROOT / "Home.py"), *options]


def server_environment(environment: Mapping[str, str], *, n_cores: int) -> dict[str, str]:
    """Return the environment of the server: no hub, and threads that leave room for pages.

    Args:
        environment: The present one; a thread count set there is kept.
        n_cores: Cores of the machine.
    """
    n_threads = max(1, n_cores - 1)
    return {"OMP_NUM_THREADS": str(n_threads), **environment, "HF_HUB_OFFLINE": "1"}


def qr_code(text: str) -> str:
    """Draw a QR code with block characters.

    Args:
        text: What the code says, here an address.

    Returns:
        Lines of text, white on black whatever the terminal's own colours: some phones do not
        read a code with the colours swapped.
    """
    drawn = io.StringIO()
    segno.make(text, micro=False).terminal(drawn, border=2, compact=True)
    lines = drawn.getvalue().splitlines()
    return "\n".join(f"{WHITE_ON_BLACK}{line}{COLOURS_BACK}" for line in lines)


def main(arguments: list[str] | None = None) -> int:
    """Check, show the address, serve until interrupted; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m core.workshop", description="Serve a room.")
    parser.add_argument("--address", help="this machine's address, if the wrong one is chosen")
    parser.add_argument("--port", type=int, default=FIRST_PORT)
    options = parser.parse_args(arguments)

    offline = [entry.model_id for entry in catalog.CATALOG.values() if entry.is_offline]
    problems = problems_in_store(offline)
    if problems:
        print(f"{len(problems)} of {len(offline)} models are not ready:", file=sys.stderr)
        for problem in problems.values():
            print(f"  {problem}", file=sys.stderr)
        print("Run `make models` while you have internet, then this again.", file=sys.stderr)
        return 1
    print(f"All {len(offline)} offline models and vocabularies are in the store.")

    addresses = [options.address] if options.address else reachable_addresses(own_interfaces())
    if not addresses:
        print("This machine is in no network. Join the room's Wi-Fi first.", file=sys.stderr)
        return 1
    try:
        port = free_port(options.port)
    except OSError as error:
        print(error, file=sys.stderr)
        return 1
    return _serve(addresses, port)


def _serve(addresses: list[str], port: int) -> int:
    """Show where to find the server and run it."""
    url = f"http://{addresses[0]}:{port}"
    print(qr_code(url))
    print(f"Open {url} on any device in this network. Ctrl+C ends the workshop.")
    if others := [f"http://{address}:{port}" for address in addresses[1:]]:
        print(f"If that does not open: {', '.join(others)}")
    sys.stdout.flush()

    environment = server_environment(os.environ, n_cores=os.cpu_count() or 1)
    command = server_command(addresses[0], port)
    try:
        return subprocess.run(command, env=environment, cwd=ROOT).returncode
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())
