"""A small random language model: the claims about loops and trees do not need a real one."""

from types import SimpleNamespace

import pytest
import torch
import transformers

VOCAB_SIZE = 40
END = 3


@pytest.fixture(scope="session")
def tiny_lm():
    """A random Llama in double precision, so that batching changes no digit that matters."""
    torch.manual_seed(11)
    config = transformers.LlamaConfig(
        vocab_size=VOCAB_SIZE,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=64,
        initializer_range=0.4,
        bos_token_id=1,
        eos_token_id=END,
        pad_token_id=END,
    )
    model = transformers.LlamaForCausalLM(config).double().eval().requires_grad_(False)
    return SimpleNamespace(model=model, tokenizer=SimpleNamespace(eos_token_id=END))
