"""Asks each question, reads what was answered, and takes back what was made."""

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from apps.connections import clock
from apps.connections.proving.courier import ProvingCourier
from apps.connections.proving.recording import Recording, json_of
from apps.connectors.errors import ConnectorError
from apps.connectors.port import Fate, Reply, Request
from apps.connectors.questions import (
    Answer,
    CannotAsk,
    Finding,
    Made,
    Proof,
    Question,
    Scene,
    Step,
    Verdict,
)

TRIES = 6  # writes that take one object back: a credit has its uses taken off before
UNREADABLE = (ArithmeticError, AttributeError, IndexError, KeyError, StopIteration, TypeError, ValueError)  # fmt: skip
SERVER_ERROR = 500

Tell = Callable[[Question, Finding], None]


class NotOurs(CannotAsk):
    """A question would have written to something that this run did not make: it never leaves."""


@dataclass(slots=True)
class Left:
    """What stands there when the run is over."""

    taken_back: Counter[str] = field(default_factory=Counter)  # what became of it → how many
    standing: list[str] = field(default_factory=list)  # what could not be taken back, and why
    perhaps: list[str] = field(default_factory=list)  # writes whose answer was lost


class Runner:
    """One run over one company. `scene` grows by each answer."""

    def __init__(
        self, proof: Proof, courier: ProvingCourier, recording: Recording, scene: Scene
    ) -> None:
        self._proof = proof
        self._courier = courier
        self._recording = recording
        self.scene = scene
        self._shared: dict[str, Answer] = {}
        self._made: list[Made] = []  # in their order, what is taken back taken off
        self._names: set[str] = set()  # of all that was ever made
        self.left = Left()
        self.findings: dict[str, Finding] = {}

    def run(self, questions: Iterable[Question], tell: Tell) -> str:
        """ "" once every question was put; else why the run stopped half-way. What it made is taken
        back in any case, as far as they let it."""
        stopped = ""
        try:
            for place, question in enumerate(questions, start=1):
                self.scene = dataclasses.replace(self.scene, question=place)
                finding = self._asked(question)
                self.findings[question.id] = finding
                tell(question, finding)
        except ConnectorError as error:
            stopped = error.sentence
        except KeyboardInterrupt:
            stopped = "It was stopped from here."
        self._take_back(self._made)
        return stopped

    def answer(self, question: str, step: Step) -> Answer:
        """The answer to one step, which is sent unless it was answered once and for all. Raises
        `CannotAsk`, `ConnectorError`."""
        if step.name in self._shared:
            return self._shared[step.name]
        request = step.request(self.scene)
        if request.writes and step.write is None:
            raise NotOurs(f"*{step.name}* writes, and was listed nowhere")
        found = self._carried(question, step, request)
        if step.once:
            self._shared[step.name] = found
        return found

    def after(self, step: Step) -> Scene:
        """The scene with the answer to one step."""
        answers = {step.name: self.answer("", step)}
        return dataclasses.replace(self.scene, answers=answers)

    # --- Asking -----------------------------------------------------------------------------------

    def _asked(self, question: Question) -> Finding:
        if question.unaskable:
            return Finding(Verdict.COULD_NOT, question.unaskable)
        own: list[Made] = []
        self.scene = dataclasses.replace(self.scene, answers=dict(self._shared))
        try:
            return self._found(question, own)
        except CannotAsk as why:
            return Finding(Verdict.COULD_NOT, str(why))
        except UNREADABLE as error:
            words = f"their answer has another shape than was expected ({type(error).__name__})"
            return Finding(Verdict.COULD_NOT, words)
        finally:
            self._take_back(own)

    def _found(self, question: Question, own: list[Made]) -> Finding:
        for step in question.steps:
            stood = len(self._made)
            try:
                found = self.answer(question.id, step)
            finally:
                if not step.once:
                    own += self._made[stood:]
            answers = {**self.scene.answers, step.name: found}
            self.scene = dataclasses.replace(self.scene, answers=answers)
        if question.read is None:
            raise CannotAsk("nothing was said of how its answers are read")
        return question.read(self.scene)

    def _carried(self, question: str, step: Step, request: Request) -> Answer:
        if request.writes:
            self._refuse_theirs(request)
        try:
            reply = self._courier.carry(request)
        except KeyboardInterrupt:
            self._perhaps(step)
            raise
        self._recording.note(question, step.name, request, reply)
        if reply.fate is Fate.UNSENT:
            raise CannotAsk(f"it could not be reached ({reply.problem})")
        if reply.fate is Fate.LOST or reply.status >= SERVER_ERROR:
            self._perhaps(step)
            what = "was lost" if reply.fate is Fate.LOST else f"was status {reply.status}"
            raise CannotAsk(f"the answer to *{step.name}* {what}")
        said = json_of(reply.body)
        if request.writes:
            self._remember(self._proof.made(request, said))
        return answered(reply, said)

    def _refuse_theirs(self, request: Request) -> None:
        """Nothing is written to a record that this run did not make."""
        theirs = self._proof.meant(request) - self._names
        if theirs:
            raise NotOurs(f"it would touch what this run did not make: {', '.join(sorted(theirs))}")

    def _remember(self, made: Iterable[Made]) -> None:
        for each in made:
            self._names |= {each.remote_id, *each.names}
            if not any(one.remote_id == each.remote_id and one.kind == each.kind for one in self._made):  # fmt: skip
                self._made.append(each)

    def _perhaps(self, step: Step) -> None:
        if step.write:
            self.left.perhaps.append(f"{step.write.what}: look for {self.scene.tag}")

    # --- Taking back ------------------------------------------------------------------------------

    def _take_back(self, made: Iterable[Made]) -> None:
        """The last one first; what something else still hangs on, once that is gone. What cannot be
        taken back is told, and does not keep the others."""
        rest = [each for each in reversed(list(made)) if each in self._made]
        rest = [each for each in rest if self._why_it_stays(each)]
        for each in rest:
            if why := self._why_it_stays(each):
                self._made.remove(each)
                self.left.standing.append(f"{each.kind} {each.remote_id}: {why}")

    def _why_it_stays(self, made: Made) -> str:
        """ "" once it is taken back."""
        try:
            return self._taken_back(made)
        except (ConnectorError, CannotAsk, KeyboardInterrupt) as error:
            return getattr(error, "sentence", "") or str(error) or "it was stopped from here"
        except UNREADABLE as error:
            return f"it could not be read again ({type(error).__name__})"

    def _taken_back(self, made: Made) -> str:
        last = b""
        for _ in range(TRIES):
            looked = self._exchanged(self._proof.look(self.scene, made), made)
            state = self._proof.standing(made, looked)
            request = self._proof.take_back(self.scene, made, looked)
            if request is None:
                self._made.remove(made)
                self.left.taken_back[f"{made.kind}, {state or 'deleted'}"] += 1
                return ""
            asked = request.path.encode() + request.body
            if asked == last:
                break
            last = asked
            self._refuse_theirs(request)
            self._exchanged(request, made)
        return f"it is still {state}"

    def _exchanged(self, request: Request, made: Made) -> Answer:
        reply = self._courier.carry(request)
        self._recording.note("", f"take back {made.kind}", request, reply)
        if reply.fate is not Fate.ANSWERED:
            raise CannotAsk(f"the answer was lost ({reply.problem})")
        return answered(reply, json_of(reply.body))


def answered(reply: Reply, said: object) -> Answer:
    return Answer(status=reply.status, said=said, at=clock.now())
