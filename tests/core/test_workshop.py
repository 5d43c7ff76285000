"""A room finds the server, or the teacher is told what is missing."""

import socket
import subprocess
import sys

import pytest

from core import workshop
from core.model_store import catalog
from core.model_store.errors import ModelUnavailableError


@pytest.fixture
def full_store(monkeypatch):
    """Every model is there."""
    monkeypatch.setattr(workshop.store, "check", lambda model_id: None)


def test_an_address_of_the_room_comes_before_tunnels_and_public_ones():
    found = workshop.reachable_addresses(
        {
            "tailscale0": ["100.64.0.3"],
            "lo": ["127.0.0.1"],
            "eth0": ["8.8.8.8"],
            "en0": ["169.254.10.1", "10.0.0.7"],
            "br-12ab": ["172.18.0.1"],
        }
    )
    assert found == ["10.0.0.7", "8.8.8.8", "172.18.0.1", "100.64.0.3"]


def test_a_machine_alone_has_no_address():
    assert workshop.reachable_addresses({"lo": ["127.0.0.1"]}) == []


def test_the_real_interfaces_hold_ipv4_addresses():
    interfaces = workshop.own_interfaces()
    assert "127.0.0.1" in [address for group in interfaces.values() for address in group]


def test_a_taken_port_is_passed_over():
    with socket.socket() as taken:
        taken.bind(("0.0.0.0", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert workshop.free_port(port) > port
        with pytest.raises(OSError, match=f"Ports {port} to {port} are all taken"):
            workshop.free_port(port, tries=1)


def test_the_server_listens_to_the_room_and_leaves_the_internet_alone():
    command = workshop.server_command("10.0.0.7", 8600)
    assert command[:4] == [sys.executable, "-m", "streamlit", "run"]
    assert "--server.address=0.0.0.0" in command
    assert "--server.port=8600" in command
    assert "--server.fileWatcherType=none" in command
    assert "--browser.serverAddress=10.0.0.7" in command
    environment = workshop.server_environment({"PATH": "/bin", "HF_HUB_OFFLINE": "0"}, n_cores=8)
    assert environment == {"PATH": "/bin", "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "7"}
    assert (
        workshop.server_environment({"OMP_NUM_THREADS": "2"}, n_cores=8)["OMP_NUM_THREADS"] == "2"
    )
    assert workshop.server_environment({}, n_cores=1)["OMP_NUM_THREADS"] == "1"


def test_streamlit_knows_every_setting_of_the_server():
    options = [part for part in workshop.server_command("10.0.0.7", 8600) if part[:2] == "--"]
    done = subprocess.run(
        [sys.executable, "-m", "streamlit", "config", "show", *options],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert f"disconnectedSessionTTL = {workshop.SESSION_SECONDS}" in done.stdout
    assert 'fileWatcherType = "none"' in done.stdout


def test_the_code_in_the_terminal_is_the_code_of_the_address():
    url = "http://192.168.1.20:8501"
    halves = {"█": (0, 0), "▀": (0, 1), "▄": (1, 0), " ": (1, 1)}  # a lit half is a light module
    drawn = []
    for line in workshop.qr_code(url).splitlines():
        assert line.startswith(workshop.WHITE_ON_BLACK)
        assert line.endswith(workshop.COLOURS_BACK)
        blocks = line[len(workshop.WHITE_ON_BLACK) : -len(workshop.COLOURS_BACK)]
        drawn += zip(*(halves[block] for block in blocks), strict=True)
    expected = [tuple(row) for row in workshop.segno.make(url, micro=False).matrix_iter(border=2)]
    assert drawn[: len(expected)] == expected


def test_a_missing_model_stops_the_workshop_with_what_to_do(monkeypatch, capsys):
    def check(model_id):
        if model_id == catalog.DEFAULT_MODEL_ID:
            raise ModelUnavailableError(f"{model_id} is not in the store.")

    monkeypatch.setattr(workshop.store, "check", check)
    assert workshop.main([]) == 1
    said = capsys.readouterr().err
    assert f"{catalog.DEFAULT_MODEL_ID} is not in the store." in said
    assert "make models" in said


def test_an_empty_store_lists_every_offline_model(tmp_path, monkeypatch):
    monkeypatch.setenv("LLM_LABS_HOME", str(tmp_path))
    offline = [entry.model_id for entry in catalog.CATALOG.values() if entry.is_offline]
    assert list(workshop.problems_in_store(offline)) == offline


def test_without_a_network_the_teacher_is_sent_to_the_wifi(full_store, monkeypatch, capsys):
    monkeypatch.setattr(workshop, "own_interfaces", lambda: {"lo": ["127.0.0.1"]})
    assert workshop.main([]) == 1
    assert "Join the room's Wi-Fi" in capsys.readouterr().err


def test_the_address_is_printed_before_the_server_starts(full_store, monkeypatch, capsys):
    started = []

    def run(command, **options):
        started.append((command, capsys.readouterr().out))
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(workshop.subprocess, "run", run)
    assert workshop.main(["--address", "10.1.2.3", "--port", "8700"]) == 0
    [(command, said)] = started
    port = next(part for part in command if part.startswith("--server.port=")).split("=")[1]
    assert f"Open http://10.1.2.3:{port} on any device" in said
    assert "█" in said or "▀" in said or "▄" in said
