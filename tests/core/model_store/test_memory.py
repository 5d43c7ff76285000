import psutil
import pytest

from core.model_store import memory
from core.model_store.errors import ModelUnavailableError


def test_a_container_limit_counts_and_its_cached_files_do_not(tmp_path):
    (tmp_path / "memory.max").write_text("1000000\n")
    (tmp_path / "memory.current").write_text("700000\n")
    (tmp_path / "memory.stat").write_text("anon 500000\ninactive_file 200000\n")
    assert memory.available_bytes(tmp_path) == 1_000_000 - 700_000 + 200_000


def test_an_older_container_limit_counts_too(tmp_path):
    (tmp_path / "memory").mkdir()
    (tmp_path / "memory" / "memory.limit_in_bytes").write_text("1000")
    (tmp_path / "memory" / "memory.usage_in_bytes").write_text("900")
    (tmp_path / "memory" / "memory.stat").write_text("total_inactive_file 50\n")
    assert memory.available_bytes(tmp_path) == 150


def test_without_a_limit_the_machine_decides(tmp_path):
    (tmp_path / "memory.max").write_text("max\n")
    total = psutil.virtual_memory().total
    assert 0 < memory.available_bytes(tmp_path) < total


def test_a_model_that_does_not_fit_is_refused_with_both_numbers(monkeypatch):
    monkeypatch.setattr(memory, "available_bytes", lambda: 2_000_000_000)
    memory.check_fits("Small", 134_515_008)
    with pytest.raises(ModelUnavailableError, match=r"needs about 33\.6 GB .* 2\.0 GB is free"):
        memory.check_fits("Large", 7_000_000_000)


def test_a_conversion_needs_more_than_the_loaded_model(monkeypatch):
    monkeypatch.setattr(memory, "available_bytes", lambda: 8_000_000)
    memory.check_fits("Tiny", 1_000_000)
    with pytest.raises(ModelUnavailableError):
        memory.check_fits("Tiny", 1_000_000, is_converted=True)
