"""Sentences of many kinds: some to calibrate a scheme with, others to judge it on."""

CALIBRATION_TEXTS = (
    "The baker opens the shop at six, when the street is still dark and the first bus goes by.",
    "A glacier moves a few metres a year and carries stones as large as houses with it.",
    "She wrote the letter twice, tore up both, and went to the station without a word.",
    "To sort a list, compare neighbours and swap them until nothing has to be swapped any more.",
    "The court found that the contract was void, because nobody had signed the second page.",
    "Boil the potatoes, drain them, and let the steam dry them before you add butter and milk.",
    "In 1969 the computer of the lunar module had less memory than a picture on your phone has.",
    "My grandfather repaired watches. He said that a watch never lies, it only gets tired.",
    "Whales sing at depths where no light arrives, and other whales answer after minutes.",
    "def area(radius): return 3.14159 * radius ** 2  # a circle, in square metres",
    "The price of wheat fell by four percent, after rain had been forecast for the south.",
    "Why does ice float? Because water takes up more room when it freezes, unlike most liquids.",
    "The second violins came in a bar too early, and the conductor smiled and went on.",
    "If the red lamp blinks, switch the machine off, wait a minute, and read chapter seven.",
    "Der Zug nach Hamburg hat zehn Minuten Verspätung; la mer est calme ce matin.",
    "The painter mixed her green from blue and yellow, never from the tube.",
    "An atom of carbon may be part of a leaf today and of your breath tomorrow.",
    "Nobody in the village had ever seen the owner of the white house by the lake.",
    "Vaccines teach the immune system to recognise an intruder before it has met one.",
    "The striker missed the penalty, and forty thousand people were quiet at once.",
    "Under Roman law a debtor could be held for sixty days and shown at three markets.",
    "Please find attached the minutes of the meeting of 14 March, with the changes in red.",
    "A binary search halves the list each time, so a million names take only twenty looks.",
    "The moon pulls at the sea, the sea pulls at the earth, and the day grows longer.",
)
"""Sentences with which a calibrated scheme is chosen; many kinds, so that no input is forgotten."""

HELD_OUT_TEXTS = (
    "The librarian put the map back into its drawer and locked it with a small brass key.",
    "Volcanic soil is rich in minerals, which is why people return to the slopes each time.",
    "He could play every piece by ear, but he could not read a single note.",
    "The recipe asks for three eggs, a pinch of salt, and more patience than you have.",
    "A neuron fires or it does not; the strength of a signal is in how often it fires.",
    "The train crossed the border at night, and in the morning the signs were in Czech.",
    "for i in range(10): print(i, i * i)",
    "Interest rates were left as they were, although two members had voted for a rise.",
    "What we call silence is mostly the sound that we have stopped hearing.",
    "The spider repairs its web each morning and eats the threads that it takes down.",
    "Turn left after the bridge and follow the river until you see a yellow barn.",
    "Her thesis was about the tax records of a monastery that had burnt down in 1347.",
)
"""Other sentences, on which every scheme is judged."""
