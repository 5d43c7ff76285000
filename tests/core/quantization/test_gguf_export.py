import json

import gguf
import numpy as np
import pytest
import tokenizers
import torch
import transformers
from safetensors.torch import save_model
from tokenizers import decoders, models, pre_tokenizers, trainers

from core.model_store.errors import ModelUnavailableError
from core.quantization import gguf_export, gguf_reading, schemes
from core.quantization.gguf_export import TypeMix

TEXT = "The quick brown fox, 408 times: 12 x 34. Größe, naïve, 日本."


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """A tiny Llama as the store keeps it, with a tokenizer of SmolLM2's kind."""
    folder = tmp_path_factory.mktemp("tiny-llama")
    tokenizer = tokenizers.Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=320,
        special_tokens=["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    tokenizer.train_from_iterator([TEXT] * 20, trainer)
    tokenizer.save(str(folder / "tokenizer.json"))

    torch.manual_seed(0)
    config = transformers.LlamaConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=256,
        intermediate_size=288,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=128,
        tie_word_embeddings=True,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=2,
        rope_theta=100_000.0,
    )
    model = transformers.LlamaForCausalLM(config).eval()
    save_model(model, str(folder / "model.safetensors"))
    settings = config.to_dict() | {"model_type": "llama", "unk_token_id": 0}
    (folder / "config.json").write_text(json.dumps(settings, default=str))
    return folder, model, tokenizer


def exported(folder, mix, path):
    the_plan = gguf_export.plan(folder, mix)
    fractions = list(gguf_export.write(the_plan, path))
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    return the_plan


def logits(model, token_ids):
    with torch.inference_mode():
        return model(torch.tensor([token_ids])).logits


def test_an_unrounded_file_gives_transformers_the_same_logits_and_tokens(stored, tmp_path):
    folder, model, tokenizer = stored
    exported(folder, TypeMix("F32", "F32", "F32"), tmp_path / "tiny.gguf")
    theirs = transformers.AutoModelForCausalLM.from_pretrained(
        tmp_path, gguf_file="tiny.gguf", dtype=torch.float32
    ).eval()
    token_ids = tokenizer.encode(TEXT).ids
    torch.testing.assert_close(
        logits(theirs, token_ids), logits(model, token_ids), rtol=0, atol=1e-5
    )
    opened = transformers.AutoTokenizer.from_pretrained(tmp_path, gguf_file="tiny.gguf")
    words = "The quick brown fox, naïve"
    assert opened(words, add_special_tokens=False)["input_ids"] == tokenizer.encode(words).ids


def test_a_rounded_file_gives_transformers_the_weights_that_the_schemes_give(stored, tmp_path):
    folder, model, _ = stored
    exported(folder, TypeMix("Q8_0", "Q4_1", "Q5_0"), tmp_path / "tiny.gguf")
    theirs = transformers.AutoModelForCausalLM.from_pretrained(
        tmp_path, gguf_file="tiny.gguf", dtype=torch.float32
    ).state_dict()
    ours = model.state_dict()
    for name, scheme in (
        ("model.embed_tokens.weight", "q8_0"),
        ("model.layers.1.self_attn.q_proj.weight", "q4_1"),
        ("model.layers.0.self_attn.v_proj.weight", "q4_1"),
        ("model.layers.0.mlp.down_proj.weight", "q5_0"),
    ):
        expected = schemes.quantize(ours[name].numpy(), scheme).dequantize()
        np.testing.assert_array_equal(theirs[name].numpy(), expected)


def test_rows_that_are_no_whole_super_blocks_fall_back_as_in_llama_cpp(stored, tmp_path):
    folder, _, _ = stored
    the_plan = exported(folder, TypeMix("Q6_K", "Q4_K", "Q4_K"), tmp_path / "tiny.gguf")
    kinds = {tensor.name: tensor.kind.name for tensor in the_plan.tensors}
    assert kinds["blk.0.attn_q.weight"] == "Q4_K"
    assert kinds["blk.0.ffn_down.weight"] == "Q5_0"  # rows of 288
    assert kinds["token_embd.weight"] == "Q6_K"
    assert kinds["blk.0.attn_norm.weight"] == "F32"
    assert the_plan.fallen_back == 2

    reader = gguf.GGUFReader(tmp_path / "tiny.gguf")
    assert {t.name: t.tensor_type.name for t in reader.tensors} == kinds
    assert reader.fields["llama.attention.head_count_kv"].contents() == 2
    ours = gguf_reading.open_file(tmp_path / "tiny.gguf")
    for tensor in reader.tensors:
        expected = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
        np.testing.assert_array_equal(
            ours.numbers(tensor.name),
            expected.reshape((*tensor.data.shape[:-1], -1)) if tensor.data.ndim > 1 else expected,
        )


def test_the_size_of_a_plan_is_the_size_of_the_file(stored, tmp_path):
    folder, _, _ = stored
    the_plan = exported(folder, TypeMix("Q8_0", "Q4_0", "Q4_0"), tmp_path / "tiny.gguf")
    size = (tmp_path / "tiny.gguf").stat().st_size
    assert the_plan.n_bytes <= size < the_plan.n_bytes + 4_000


def test_a_file_that_is_not_finished_leaves_nothing_behind(stored, tmp_path):
    folder, _, _ = stored
    writing = gguf_export.write(gguf_export.plan(folder, TypeMix()), tmp_path / "tiny.gguf")
    next(writing)
    writing.close()
    assert not list(tmp_path.iterdir())


def test_what_is_no_llama_or_no_type_is_refused(stored, tmp_path):
    folder, _, _ = stored
    with pytest.raises(ValueError, match="IQ2"):
        gguf_export.plan(folder, TypeMix(mlp="IQ2_XS"))
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(ModelUnavailableError, match="Llama"):
        gguf_export.plan(tmp_path, TypeMix())
    (tmp_path / "config.json").unlink()
    with pytest.raises(ModelUnavailableError, match=r"config\.json"):
        gguf_export.plan(tmp_path, TypeMix())
    with pytest.raises(ModelUnavailableError, match="no tensor"):
        gguf_export.gguf_name("model.layers.0.self_attn.q_proj.bias")
