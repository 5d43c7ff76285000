"""The neural network lab from the front door; no model is needed."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from components.xor_experiments import EXPERIMENTS
from core.networks import datasets

HOME = str(Path(__file__).parents[2] / "Home.py")
PAGE = "pages/networks/xor_trainer.py"
P = "xor_trainer_"


@pytest.fixture
def lab():
    """The lab as a new visitor finds it."""
    return open_lab()


def open_lab(**link):
    at = AppTest.from_file(HOME, default_timeout=60)
    at.run()
    for key, value in link.items():
        at.query_params[P + key] = value
    at.switch_page(PAGE).run()
    return at


def told(at):
    """The sentence under the aha: first loss, last loss, right, of how many."""
    [found] = [text.value for text in at.caption if "steps took the loss from" in text.value]
    return found


def last_loss(at):
    return float(re.search(r"to ([\d.e+-]+)", told(at))[1].rstrip(",.:"))


def test_a_small_network_learns_xor_at_once(lab):
    assert not lab.exception
    assert "5,000 steps" in told(lab)
    assert "4 of 4 examples right" in told(lab)


def test_every_data_set_can_be_trained_on(lab):
    lab.number_input(key=P + "epochs").set_value(30)
    lab.number_input(key=P + "rate").set_value(0.1)
    for name in [*datasets.DATASETS, datasets.OWN]:
        lab.selectbox(key=P + "data").set_value(name).run()
        assert not lab.exception, name
        assert "steps took the loss" in told(lab), name


def test_each_experiment_sets_up_asks_and_reveals_what_was_computed(lab):
    right = []
    for place, experiment in enumerate(EXPERIMENTS):
        lab.pills(key=P + "experiment").set_value(experiment.title).run()
        lab.button(key=P + "set_up").click().run()
        assert not lab.exception, experiment.title
        lab.radio(key=f"{P}prediction_{place}").set_value(experiment.choices[0]).run()
        assert not lab.exception, experiment.title
        assert len(lab.success) + len(lab.warning) == 1, experiment.title
        right.append(0 if lab.success else experiment.choices.index(lab.warning[0].title[8:]))
    assert right == [0, 1, 0, 0, 2, 0, 1, 0, 1, 0]
