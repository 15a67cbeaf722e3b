"""What each report counts, in Markdown, from the reports themselves.

`python -m records.reports.reference > docs/what-is-counted.md` writes it again.
"""

import sys

from records.reports.definition import Report
from records.reports.registry import REPORTS

HEAD = """# What each report counts

Written by `python -m records.reports.reference > docs/what-is-counted.md` from the reports themselves; each says the
same on its page. [Reports](reports.md) tells how they are asked for, who sees what, and what may leave the team.
"""


def reference() -> str:
    """The definition of every report."""
    return "\n".join([HEAD, *(_told(report) for report in REPORTS)])


def _told(report: Report) -> str:
    excluded = "\n".join(f"* {one}" for one in report.exclusions)
    apart = ", ".join(title.lower() for title in report.all_splits.values())
    figures = "; ".join(f"`{one.name}` {one.title[0].lower()}{one.title[1:]}" for one in report.figures)
    notes = "".join(f"\n{note}\n" for note in report.notes)
    return (
        f"## {report.title}\n\n"
        f"`{report.id}`: {report.question} It counts {report.unit}, by {report.period}, and may be told apart by "
        f"{apart}.\n\n"
        f"**Numerator.** {report.numerator}\n\n"
        f"**Denominator.** {report.denominator}\n\n"
        f"**Not counted.**\n\n{excluded}\n\n"
        f"**Where the rule is from** ({report.surety}). {report.source}\n\n"
        f"**Figures.** {figures}.\n{notes}"
    )


if __name__ == "__main__":
    sys.stdout.write(reference())
