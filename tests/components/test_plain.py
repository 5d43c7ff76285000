import pytest

from components.plain import plain


@pytest.mark.parametrize(
    "text",
    [
        "![x](http://a.b/c.png)",
        "[a](javascript:1)",
        "<img onerror=1>",
        "$x$",
        ":red[y]",
        "`code`",
        "**b**",
        "&lt;",
    ],
)
def test_no_sign_that_markdown_reads_is_left_bare(text):
    escaped = plain(text)
    bare = escaped.replace("\\\\", "")
    for place, sign in enumerate(bare):
        if sign in "`*_[]()<>!$:&":
            assert bare[place - 1] == "\\"


def test_letters_spaces_and_other_scripts_stay_as_they_are():
    assert plain("Straße 你好 مرحبا 🦊") == "Straße 你好 مرحبا 🦊"
