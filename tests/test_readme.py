"""The README tells the truth: its tree, its table of labs, its commands and its recipe."""

import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from components import labs
from core import guide

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def tree_paths():
    """Read the paths of the tree, relative to the root, with their phrases."""
    [tree] = re.findall(r"^```\n(Home\.py.*?)^```", README, flags=re.MULTILINE | re.DOTALL)
    found, folder = {}, ""
    for line in tree.splitlines():
        name, phrase = re.fullmatch(r"(\s*\S+)\s{2,}(\S.*)", line).groups()
        if not name.startswith(" "):
            folder = name if name.endswith("/") else ""
            found[name] = phrase
        else:
            found[folder + name.strip()] = phrase
    return found


def recipe_blocks():
    """Read the Python blocks of the recipe: core function, registry entry, page."""
    recipe = README.split("## Add a lab")[1]
    blocks = re.findall(r"^   ```python\n(.*?)^   ```", recipe, flags=re.MULTILINE | re.DOTALL)
    return [textwrap.dedent(block) for block in blocks]


def test_every_path_of_the_tree_exists():
    paths = tree_paths()
    assert len(paths) > 8
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_every_folder_of_the_code_is_in_the_tree():
    listed = set(tree_paths())
    for layer in ("core", "components", "pages"):
        with_code = {
            path.relative_to(ROOT).as_posix() + "/"
            for path in (ROOT / layer).iterdir()
            if path.is_dir() and any(path.glob("*.py"))
        }
        assert with_code <= listed


def test_the_table_lists_the_labs_of_the_registry():
    rows = re.findall(r"^\| (\d) · (.+?) \| \[(.+?)\]\((.+?)\) \| (.+?) \|$", README, re.MULTILINE)
    expected = [
        (str(lab.part), guide.part(lab.part).title, lab.title, lab.page, lab.question)
        for lab in labs.LABS
    ]
    assert rows == expected


def test_every_make_target_of_the_readme_exists():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = set(re.findall(r"`make (\w+)`", README))
    assert named >= {"run", "test", "models", "bench", "workshop"}
    for target in named:
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), target


def test_every_local_link_leads_somewhere():
    links = re.findall(r"\]\((?!https://)([^)]+)\)", README)
    assert ".github/screenshot.png" in links
    assert [link for link in links if not (ROOT / link).exists()] == []


@pytest.fixture
def copy_with_recipe(tmp_path):
    """A copy of the app in which the recipe for a new lab was followed to the letter."""
    ignore = shutil.ignore_patterns("__pycache__")
    for folder in ("core", "components", "pages", ".streamlit"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=ignore)
    shutil.copy(ROOT / "Home.py", tmp_path)
    core, entry, page = recipe_blocks()
    for folder, text in (("core", core), ("pages", page)):
        (tmp_path / folder / "foundations").mkdir(exist_ok=True)
        (tmp_path / folder / "foundations" / "streak.py").write_text(text, encoding="utf-8")
    registry = tmp_path / "components" / "labs.py"
    with_entry = registry.read_text(encoding="utf-8").replace(
        "LABS = (\n", f"LABS = (\n{entry.rstrip()},\n"
    )
    registry.write_text(with_entry, encoding="utf-8")
    return tmp_path


def test_following_the_recipe_gives_a_working_lab(copy_with_recipe):
    program = """
from streamlit.testing.v1 import AppTest
app = AppTest.from_file("Home.py", default_timeout=20).run()
app.switch_page("pages/foundations/streak.py")
app.query_params["streak_throws"] = "3"
app.run()
print(app.exception, app.header[0].value, app.metric[0].value)
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=copy_with_recipe,
        env={"PYTHONPATH": str(copy_with_recipe), "PATH": ""},
        capture_output=True,
        text=True,
        timeout=90,
    )
    said = done.stdout.strip()
    assert said == "ElementList() How surprising are five heads in a row? 0.125", done.stderr
