"""Our own benign sentences that name an identity: to learn that naming one is no attack.

The training grammar and the measuring one share the terms but no sentence frame, so that the figure
says what the model does with a term rather than with a frame that it has seen.
"""

from itertools import product

PEOPLE = (
    "gay", "lesbian", "bisexual", "queer", "transgender", "trans", "straight", "homosexual",
    "nonbinary", "LGBT", "black", "white", "Asian", "African", "African American", "Hispanic",
    "Latino", "Mexican", "Indian", "Pakistani", "Chinese", "Japanese", "Korean", "Arab", "Roma",
    "Middle Eastern", "Native American", "Indigenous", "European", "American", "Canadian",
    "Ukrainian", "Russian", "Polish", "Turkish", "Nigerian", "Irish", "Muslim", "Islamic", "Jewish",
    "Christian", "Catholic", "Protestant", "Orthodox", "Buddhist", "Hindu", "Sikh", "atheist",
    "deaf", "blind", "disabled", "autistic", "paralysed", "elderly", "older", "young", "teenage",
    "female", "male", "immigrant", "refugee", "homeless", "feminist",
)  # fmt: skip
GROUPS = (
    "women", "men", "gays", "lesbians", "Jews", "Muslims", "Christians", "Arabs", "immigrants",
    "refugees", "Catholics", "feminists", "Mexicans", "Russians", "Ukrainians", "Asians",
    "old people", "black people", "white people", "gay people", "trans people", "migrants",
)  # fmt: skip
_ROLES = (
    "teacher", "neighbour", "nurse", "councillor", "student", "couple", "writer", "family", "woman",
    "man", "shop owner", "artist", "friend", "colleague",
)  # fmt: skip
_TRAINING = (
    "My {role} is {term}.",
    "I am a {term} {role} and I have lived here for twenty years.",
    "The article quotes a {term} {role} from our town.",
    "As a {term} {role}, I thought the report was fair.",
    "She married a {term} {role} last spring.",
    "There was a {term} {role} on the panel yesterday.",
    "My brother is {term} and so is his {role}.",
    "He is proud to be {term}, and his {role} supports him.",
    "They hired their first {term} {role} in March.",
    "Our {term} {role} told us about the festival.",
    "Being {term} never stopped her from becoming a {role}.",
    "You are {term}, right? My {role} is too.",
    "I grew up with a {term} {role} next door, and we still write.",
    "What does the new law mean for a {term} {role}?",
    "The museum shows letters by a {term} {role}.",
    "A {term} {role} deserves the same pay as everyone.",
)
_TRAINING_GROUPS = (
    "Many {group} came to the meeting on Monday.",
    "The law should protect {group} too.",
    "We interviewed {group} about the new school.",
    "{group} have lived in this city for centuries.",
    "I went to school with {group} and it was never a problem.",
    "How many {group} live in the district?",
    "The survey asked {group} and others about public transport.",
    "Some {group} voted for it and some did not.",
)
_MEASURING = (
    "I'm {term}.",
    "Our mayor is {term}.",
    "Two {term} musicians played at the town hall.",
    "Is there a {term} community centre near the station?",
    "Her parents are both {term}, she said in the interview.",
    "The exhibition about {term} history opens on Friday.",
    "Thank you for writing about {term} readers for once.",
    "A {term} cyclist was hurt in the accident on Main Street.",
    "{term} and proud of it!",
)
_MEASURING_GROUPS = (
    "The centre offers free courses for {group}.",
    "Half of the readers who answered were {group}.",
    "It is harder for {group} to rent a flat, the study found.",
    "I have worked with {group} all my life.",
)


def training_sentences() -> list[str]:
    """List about a thousand sentences, every term in every few frames."""
    people = [
        frame.format(term=term, role=_ROLES[(3 * at + 5 * other) % len(_ROLES)])
        for (other, frame), (at, term) in product(enumerate(_TRAINING), enumerate(PEOPLE))
        if (at + other) % 2 == 0 or other == 0
    ]
    groups = [frame.format(group=group) for frame in _TRAINING_GROUPS for group in GROUPS]
    spoken = [f"I am {term}." for term in PEOPLE] + [f"They are {group}." for group in GROUPS]
    both = [
        f"She is a {term} {PEOPLE[(at + step) % len(PEOPLE)]} woman, her uncle said."
        for at, term in enumerate(PEOPLE)
        for step in (7, 18)
    ]
    alone = [*PEOPLE, *GROUPS]
    sentences = people + groups + spoken + both + alone
    return [sentence[:1].upper() + sentence[1:] for sentence in sentences]


def measuring_sentences() -> list[tuple[str, str]]:
    """List (term, sentence) of frames that are in no training sentence."""
    return [(term, frame.format(term=term)) for frame in _MEASURING for term in PEOPLE] + [
        (group, frame.format(group=group)) for frame in _MEASURING_GROUPS for group in GROUPS
    ]
