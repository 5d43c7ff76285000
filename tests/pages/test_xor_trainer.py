"""The neural network lab from the front door; no model is needed."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from components import xor_weights
from components.xor_experiments import EXPERIMENTS
from core.networks import datasets, diagnosis, gallery, seed_odds

HOME = str(Path(__file__).parents[2] / "Home.py")
PAGE = "pages/networks/xor_trainer.py"
P = "xor_trainer_"
VIEWS = ("train", "walk", "lottery", "landscape", "learned", "gallery")


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
    """The sentence under the aha: steps, first loss, last loss, how many are right."""
    [found] = [text.value for text in at.caption if "steps took the loss from" in text.value]
    return found


def last_loss(at):
    return float(re.search(r"to ([\d.]+(?:e[+-]\d+)?)", told(at))[1])


def own(at):
    """Choose one's own data, with short training."""
    at.number_input(key=P + "epochs").set_value(50)
    at.number_input(key=P + "rate").set_value(0.1)
    at.selectbox(key=P + "data").set_value(datasets.OWN).run()
    return at


def test_a_small_network_learns_xor_at_once(lab):
    assert not lab.exception
    assert told(lab).startswith("5,000 steps")
    assert "4 of 4 examples right: 9 numbers" in told(lab)


def test_every_data_set_can_be_trained_on(lab):
    lab.number_input(key=P + "epochs").set_value(30)
    lab.number_input(key=P + "rate").set_value(0.1)
    for name in [*datasets.DATASETS, datasets.OWN]:
        lab.selectbox(key=P + "data").set_value(name).run()
        assert not lab.exception, name
        assert "steps took the loss" in told(lab), name


def test_numbers_as_answers_leave_no_choice_of_loss(lab):
    assert lab.selectbox(key=P + "loss").value == "cross_entropy"
    lab.number_input(key=P + "rate").set_value(0.05)
    lab.selectbox(key=P + "data").set_value("plane").run()
    assert P + "loss" not in {box.key for box in lab.selectbox}
    assert P + "stop_accuracy" not in {slider.key for slider in lab.slider}


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_opens_for_every_kind_of_network(view):
    at = open_lab(show=view)
    at.session_state[P + "show"] = view
    at.run()
    assert not at.exception
    for layers, data in ((0, "xor"), (2, "circle"), (1, "plane")):
        at.number_input(key=P + "epochs").set_value(40)
        at.number_input(key=P + "rate").set_value(0.05)
        at.number_input(key=P + "layers").set_value(layers)
        at.selectbox(key=P + "data").set_value(data).run()
        assert not at.exception, (layers, data)


def test_a_learning_rate_of_zero_changes_nothing(lab):
    lab.number_input(key=P + "rate").set_value(0.0).run()
    first, last = re.search(r"from (\S+) to (\S+),", told(lab)).groups()
    assert first == last


def test_the_seed_of_the_weights_changes_the_start_and_comes_back(lab):
    before = told(lab)
    lab.number_input(key=P + "seed").set_value(3).run()
    assert "2 of 4 examples right" in told(lab)
    lab.number_input(key=P + "seed").set_value(0).run()
    assert told(lab) == before


def test_a_rate_that_is_too_high_stops_and_says_when_and_why(lab):
    lab.number_input(key=P + "epochs").set_value(100)
    lab.selectbox(key=P + "activation_1").set_value("relu")
    lab.number_input(key=P + "rate").set_value(5.0)
    lab.selectbox(key=P + "data").set_value("plane").run()
    assert not lab.exception
    assert re.search(r"Exploded in step \d+", lab.warning[0].value.replace("\\", ""))


def test_a_goal_stops_the_training_early(lab):
    lab.slider(key=P + "stop_accuracy").set_value(1.0).run()
    [end] = [text.value for text in lab.caption if text.value.startswith("Stopped at step")]
    assert int(re.search(r"[\d,]+", end)[0].replace(",", "")) < 5_000


def test_no_input_at_all_gets_a_sentence(lab):
    lab.pills(key=P + "features").set_value([]).run()
    assert not lab.exception
    assert lab.info[0].value == "Choose at least one input."


def test_a_pasted_table_is_learned_and_stands_in_the_link(lab):
    own(lab)
    table = "x,y,answer\n0,0,no\n0,1,yes\n1,0,yes\n1,1,no"
    lab.text_area(key=P + "pasted").set_value(table).run()
    lab.button(key=P + "use_table").click().run()
    assert not lab.exception
    assert "of 4 examples right" in told(lab)
    assert lab.query_params[P + "own"] == "0~0~0_0~1~1_1~0~1_1~1~0"


BAD_TABLES = {
    "": "empty",
    "0,0,1\n1,1,1": "same answer",
    "0,0,0\n1,nan,1": "not a finite number",
    "0,0,0\n1,1,nan": "NaN",
    "0,0,0\n1,hello,1": "no number",
    "0,0\n1,1": "columns",
    "</script>,<b>,1\n*x*,[y](z),0": "no number",
    "🙂" * 5_000: "1 column",
    "0,0,0\n1,1e300,1": "too large",
}


@pytest.mark.parametrize("table", BAD_TABLES)
def test_a_table_that_cannot_be_used_gets_a_sentence_and_changes_nothing(lab, table):
    before = told(own(lab))
    lab.text_area(key=P + "pasted").set_value(table).run()
    lab.button(key=P + "use_table").click().run()
    assert not lab.exception
    assert told(lab) == before
    [said] = [text.value for text in lab.caption if "stay as they were" in text.value]
    assert BAD_TABLES[table] in said.replace("\\", "")


def test_a_million_uploaded_rows_are_sampled_and_it_is_said(lab):
    own(lab)
    table = b"0.1,0.2,0\n0.3,0.4,1\n" * 500_000
    lab.file_uploader(key=P + "upload").set_value(("big.csv", table, "text/csv")).run()
    assert not lab.exception
    assert any("500 of 1,000,000 rows" in text.value.replace("\\", "") for text in lab.caption)
    assert "of 500 examples right" in told(lab)
    assert P + "own" not in lab.query_params


@pytest.mark.parametrize("points", ["1~1~1_2~2~1", "a~b~c", "nan~1~0_1~1~1", "<script>"])
def test_a_link_with_points_that_cannot_be_used_is_answered_with_a_sentence(points):
    at = open_lab(data="Your own: draw, paste, upload", own=points)
    assert not at.exception
    said = [text.value for text in [*at.info, *at.caption]]
    assert any("same answer" in text or "first points are shown" in text for text in said)


def test_weights_from_a_link_are_where_the_training_starts():
    at = open_lab(weights="_".join(["0.5"] * 9), rate="0.0")
    assert not at.exception
    assert any("set by hand" in text.value for text in at.caption)
    start = told(at)
    at.button(key=P + "forget").click().run()
    assert told(at) != start
    assert P + "weights" not in at.query_params


def test_another_seed_replaces_weights_that_were_set_by_hand():
    at = open_lab(weights="_".join(["0.5"] * 9))
    at.number_input(key=P + "seed").set_value(1).run()
    assert at.session_state[P + "shown"].weights == ()
    assert not any("set by hand" in text.value for text in at.caption)


def test_the_page_says_why_a_training_failed(lab):
    lab.number_input(key=P + "seed").set_value(3).run()
    assert any("**Saturation.**" in text.value for text in lab.markdown)
    lab.selectbox(key=P + "start").set_value("zeros").run()
    assert any("**Symmetry.**" in text.value for text in lab.markdown)


@pytest.mark.parametrize("weights", ["1e300_0_0_0_0_0_0_0_0", "nan", "x_y", "1_2"])
def test_weights_of_a_link_that_cannot_be_used_are_left_out(weights):
    at = open_lab(weights=weights)
    assert not at.exception
    assert told(at) == told(open_lab())


def test_an_exported_network_comes_back_with_its_layers(lab):
    lab.session_state[P + "export_open"] = True
    lab.number_input(key=P + "layers").set_value(2)
    lab.number_input(key=P + "neurons_1").set_value(3)
    lab.run()
    loss = last_loss(lab)
    from components import cached
    from core.networks import exchange

    setup = lab.session_state[P + "shown"]
    text = exchange.to_json(setup.network, cached.network_training(setup).weights[-1])
    other = open_lab()
    other.session_state[P + "export_open"] = True
    other.run()
    file = ("network.json", text.encode(), "application/json")
    other.file_uploader(key=P + "import").set_value(file).run()
    assert not other.exception
    assert other.number_input(key=P + "layers").value == 2
    assert other.number_input(key=P + "neurons_1").value == 3
    first = float(re.search(r"from (\S+) to", told(other))[1])
    assert first == pytest.approx(loss, rel=0.01)


@pytest.mark.parametrize("text", [b"", b"{}", b"[1, 2", b"\xff\xfe", b'{"weights": [NaN]}'])
def test_a_file_that_is_no_network_gets_a_sentence(lab, text):
    before = told(lab)
    lab.session_state[P + "export_open"] = True
    lab.run()
    lab.file_uploader(key=P + "import").set_value(("x.json", text, "application/json")).run()
    assert not lab.exception
    assert told(lab) == before


def test_the_walk_checks_every_gradient_on_screen(lab):
    lab.session_state[P + "show"] = "walk"
    lab.session_state[P + "table"] = "checks"
    lab.run()
    assert not lab.exception
    table = lab.dataframe[0].value
    assert len(table) == 9
    assert (table["Back-propagation"].str[:6] == table["Difference / 2h"].str[:6]).all()
    assert any(text.value.startswith("9 of 9 gradients agree") for text in lab.caption)


def test_the_lottery_tells_share_and_cause(lab):
    lab.session_state[P + "show"] = "lottery"
    lab.run()
    odds = seed_odds.draw(seed_odds.Lottery())
    assert lab.metric[0].value == f"{odds.share:.1%}"
    found = diagnosis.of_seed(odds, 3)
    assert any(found.title in text.value for text in lab.markdown)
    lab.button(key=P + "lottery_watch").click().run()
    assert lab.session_state[P + "show"] == "train"
    assert "2 of 4 examples right" in told(lab)


def test_the_lottery_compares_losses(lab):
    lab.session_state[P + "show"] = "lottery"
    lab.session_state[P + "lottery_by"] = "loss"
    lab.number_input(key=P + "epochs").run()
    assert not lab.exception
    assert len(lab.get("vega_lite_chart")) == 1


def test_a_card_of_the_gallery_sets_every_control(lab):
    for entry in gallery.ENTRIES:
        lab.session_state[P + "show"] = "gallery"
        lab.run()
        lab.button(key=f"{P}gallery_{entry.name}").click().run()
        assert not lab.exception, entry.name
        shown = lab.session_state[P + "shown"]
        assert (shown.data, shown.network) == (entry.setup.data, entry.setup.network), entry.name
        assert shown.training.learning_rate == entry.setup.training.learning_rate


def test_settings_left_out_for_a_lesson_keep_their_values():
    at = open_lab(hide="Network", neurons_1="4")
    assert not at.exception
    assert at.session_state[P + "shown"].network.hidden == (4,)
    at.number_input(key=P + "epochs").set_value(10).run()
    assert at.session_state[P + "shown"].network.hidden == (4,)


def test_each_experiment_sets_up_asks_and_reveals_what_was_computed(lab):
    right = []
    for place, experiment in enumerate(EXPERIMENTS):
        lab.pills(key=P + "experiment").set_value(experiment.title).run()
        lab.button(key=P + "set_up").click().run()
        assert not lab.exception, experiment.title
        lab.radio(key=f"{P}prediction_{place}").set_value(experiment.choices[0]).run()
        assert not lab.exception, experiment.title
        assert len(lab.success) + len(lab.warning) >= 1, experiment.title
        titled = [box.title for box in lab.warning if box.title.startswith("It was: ")]
        right.append(experiment.choices.index(titled[0][8:]) if titled else 0)
    assert right == [0, 1, 0, 0, 2, 0, 1, 0, 1, 0]


@pytest.mark.parametrize("data", ["xor", "moons"])
def test_the_script_prints_the_losses_of_the_page(lab, tmp_path, data):
    lab.session_state[P + "take_open"] = True
    lab.number_input(key=P + "epochs").set_value(300)
    lab.number_input(key=P + "rate").set_value(0.3)
    lab.selectbox(key=P + "data").set_value(data).run()
    script = tmp_path / "taken.py"
    script.write_text(lab.code[0].value, encoding="utf-8")
    run = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, check=True, timeout=60
    )
    [line] = [line for line in run.stdout.splitlines() if re.search(r"\b300\b", line)]
    assert float(line.split()[-1]) == pytest.approx(last_loss(lab), rel=6e-3)


@pytest.mark.parametrize("value", ["-1", "nan", "1e99", "fast"])
def test_a_link_with_an_impossible_learning_rate_is_answered_with_a_sentence(value):
    at = open_lab(rate=value)
    assert not at.exception
    assert at.number_input(key=P + "rate").value == 1.0
    assert any("The default is used." in toast.value for toast in at.toast)


@pytest.mark.parametrize("value", ["1e999", "-1e999", "1e30", "nan"])
@pytest.mark.parametrize("name", ["layers", "seed"])
def test_a_link_with_an_endless_whole_number_is_answered_with_a_sentence(name, value):
    at = open_lab(**{name: value})
    assert not at.exception
    assert any("The default is used." in toast.value for toast in at.toast)


def test_a_weight_of_1e300_from_the_picture_is_refused():
    assert not xor_weights.keep([1e300, 0.0])
    assert not xor_weights.keep([float("nan")])
    assert not xor_weights.keep({"a": 1})
    assert not xor_weights.keep(json.loads('["1"]'))


def test_a_wide_lottery_says_that_fewer_seeds_are_drawn():
    at = open_lab(show="Seed lottery", lottery_hidden="16", lottery_steps="20000",
                  lottery_seed="900")  # fmt: skip
    assert not at.exception
    assert any("125 seeds are drawn" in text.value for text in at.caption)
    assert at.number_input(key=P + "lottery_seed").value < 125
