"""What a report is: the question that it answers, what is counted and what is not, and the one query that says so.

A report's query finds its *cases*, one row for each thing that is counted. The table, its totals, its series over time
and the list behind each number are all made from these cases, so they cannot tell different stories.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from planner.spc import Good
from planner.suppression import Part


class Period(StrEnum):
    """What one row of a report is counted over. Weeks begin on Monday, quarters with the calendar's."""

    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"


class Surety(StrEnum):
    """How sure it is that others count the same."""

    NATIONAL = "national rule"
    LOCAL = "local policy"
    BOTH = "national rule, beside local policy"


class Sort(StrEnum):
    """How a figure comes out of the cases."""

    COUNT = "count"
    """How many cases have its column true."""
    SUM = "sum"
    """Its column added up."""
    MEDIAN = "median"
    """The middle of its column."""
    LONGEST = "longest"
    """The largest of its column. It is of one case alone, so it never leaves the team."""
    SHARE = "share"
    """One count out of another, from 0 to 1."""


@dataclass(frozen=True)
class Figure:
    """A number of a report. `name` is its column among the cases too, except for a share.

    A count that is `part_of` another is suppressed with it; `family` names parts that share the whole out among them.
    A share is `part` out of `part_of`. A sum or a median that would tell a count, as hours tell how many contacts there
    were, names it as `part`, and is withheld with it. `unit` is said after a number that is no plain count.
    """

    name: str
    title: str
    sort: Sort = Sort.COUNT
    part: str | None = None
    part_of: str | None = None
    family: str | None = None
    unit: str = ""

    @property
    def listed(self) -> bool:
        """Whether there is a list of cases behind it."""
        return self.sort is not Sort.SHARE


class Shown(NamedTuple):
    """A column of the list behind a figure: a column of the cases, and its heading."""

    name: str
    title: str


@dataclass(frozen=True)
class Report:
    """A report.

    `cases` is a query over $1 (the first day), $2 (the day after the last), $3 (a team or null), $4 (a pathway or null)
    and $5 (now). Each of its rows is one case, with the columns `case_id` (text, of one case alone), `transition_id`,
    `at` (the instant that the list is in the order of), `day` (the day in London that decides its period), `team`,
    `pathway`, a boolean for each count, a number for each sum or median, and the columns of `splits` and `shows`. What
    is wrapped around it keeps to the asked days, team and pathway; it uses $1 and $2 itself where an index has them.

    `splits` are what it may be told apart by beside team and pathway, each a column of the cases and its title; `by` is
    what it is told apart by unless somebody asks otherwise. `charted` is the figure to draw over time, `better` the
    direction of it that is the better one, where one is. One that is not `adds_over_time` (who is there at the
    end of each month) has no total of all periods. `standing` is a figure of how things stand today, whose list is
    offered whatever period is shown. `longest` is a number among the cases: a list has the largest first; without one,
    the longest ago is first.

    Of an `anonymous` report nobody may know whom it is about, whoever asks: it has no lists, and small numbers are
    withheld inside, too. One that is not `added_up` has splits that are no parts of one whole: it is always told apart
    by one of them, and has no totals. A case of nobody alone, such as a group, has no transition and no pathway.
    """

    id: str
    title: str
    question: str
    numerator: str
    denominator: str
    exclusions: tuple[str, ...]
    source: str
    surety: Surety
    unit: str
    period: Period
    figures: tuple[Figure, ...]
    charted: str
    cases: str
    shows: tuple[Shown, ...]
    splits: dict[str, str] = field(default_factory=dict)
    by: str | None = None
    notes: tuple[str, ...] = ()
    better: Good = None
    standing: str | None = None
    longest: str | None = None
    anonymous: bool = False
    added_up: bool = True
    adds_over_time: bool = True

    @property
    def has_total(self) -> bool:
        """Whether all that was asked for has a total."""
        return self.added_up and self.adds_over_time

    @property
    def all_splits(self) -> dict[str, str]:
        """Everything that it may be told apart by."""
        return {"team": "Team", "pathway": "Pathway", **self.splits} if self.added_up else self.splits

    def figure(self, name: str) -> Figure:
        """A figure by name; KeyError when there is none."""
        return {figure.name: figure for figure in self.figures}[name]

    @property
    def parts(self) -> dict[str, Part]:
        """The counts that are parts of others, wholes before their parts."""
        return {
            one.name: Part(one.part_of, one.family or one.name)
            for one in self.figures
            if one.sort is Sort.COUNT and one.part_of is not None
        }

    @property
    def resting(self) -> dict[str, str]:
        """Which count each figure that is none itself is made of."""
        return {
            one.name: one.part if one.sort is Sort.SHARE and one.part else f"{one.name}__of"
            for one in self.figures
            if one.sort is not Sort.COUNT
        }
