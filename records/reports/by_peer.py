"""Which contacts are those of peer workers."""


def by_peer(contact: str) -> str:
    """Whether a contact is one of a peer worker, as SQL: its step is theirs, or of no step one of them told of it.

    It asks for the steps of peer workers, which have an index of their own, and of any step only where there is none.
    """
    of = f"s.transition_id = {contact}.transition_id AND s.step = {contact}.step"
    return f"""coalesce((
        SELECT true FROM steps s WHERE {of} AND (s.kind = 'peer-contact' OR s.owner = 'peer-worker')
    ), {contact}.by_role = 'peer-worker' AND (SELECT false FROM steps s WHERE {of}) IS NULL)"""  # noqa: S608 - ours
