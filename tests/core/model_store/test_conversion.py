import json

import numpy as np
import pytest

from core.model_store import conversion, disk
from core.model_store.errors import SourceFailedError


def write_gguf(path, *, pre="smollm", seed=0):
    """Write a random Llama with 1 layer and a byte-level vocabulary, as a publisher would."""
    import gguf
    from tokenizers import pre_tokenizers

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    merges = ["1 2", "Ġ Ġ", "Ġ 1"]
    vocabulary = letters + [merge.replace(" ", "") for merge in merges] + ["<|end|>"]
    writer = gguf.GGUFWriter(str(path), "llama")
    writer.add_block_count(1)
    writer.add_context_length(64)
    writer.add_embedding_length(32)
    writer.add_feed_forward_length(64)
    writer.add_head_count(4)
    writer.add_head_count_kv(2)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(10_000.0)
    writer.add_vocab_size(len(vocabulary))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(pre)
    writer.add_token_list(vocabulary)
    writer.add_token_types([1] * (len(vocabulary) - 1) + [3])
    writer.add_token_merges(merges)
    writer.add_bos_token_id(len(vocabulary) - 1)
    writer.add_eos_token_id(len(vocabulary) - 1)

    rng = np.random.default_rng(seed)
    shapes = {
        "token_embd": (len(vocabulary), 32),
        "output_norm": (32,),
        "blk.0.attn_norm": (32,),
        "blk.0.ffn_norm": (32,),
        "blk.0.attn_q": (32, 32),
        "blk.0.attn_k": (16, 32),
        "blk.0.attn_v": (16, 32),
        "blk.0.attn_output": (32, 32),
        "blk.0.ffn_gate": (64, 32),
        "blk.0.ffn_up": (64, 32),
        "blk.0.ffn_down": (32, 64),
    }
    for name, shape in shapes.items():
        writer.add_tensor(f"{name}.weight", rng.normal(size=shape).astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@pytest.fixture
def tiny_gguf(tmp_path):
    return write_gguf(tmp_path / "tiny.gguf")


def convert(gguf, into):
    into.mkdir()
    signs = []
    conversion.convert_here(gguf, into, lambda fraction, detail: signs.append((fraction, detail)))
    return signs


def test_the_folder_gives_the_logits_of_the_file(tiny_gguf, tmp_path):
    import torch
    import transformers

    signs = convert(tiny_gguf, tmp_path / "model")
    assert [fraction for fraction, _ in signs] == sorted(fraction for fraction, _ in signs)
    assert signs[-1] == (1.0, "done")

    direct = transformers.AutoModelForCausalLM.from_pretrained(
        tmp_path, gguf_file="tiny.gguf", dtype=torch.float32
    )
    folder = transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "model")
    token_ids = torch.arange(40)[None]
    with torch.inference_mode():
        assert torch.equal(folder(token_ids).logits, direct(token_ids).logits)


def test_numbers_are_split_into_digits_as_smollm_wants(tiny_gguf, tmp_path):
    import transformers

    convert(tiny_gguf, tmp_path / "model")
    tokenizer = transformers.AutoTokenizer.from_pretrained(tmp_path / "model")
    # The vocabulary has "12" and "Ġ1"; a digit never joins its neighbour nor the space before it.
    assert tokenizer.tokenize("12 12") == ["1", "2", "Ġ", "1", "2"]
    assert tokenizer.tokenize("a  5") == ["a", "ĠĠ", "5"]
    assert tokenizer.decode(tokenizer(" 12 é").input_ids) == " 12 é"


def test_another_pre_tokenizer_keeps_numbers_together(tmp_path):
    import transformers

    convert(write_gguf(tmp_path / "tiny.gguf", pre="gpt-2"), tmp_path / "model")
    tokenizer = transformers.AutoTokenizer.from_pretrained(tmp_path / "model")
    assert tokenizer.tokenize("12") == ["12"]


def test_an_unknown_pre_tokenizer_is_refused(tmp_path):
    gguf = write_gguf(tmp_path / "tiny.gguf", pre="martian")
    with pytest.raises(SourceFailedError, match="unknown pre-tokenizer, 'martian'"):
        convert(gguf, tmp_path / "model")


def test_the_config_forgets_the_file(tiny_gguf, tmp_path):
    convert(tiny_gguf, tmp_path / "model")
    config = json.loads((tmp_path / "model" / "config.json").read_text())
    assert config["architectures"] == ["LlamaForCausalLM"]
    assert not {"quantization_config", "_name_or_path", "_model_name_or_path"} & set(config)
    assert "tiny.gguf" not in json.dumps(config)


def test_a_folder_with_other_weights_is_refused(tiny_gguf, tmp_path, monkeypatch):
    import safetensors.torch

    real = safetensors.torch.save_model

    def save_changed(model, path, metadata):
        model.model.norm.weight.data[0] += 0.1
        real(model, path, metadata=metadata)

    monkeypatch.setattr(safetensors.torch, "save_model", save_changed)
    with pytest.raises(SourceFailedError, match="differs from its file by"):
        convert(tiny_gguf, tmp_path / "model")


def test_a_conversion_in_its_own_process_shows_progress(tiny_gguf, tmp_path, home):
    with disk.work_folder() as work:
        (work / "ready").mkdir()
        signs = list(conversion.convert(tiny_gguf, work, work / "ready"))
        assert (work / "ready" / "model.safetensors").exists()
    assert {sign.stage for sign in signs} == {"Preparing the model (once)"}
    assert max(sign.fraction for sign in signs) >= 0.02


def test_a_refused_conversion_ends_with_its_reason(tmp_path):
    gguf = write_gguf(tmp_path / "tiny.gguf", pre="martian")
    (tmp_path / "model").mkdir()
    with pytest.raises(SystemExit, match="ERROR: the file asks for"):
        conversion.main([str(gguf), str(tmp_path / "model")])
