"""The program that a reader of the attention viewer takes home."""

_HEAD = '''\
"""What one head of a model looks at, as the lab showed it.

pip install "torch" "transformers>=5.5"
"""

import os
import pathlib
import sys

import torch
from transformers import {classes}

TEXT = {text}
SECOND = {second}  # a second text, for an encoder that reads pairs
LAYER, HEAD, QUERY = {layer!r}, {head!r}, {query!r}  # counted from 0

# The lab's own copy of the model if it is on this machine, else the one on the hub, whose weights
# can differ in the last digits.
caches = {{"win32": os.environ.get("LOCALAPPDATA", ""), "darwin": "~/Library/Caches"}}.get(
    sys.platform, os.environ.get("XDG_CACHE_HOME") or "~/.cache"
)
home = pathlib.Path(os.environ.get("LLM_LABS_HOME") or f"{{caches}}/llm-labs").expanduser()
stored = home / "models" / {folder!r}
source = stored if stored.exists() else {hub_id!r}

tokenizer = {tokenizer}.from_pretrained(source)
# The fast ways to compute attention never make the weights; "eager" does.
model = {model}.from_pretrained(
    source, dtype=torch.float32, attn_implementation="eager"
).eval()

# 1. The text as tokens. What looks like a special token in it is only text.
texts = (TEXT, SECOND) if SECOND else (TEXT,)
encoded = tokenizer(
    *texts, split_special_tokens=True, truncation=True, max_length={max_tokens!r},
    return_tensors="pt",
)

# 2. The model reads it, and keeps the attention of every head.
with torch.inference_mode():
    attentions = model(**encoded, output_attentions=True).attentions
print(f"{{len(attentions)}} layers, {{attentions[0].shape[1]}} heads each")

# 3. One row of one head: from the token QUERY to every token it may see. The row sums to 1.
tokens = [tokenizer.decode([token_id]) for token_id in encoded["input_ids"][0].tolist()]
row = attentions[LAYER][0, HEAD, QUERY]
print(f"layer {{LAYER}}, head {{HEAD}}: {{ascii(tokens[QUERY])}} looks at")
for place, (token, weight) in enumerate(zip(tokens, row.tolist())):
    if weight > 0:
        print(f"{{place:4}}  {{ascii(token):20}} {{weight:.6f}}")
print(f"sum {{row.sum():.6f}}")
'''


def head_script(
    text: str,
    *,
    second: str = "",
    layer: int,
    head: int,
    query: int,
    folder: str,
    hub_id: str,
    is_encoder: bool,
    max_tokens: int,
) -> str:
    """Write the program that prints one row of one head's attention, with plain transformers.

    Args:
        text: The text that was read.
        second: The second text of a pair; empty for none.
        layer: Which layer, from 0.
        head: Which head, from 0.
        query: Place of the token that looks, from 0.
        folder: Name of the model's folder in the store.
        hub_id: Owner and name of the model on the hub.
        is_encoder: Whether it is a model like BERT.
        max_tokens: How many tokens the lab reads.

    Returns:
        A whole Python program. The texts enter it as Python literals, so that no text can become
        code.
    """
    # The tokenizer class a language model names may leave out steps that tokenizer.json lists.
    tokenizer = "AutoTokenizer" if is_encoder else "PreTrainedTokenizerFast"
    model = "AutoModel" if is_encoder else "AutoModelForCausalLM"
    return _HEAD.format(
        classes=", ".join(sorted((model, tokenizer))),
        tokenizer=tokenizer,
        model=model,
        text=ascii(text),
        second=ascii(second),
        layer=layer,
        head=head,
        query=query,
        folder=folder,
        hub_id=hub_id,
        max_tokens=max_tokens,
    )
