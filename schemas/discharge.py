"""How and whither somebody leaves a ward, as NHS codes, and which of these the national 72 hour measure asks about.

The codes are those of MHSDS version 6 (in use since April 2024). The words are ours, kept short.
"""

VERSION = "MHSDS version 6"

METHODS = {
    "1": "discharged on clinical advice or with consent",
    "2": "discharged themselves, or a relative or advocate did",
    "3": "discharged by a tribunal, a court or the Home Secretary",
    "4": "died",
    "5": "stillbirth",
    "6": "discharged themselves",
    "7": "a relative or advocate discharged them",
}
"""METHOD OF DISCHARGE."""
DESTINATIONS = {
    "19": "usual home",
    "29": "temporary home",
    "30": "repatriated from high secure care",
    "37": "court",
    "40": "prison or the like",
    "42": "police station",
    "48": "high secure hospital, in Scotland",
    "49": "high secure hospital",
    "50": "medium secure hospital",
    "51": "general ward, or a ward for young people or adults with a physical illness",
    "52": "maternity or newborn ward",
    "53": "ward for mental health or learning disability",
    "55": "care home with nursing",
    "56": "care home without nursing",
    "66": "foster care",
    "79": "died",
    "84": "independent medium secure hospital",
    "87": "independent hospital",
    "88": "hospice",
    "89": "returned to another country by an authority",
    "98": "does not apply",
    "99": "not known",
}
"""DESTINATION OF DISCHARGE."""
NOT_FOLLOWED_METHODS = frozenset({"4", "5"})
"""Ways of leaving after which nobody is to be followed up."""
NOT_FOLLOWED_DESTINATIONS = frozenset({"30", "37", "40", "42", "48", "49", "50", "53", "79", "84", "87", "89"})
"""Destinations after which the national measure does not ask for a follow-up. One that is not known stays in."""
FOLLOWED_BEDS = frozenset({"200", "201", "202", "205", "212", "213"})
"""Classes of beds that the national measure is about."""
OUT_OF_AREA_REASONS = {
    "10": "no bed was free",
    "11": "to keep them safe",
    "12": "restrictions after an offence",
    "13": "they, or their family, work for the service that sends",
    "14": "they chose it",
    "99": "not known",
}
"""Why somebody is placed out of area (NHS Data Dictionary)."""
OWN, ANOTHER = "own", "another"
"""Who is responsible after the discharge: this provider, or one that somebody was referred to during the stay."""
