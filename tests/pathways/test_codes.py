"""The codes of the pathways are those that the reports count by."""

from pathways.loader import find
from schemas.discharge import ANOTHER, DESTINATIONS, FOLLOWED_BEDS, METHODS, OUT_OF_AREA_REASONS, OWN


def test_the_facts_of_a_discharge_are_the_codes_that_are_counted() -> None:
    facts = find("inpatient-to-community").facts
    assert facts["discharge_method"].values == list(METHODS)
    assert facts["discharge_destination"].values == list(DESTINATIONS)
    assert facts["responsible_provider"].values == [OWN, ANOTHER]
    assert set(facts["bed_class"].values or []) >= FOLLOWED_BEDS
    assert facts["out_of_area_reason"].values == list(OUT_OF_AREA_REASONS)
