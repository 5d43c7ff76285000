"""Positions read out of a model's weights are the model's."""

import numpy as np
import pytest
import safetensors.numpy

from core.model_store import errors, loading
from core.sequences import learned_positions, positions


def test_the_table_is_the_models_own():
    table = learned_positions.read_table("all-minilm-l6-v2")
    model = loading.load_encoder("all-minilm-l6-v2").model
    own = model.embeddings.position_embeddings.weight.numpy()
    np.testing.assert_array_equal(table, own)


def test_neighbours_are_more_alike_than_places_far_apart():
    table = learned_positions.read_table("all-minilm-l6-v2")[1:64]
    unit = table / np.linalg.norm(table, axis=1, keepdims=True)
    _, means, _ = positions.by_distance(unit @ unit.T)
    assert means[1] > 0.8
    assert means[20:].mean() < 0.5


def test_a_model_that_is_not_there_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("LLM_LABS_HOME", str(tmp_path))
    assert learned_positions.stored_models() == ()
    with pytest.raises(errors.ModelUnavailableError, match="GPT-2 small is not in the store"):
        learned_positions.read_table("gpt2")


def test_gpt2s_table_is_found_once_it_is_in_the_store(tmp_path, monkeypatch):
    rows = np.arange(12, dtype=np.float32).reshape(3, 4)
    tensors = {"h.0.ln_1.weight": rows[0], "wpe.weight": rows}
    safetensors.numpy.save_file(tensors, tmp_path / "model.safetensors")
    monkeypatch.setattr(learned_positions.store, "is_stored", lambda model_id: model_id == "gpt2")
    monkeypatch.setattr(learned_positions.store, "model_folder", lambda model_id: tmp_path)
    assert learned_positions.stored_models() == ("gpt2",)
    np.testing.assert_array_equal(learned_positions.read_table("gpt2"), rows)


@pytest.mark.parametrize("content", [b"", b"\xff" * 64])
def test_a_file_that_is_no_table_is_named(tmp_path, monkeypatch, content):
    (tmp_path / "model.safetensors").write_bytes(content)
    monkeypatch.setattr(learned_positions.store, "is_stored", lambda model_id: True)
    monkeypatch.setattr(learned_positions.store, "model_folder", lambda model_id: tmp_path)
    with pytest.raises(errors.ModelUnavailableError, match="cannot be read"):
        learned_positions.read_table("gpt2")
