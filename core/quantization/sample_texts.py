"""The text that the labs read when nobody brings one of their own, written for this project."""

TEXT = """\
The history of the city begins in the ninth century, when a small group of traders built a wooden \
bridge across the river. For two hundred years it was the only crossing for fifty miles, and a \
market grew up on both sides of it. The first stone church was finished in 1124, and by the end \
of the century the town had a wall, four gates and a mint of its own. In 1348 the plague came up \
the river on a grain boat. Within two summers more than a third of the people were dead, and \
whole streets stood empty. The bridge was repaired, the market opened again, and slowly the \
children of the farms around the city moved into the houses of the dead.

Water is made of two hydrogen atoms and one oxygen atom. It boils at 100 degrees Celsius at sea \
level and freezes at 0 degrees. When water freezes it expands, which is why ice floats and why \
pipes burst in winter. Plants take up water through their roots and lose most of it through their \
leaves. A large oak can lose several hundred litres on a hot day. Without water there would be no \
rain, no rivers and no life as we know it.

"Where have you been?" asked his mother.

"At the lake," said Tom, and he put the bucket on the table. There were three small fish in it, \
and one of them was still moving. She looked at him for a long time before she began to laugh.

"Well," she said, "then we had better light the stove. Go and get some wood from the shed, and \
tell your father that dinner will be early tonight."

To find the largest number in a list, start with the first number and remember it. Then look at \
each of the other numbers in turn. If a number is larger than the one you remember, remember it \
instead. When you reach the end of the list, the number you remember is the largest one. In \
Python this can be written as follows:

def largest(numbers):
    best = numbers[0]
    for number in numbers[1:]:
        if number > best:
            best = number
    return best

The capital of France is Paris, the capital of Italy is Rome, and the capital of Japan is Tokyo. \
The largest planet of our solar system is Jupiter, and the smallest is Mercury. The Earth goes \
around the Sun once a year, and the Moon goes around the Earth about once a month. Light from the \
Sun needs a little more than eight minutes to reach us.

Dear Ms Carter,

thank you for your letter of 3 May. We are sorry to hear that the lamp you bought from us arrived \
with a broken switch. We will of course send you a new one free of charge. Please keep the old \
lamp until our driver comes to collect it. If you have any further questions, please do not \
hesitate to contact us.

Yours sincerely,
Daniel Brook
Customer Service
"""
"""History, science, a story, code, facts and a letter: about 650 tokens of SmolLM2."""

FIRST_WORDS = "The history of the city"
"""The prompt that both models continue."""
