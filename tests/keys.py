"""The keys of the tests: new ones each time, for nothing of theirs is read again."""

from datetime import date

from temporalio.client import Client

from records.keyring import KeyRing
from records.payload_keys import PayloadKeys
from workers.client import Pool
from workers.codec import converter

RING = KeyRing.fresh(date(2026, 11, 16))


def for_people(client: Client, pool: Pool) -> Client:
    """The same client, as those are that speak of people: what is of one it seals with the key in `pool`."""
    config = client.config()
    config["data_converter"] = converter(RING, PayloadKeys(pool))
    return Client(**config)
