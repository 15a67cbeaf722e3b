"""Young people who turn 18: where they go next, whether anybody there said yes, and if they are there a year on."""

from datetime import timedelta
from functools import partial
from typing import Any

from planner import conditions, outcomes
from planner.clock import birthday
from records.synthetic import habits
from records.synthetic.life import Life
from schemas.event import Event
from schemas.journey import StepState

PLACES = {
    "adult-mental-health": 0.5, "primary-care": 0.18, "third-sector": 0.08, "education": 0.06, "employment": 0.03,
    "housing": 0.03, "stays-in-camhs": 0.05, "none-needed": 0.07,
}  # fmt: skip


class Eighteen:
    """The story of one person on `camhs-to-adult`."""

    def begins(self, life: Life) -> dict[str, Any]:
        """What is known at the start; their birthday says when they are expected to leave."""
        self.leaves = birthday(life.whom.person.date_of_birth, 18) + life.chance.span(-20, 45)
        life.note("young", leaves=self.leaves)
        return {"facts": {"family_involved": life.chance.yes(0.45)}}

    def lives(self, life: Life) -> None:
        """A place is sought for them, and they go there."""
        habits.peer_support(life)
        habits.interruptions(life)
        if life.chance.yes(0.93):
            life.plan(self.leaves - life.chance.span(20, 250), self._propose)
        if life.chance.yes(0.92):
            life.plan(self.leaves, self._leaves)

    def does(self, life: Life, step: StepState) -> None:
        """Only the last question has its own answer."""
        if step.id != "engagement-check" or step.due is None:
            habits.set_about(life, step)
        else:
            life.try_at(step, step.due + life.chance.span(-15, 25), self._asks)

    def happened(self, life: Life, event: Event) -> None:
        """Whoever is told acts, or does not."""
        habits.told(life, event)

    def _says(self, life: Life, to: str, status: str) -> None:
        life.note("destination", to=to, status=status)
        life.tell("facts", facts={"destination": f"{to}:{status}"})

    def _propose(self, life: Life) -> None:
        before = str(life.journey.facts.get("destination", "")).partition(":")[0]
        to = life.chance.pick({place: weight for place, weight in PLACES.items() if place != before})
        if to == conditions.NOT_NEEDED:
            self._says(life, to, "accepted")
            if life.chance.yes(0.5):
                life.plan(life.now + life.chance.span(5, 60), partial(habits.leave, "destination-not-needed"))
            return
        self._says(life, to, "proposed")
        if life.chance.yes(0.93):
            life.plan(life.now + life.chance.span(3, 40), partial(self._answers, to))

    def _answers(self, to: str, life: Life) -> None:
        if life.chance.yes(0.75):
            self._says(life, to, "accepted")
        else:
            self._says(life, to, "declined")
            life.plan(life.now + life.chance.span(4, 40), self._propose)

    def _leaves(self, life: Life) -> None:
        late = life.chance.span(0, 6) if life.chance.yes(0.2) else timedelta()
        life.plan(life.now + late, partial(self._recorded, life.now))

    def _recorded(self, left: Any, life: Life) -> None:
        life.note("transferred", on=left)
        life.tell("milestone", milestone="transferred", occurred_at=left)

    def _asks(self, life: Life, step: StepState) -> None:
        looks = any(one.state.unfinished and outcomes.is_review(one) for one in life.journey.steps.values())
        if looks or not conditions.agreed(life.journey.facts, "destination"):
            life.try_at(step, life.now + life.chance.span(20, 40), self._asks)
            return
        way = "engaged" if life.chance.yes(0.7) else "not-engaged"
        life.note("ended", exit=way)
        habits.done(life, step, exit=way)
