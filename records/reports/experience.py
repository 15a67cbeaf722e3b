"""What people say of the service: the Friends and Family Test, counted as it is nationally, and nobody's."""

from pathways.measures import shipped
from records.reports.definition import Figure, Period, Report, Sort, Surety

INSTRUMENT = "FFT"


def _answers(counts: str) -> str:
    found = [choice.id for choice in shipped()[INSTRUMENT].choices if choice.counts == counts]
    return ", ".join(f"'{one}'" for one in found)


CASES = f"""
-- Each answer, as often as it was given; whose it was is nowhere.
SELECT concat_ws('/', e.month, e.team, e.pathway, e.answer, n) AS case_id, NULL::uuid AS transition_id,
    e.month::timestamp AT TIME ZONE 'Europe/London' AS at, e.month AS day, e.team, e.pathway,
    true AS responses,
    e.answer IN ({_answers("positive")}) AS positive,
    e.answer IN ({_answers("negative")}) AS negative,
    e.answer IN ({_answers("neither")}) AND e.answer <> 'do-not-know' AS neither,
    e.answer = 'do-not-know' AS do_not_know
FROM experience e CROSS JOIN LATERAL generate_series(1, e.answers) n
WHERE e.instrument = '{INSTRUMENT}' AND e.month >= $1 AND e.month < $2
"""  # noqa: S608 - the answers are ours

REPORT = Report(
    id="experience",
    title="What people say of the service",
    question="How was people’s experience of the service, overall?",
    numerator="Positive: very good or good. Negative: poor or very poor.",
    denominator="Every answer that was given in the month, “neither good nor poor” and “don’t know” among them.",
    exclusions=("Whoever did not answer: nobody has to, and it is not counted who was asked.",),
    source=(
        "National: the Friends and Family Test, its question and its six answers as they are since April 2020, and "
        "its percentages of all answers."
    ),
    surety=Surety.NATIONAL,
    unit="answers",
    period=Period.MONTH,
    figures=(
        Figure("responses", "Answers"),
        Figure("positive", "Positive", part_of="responses", family="answer"),
        Figure("negative", "Negative", part_of="responses", family="answer"),
        Figure("neither", "Neither good nor poor", part_of="responses", family="answer"),
        Figure("do_not_know", "Don’t know", part_of="responses", family="answer"),
        Figure("positive_share", "Positive", Sort.SHARE, part="positive", part_of="responses"),
        Figure("negative_share", "Negative", Sort.SHARE, part="negative", part_of="responses"),
    ),
    charted="positive_share",
    better="up",
    cases=CASES,
    shows=(),
    anonymous=True,
    notes=(
        "The answers are anonymous: there is no list behind a figure, and small numbers are withheld from everybody, "
        "also from those who see the people.",
        "An answer is counted by the month in which it was given, and by nothing finer.",
    ),
)
