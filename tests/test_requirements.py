"""The requirements give every machine one torch, and name what the code imports."""

import ast
import re
import sys
from itertools import product
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
MACHINES = {
    "Linux laptop": ("linux", "Linux", "x86_64"),
    "Linux on ARM": ("linux", "Linux", "aarch64"),
    "Mac": ("darwin", "Darwin", "arm64"),
    "old Mac": ("darwin", "Darwin", "x86_64"),
    "Windows": ("win32", "Windows", "AMD64"),
}


def requirements(name):
    """Parse a requirements file the way pip reads it."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    stripped = (re.sub(r"(^|\s)#.*", "", line).strip() for line in lines)
    return [Requirement(line) for line in stripped if line and not line.startswith("-r")]


def environment(machine, python):
    """Return the markers of a machine."""
    sys_platform, platform_system, platform_machine = MACHINES[machine]
    return {
        "sys_platform": sys_platform,
        "platform_system": platform_system,
        "platform_machine": platform_machine,
        "python_version": python,
        "python_full_version": f"{python}.1",
    }


@pytest.mark.parametrize(
    ("machine", "python"), list(product(MACHINES, ["3.11", "3.12", "3.13"])), ids="-".join
)
def test_every_machine_gets_exactly_one_torch(machine, python):
    here = environment(machine, python)
    torch = [
        each
        for each in requirements("requirements.txt")
        if each.name == "torch" and each.marker.evaluate(here)
    ]
    assert len(torch) == 1

    if machine == "Linux laptop" and python != "3.11":
        tag = "cp" + python.replace(".", "")
        wheel = f"torch-2.13.0%2Bcpu-{tag}-{tag}-manylinux_2_28_x86_64.whl"
        assert torch[0].url == f"https://download.pytorch.org/whl/cpu/{wheel}"
    else:
        assert str(torch[0].specifier) == "==2.13.0"


def test_everything_but_torch_is_held_to_a_range():
    for each in requirements("requirements.txt") + requirements("requirements-dev.txt"):
        if each.name == "torch":
            continue
        operators = {specifier.operator for specifier in each.specifier}
        assert operators in ({"~="}, {">=", "<"}, {"=="}), str(each)


def test_every_import_of_the_app_is_a_requirement():
    declared = {each.name.replace("-", "_") for each in requirements("requirements.txt")}
    own = {"core", "components", "pages"} | set(sys.stdlib_module_names)
    sources = [ROOT / "Home.py"]
    for folder in ("core", "components", "pages"):
        sources += (ROOT / folder).rglob("*.py")
    imported = {}
    for path in sources:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module]
            else:
                continue
            for name in names:
                imported.setdefault(name.split(".")[0], path)
    missing = {name: str(path) for name, path in imported.items() if name not in own | declared}
    assert not missing


def test_the_linter_has_one_version_everywhere():
    [ruff] = [each for each in requirements("requirements-dev.txt") if each.name == "ruff"]
    hooks = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    assert re.findall(r"rev: v([\d.]+)", hooks) == [str(ruff.specifier).removeprefix("==")]
