"""Small random models of the families that attention is read from, built from a configuration."""

import torch
import transformers

from core.model_store.loading import LoadedModel

_SIZES = {
    "vocab_size": 40,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "max_position_embeddings": 64,
    "initializer_range": 0.4,
}
_GPT2_SIZES = {
    "vocab_size": 40,
    "n_embd": 32,
    "n_layer": 3,
    "n_head": 4,
    "n_positions": 64,
    "initializer_range": 0.4,
}

CONFIGURATIONS = {
    "llama": lambda: transformers.LlamaConfig(**_SIZES, num_key_value_heads=2),
    "mistral": lambda: transformers.MistralConfig(
        **_SIZES, num_key_value_heads=1, sliding_window=3
    ),
    "qwen2": lambda: transformers.Qwen2Config(**_SIZES, num_key_value_heads=2),
    "qwen3": lambda: transformers.Qwen3Config(**_SIZES, num_key_value_heads=2, head_dim=12),
    "gpt2": lambda: transformers.GPT2Config(**_GPT2_SIZES),
    "bert": lambda: transformers.BertConfig(**_SIZES),
    "roberta": lambda: transformers.RobertaConfig(**_SIZES, pad_token_id=39),
}

ENCODERS = ("bert", "roberta")


def load(family):
    """Build a model of a family, as the store would hand it out."""
    torch.manual_seed(5)
    auto = transformers.AutoModel if family in ENCODERS else transformers.AutoModelForCausalLM
    model = auto.from_config(CONFIGURATIONS[family](), attn_implementation="sdpa")
    return as_loaded(model.float().eval().requires_grad_(False))


def as_loaded(model):
    """Wrap a model without a tokenizer."""
    return LoadedModel(
        model=model,
        tokenizer=None,
        model_id="tiny",
        title="Tiny",
        source="",
        note="",
        device="cpu",
    )


def own_attentions(loaded, token_ids, **named):
    """What the model itself says when asked for its attention, shape (n_layer, n_head, T, T)."""
    from core.model_store import loading

    model = loading.with_own_modules(loaded, attention="eager").model
    with torch.inference_mode():
        out = model(torch.tensor([list(token_ids)]), output_attentions=True, **named)
    return torch.stack([one[0] for one in out.attentions]).numpy()


def left_on(model):
    """Every hook of a model and the way it attends: what a reader could leave behind."""
    hooks = [
        len(module._forward_hooks) + len(module._forward_pre_hooks) for module in model.modules()
    ]
    return sum(hooks), model.config._attn_implementation, len(list(model.modules()))
