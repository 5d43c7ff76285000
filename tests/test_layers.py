"""The direction of the house: pages, then components, then core, never back."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FORBIDDEN = {
    "core": {"streamlit", "altair", "components", "pages", "Home"},
    "components": {"pages", "Home"},
    "pages": {"pages", "Home", "torch", "transformers", "altair", "bitsandbytes", "bertviz"},
}
FILES = [(layer, file) for layer in FORBIDDEN for file in sorted((ROOT / layer).rglob("*.py"))]


def imported_packages(source):
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").split(".")[0]


@pytest.mark.parametrize(
    ("layer", "file"), FILES, ids=[str(file.relative_to(ROOT)) for _, file in FILES]
)
def test_a_file_imports_only_downwards(layer, file):
    assert not FORBIDDEN[layer] & set(imported_packages(file.read_text(encoding="utf-8")))


def test_charts_know_nothing_of_streamlit():
    for file in (ROOT / "components" / "charts").rglob("*.py"):
        assert "streamlit" not in set(imported_packages(file.read_text(encoding="utf-8")))


def test_only_one_file_caches():
    callers = [
        file.relative_to(ROOT).as_posix()
        for layer in FORBIDDEN
        for file in (ROOT / layer).rglob("*.py")
        if "st.cache_" in file.read_text(encoding="utf-8")
    ]
    assert callers == ["components/cached.py"]
