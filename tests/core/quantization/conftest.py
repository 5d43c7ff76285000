"""Small random models with the shape of the real ones."""

import pytest
import torch
import transformers

from core.model_store import loading


def _loaded(model):
    model = model.eval().requires_grad_(False)
    return loading.LoadedModel(
        model=model,
        tokenizer=None,
        model_id="tiny",
        title="Tiny",
        source="random",
        note="",
        device="cpu",
    )


@pytest.fixture
def tiny_llama():
    """Two layers, and a head that is the embedding again."""
    torch.manual_seed(0)
    config = transformers.LlamaConfig(
        vocab_size=96,
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=128,
        tie_word_embeddings=True,
        initializer_range=0.3,
    )
    return _loaded(transformers.LlamaForCausalLM(config))


@pytest.fixture
def tiny_gpt2():
    """Two layers, whose matrices have a row per input."""
    torch.manual_seed(0)
    config = transformers.GPT2Config(n_embd=64, n_layer=2, n_head=2, n_positions=64, vocab_size=96)
    return _loaded(transformers.GPT2LMHeadModel(config))


@pytest.fixture
def tiny_bert():
    """Two layers of an encoder, with positions and a pooling layer."""
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=96,
        hidden_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=96,
        max_position_embeddings=64,
    )
    return _loaded(transformers.BertModel(config))
