"""ETHNIC CATEGORY (NHS Data Dictionary): what a person says of themselves, or that they would rather not."""

VERSION = "NHS Data Dictionary, ethnic category 2001"
NOT_STATED, NOT_KNOWN = "Z", "99"

CATEGORIES = {
    "A": "White: British",
    "B": "White: Irish",
    "C": "White: other",
    "D": "Mixed: White and Black Caribbean",
    "E": "Mixed: White and Black African",
    "F": "Mixed: White and Asian",
    "G": "Mixed: other",
    "H": "Asian: Indian",
    "J": "Asian: Pakistani",
    "K": "Asian: Bangladeshi",
    "L": "Asian: other",
    "M": "Black: Caribbean",
    "N": "Black: African",
    "P": "Black: other",
    "R": "Chinese",
    "S": "Other",
    NOT_STATED: "Not stated: they were asked and would rather not say",
    NOT_KNOWN: "Not known",
}


def checked(given: str) -> str:
    """A category code as it is written; ValueError says what may be given."""
    code = given.strip().upper()
    if code not in CATEGORIES:
        raise ValueError(f"is not an ethnic category: give one of {', '.join(CATEGORIES)}")
    return code
