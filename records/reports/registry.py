"""Every report, in the order in which they are offered."""

from records.errors import RecordsError
from records.reports import (
    attempts,
    delays,
    destinations,
    engagement,
    escalations,
    experience,
    follow_up,
    four_weeks,
    inpatients,
    missed,
    no_hours,
    out_of_area,
    outcomes,
    peer_contacts,
    silences,
    track,
    waits,
)
from records.reports.definition import Report

REPORTS: tuple[Report, ...] = (
    *(follow_up.REPORT, inpatients.REPORT, delays.REPORT, out_of_area.REPORT),
    *(destinations.REPORT, track.REPORT, engagement.REPORT),
    *(four_weeks.REPORT, waits.REPORT, missed.ASSESSMENT, missed.THERAPY),
    *(escalations.REPORT, attempts.REPORT, silences.REPORT),
    *(peer_contacts.REPORT, no_hours.REPORT),
    *(outcomes.REPORT, experience.REPORT),
)
BY_ID = {report.id: report for report in REPORTS}


def find(report_id: str) -> Report:
    """A report by its id; RecordsError when there is none."""
    found = BY_ID.get(report_id)
    if found is None:
        raise RecordsError("not-found", f"There is no report {report_id}: there is {', '.join(BY_ID)}.")
    return found
