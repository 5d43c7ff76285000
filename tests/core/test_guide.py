"""The data holds the whole guide: a fact that goes missing is found here."""

from dataclasses import fields, is_dataclass
from urllib.parse import urlsplit

import pytest

from components import labs
from core import guide

# What the guide says, part by part. Written apart from the data on purpose.
HEADINGS = [
    "Math",
    "Neural network basics",
    "From RNNs to transformers",
    "Understanding LLMs specifically",
    "Tokenization deep dive",
    "Quantization and optimization",
]
CONCEPTS = {
    1: ["calculus", "linear algebra", "gradient descent"],
    2: ["weights and biases", "forward pass", "backpropagation", "loss function"],
    3: ["rnns were limited", "attention", "self-attention", "positional encoding"],
    4: ["decoder-only", "next token prediction", "predict the next word", "temperature"],
    5: ["byte-pair encoding (bpe)", "strawberry", "<eos>", "trade-offs"],
    6: ["4 bits", "gguf and ggml"],
}
SOURCES = [
    (2, "3Blue1Brown", "3blue1brown.com", 60),
    (2, "fast.ai", "course.fast.ai", 120),
    (3, "Jay Alammar", "jalammar.github.io/illustrated-transformer", 30),
    (3, "Yannic Kilcher", "youtube.com", 60),
    (4, "Jay Alammar", "jalammar.github.io/illustrated-gpt2", 45),
    (4, "Andrej Karpathy", "youtube.com", 120),
    (5, "Hugging Face", "huggingface.co/learn/nlp-course/chapter2/4", 30),
    (5, "Tiktokenizer", "tiktokenizer.vercel.app", None),
    (6, "Hugging Face", "huggingface.co", 20),
    (6, "ggml on GitHub", "github.com", 30),
]
AHAS = {
    2: ("matrix multiplication", "matrix math"),
    3: ("comparing all words to each other", "dot products"),
    4: ("it predicts", "pattern matching at scale"),
    5: ("Tokens aren't words", "pieces of words"),
    6: ("Quantization is just rounding", "15.234 becomes 15"),
}
CHECKLIST = [
    "3Blue1Brown",
    "Illustrated Transformer",
    "tokenization experiment",
    "first 30 min",
    "neural network in NumPy",
    "Illustrated GPT-2",
    "BertViz",
    "quantizing a model",
    "byte-pair encoding",
    "Fine-tune a tiny model",
]


def every_text(value):
    """Yield each string in a nest of tuples and dataclasses."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from every_text(each)
    elif is_dataclass(value):
        for field in fields(value):
            yield from every_text(getattr(value, field.name))


def test_the_six_parts_stand_in_the_order_of_the_guide():
    assert [part.number for part in guide.PARTS] == [1, 2, 3, 4, 5, 6]
    assert [part.heading for part in guide.PARTS] == HEADINGS


@pytest.mark.parametrize("number", CONCEPTS)
def test_every_key_concept_of_a_part_is_a_question_of_its_own(number):
    questions = [question.lower() for question in guide.part(number).questions]
    assert len(questions) == len(CONCEPTS[number])
    for concept, question in zip(CONCEPTS[number], questions, strict=True):
        assert concept in question


def test_every_source_has_its_author_address_and_minutes():
    found = [
        (part.number, source.author, source.url, source.minutes)
        for part in guide.PARTS
        for source in part.sources
    ]
    assert len(found) == len(SOURCES)
    for (number, author, url, minutes), (its_part, its_author, its_url, its_minutes) in zip(
        found, SOURCES, strict=True
    ):
        assert (number, author, minutes) == (its_part, its_author, its_minutes)
        assert its_url in url


def test_every_address_is_a_web_address():
    urls = [source.url for part in guide.PARTS for source in part.sources]
    urls += [book.url for book in guide.BOOKS]
    for url in urls:
        assert urlsplit(url).scheme == "https"
        assert "." in urlsplit(url).netloc
    assert len(set(urls)) == len(urls)


@pytest.mark.parametrize("number", AHAS)
def test_a_part_ends_with_the_sentence_of_the_guide(number):
    aha = guide.part(number).aha
    sentence, because = AHAS[number]
    assert sentence in aha.sentence
    assert because in aha.because


def test_both_books_are_there():
    assert [(book.title, book.author) for book in guide.BOOKS] == [
        ("The Little Book of Deep Learning", "François Fleuret"),
        ("Understanding Deep Learning", "Simon Prince"),
    ]
    assert "100 pages" in guide.BOOKS[0].what


def test_the_checklist_has_the_ten_lines_in_order():
    assert len(guide.CHECKLIST) == len(CHECKLIST)
    for task, words in zip(guide.CHECKLIST, CHECKLIST, strict=True):
        assert words in task.text


def test_every_line_of_the_checklist_says_where_to_do_it():
    keys = [task.key for task in guide.CHECKLIST]
    assert len(set(keys)) == len(keys)
    for task in guide.CHECKLIST:
        assert (task.lab is None) != (task.source is None), task.text
        if task.source:
            assert task.source in guide.part(task.part).sources


def test_a_lab_named_in_the_checklist_belongs_to_the_same_part():
    parts = {lab.url_path: lab.part for lab in labs.LABS}
    for task in guide.CHECKLIST:
        if task.lab in parts:
            assert parts[task.lab] == task.part


def test_the_four_weeks_practise_parts_of_the_guide():
    assert [week.number for week in guide.WEEKS] == [1, 2, 3, 4]
    assert [week.part for week in guide.WEEKS] == [2, 4, 3, 5]
    words = ["XOR", "GPT-2", "attention", "word pieces"]
    for week, word in zip(guide.WEEKS, words, strict=True):
        assert any(word in task for task in week.tasks)
    assert guide.EXPERIMENT_TEXT == "The quick brown fox jumps over the lazy dog 🦊"


def test_the_order_that_matters_most_goes_from_networks_to_optimizations():
    assert [step.when for step in guide.ORDER] == ["First", "Then", "Then", "Finally"]
    words = ["neural networks", "RNNs", "GPT", "optimizations"]
    for step, word in zip(guide.ORDER, words, strict=True):
        assert word in step.understand
    assert {source.author for source in guide.START_WITH} == {"3Blue1Brown", "Jay Alammar"}
    assert "everything at once" in guide.ADVICE


def test_texts_are_plain_short_and_calm():
    everything = (guide.PARTS, guide.BOOKS, guide.WEEKS, guide.CHECKLIST, guide.ORDER)
    for text in every_text(everything):
        assert text == text.strip()
        assert text
        assert "!" not in text
        assert len(text) < 120


@pytest.mark.parametrize("number", [0, 7, -1])
def test_a_part_outside_the_guide_is_refused(number):
    with pytest.raises(ValueError, match=f"not {number}"):
        guide.part(number)


def test_minutes_count_only_sources_that_have_them():
    assert guide.minutes(guide.part(5)) == 30
    assert guide.minutes(guide.part(1)) == 0
