"""What an import asks row by row: answered one by one, or all at once."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpRequest

from apps.backoffice.frame import permissions
from apps.backoffice.frame.acts import ActForm, ButtonAct
from apps.exchange.imports.answering import answer, open_questions
from apps.exchange.models import FileImport

SHOWN = 50  # questions of one form
TAKE, LEAVE = "take", "leave"


class QuestionsForm(ActForm):
    """The first open questions, each to be answered, or left for later."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for each in open_questions(self.record)[:SHOWN]:
            self.fields[f"row_{each.pk}"] = forms.ChoiceField(
                label=f"Row {each.row}: {each.document}",
                help_text=each.sentence[:1].upper() + each.sentence[1:],
                choices=[("", "Later"), (TAKE, "Take it"), (LEAVE, "Leave it out")],
                required=False,
            )


def _answer(request: HttpRequest, file_import: FileImport, answers: dict[str, Any]) -> str:
    said = {
        int(name.removeprefix("row_")): each
        for name, each in answers.items()
        if name.startswith("row_") and each
    }
    taken = _those(said, TAKE)
    left = _those(said, LEAVE)
    counted = (
        answer(file_import, taken=True, only=taken),
        answer(file_import, taken=False, only=left),
    )
    return _told(file_import, *counted)


def _those(said: dict[int, str], wanted: str) -> list[int]:
    return [key for key, each in said.items() if each == wanted]


def _all(taken: bool) -> Callable[[HttpRequest, FileImport, dict[str, Any]], str]:
    def answer_all(request: HttpRequest, file_import: FileImport, answers: dict[str, Any]) -> str:
        count = answer(file_import, taken=taken)
        return _told(file_import, count if taken else 0, 0 if taken else count)

    return answer_all


def _told(file_import: FileImport, taken: int, left: int) -> str:
    still = open_questions(file_import).count()
    told = f"{taken:,} taken, {left:,} left out."
    return f"{told} {still:,} are still to be answered." if still else f"{told} Now write it."


def _meaning(words: str) -> Callable[[FileImport], str]:
    def means(file_import: FileImport) -> str:
        return f"{words} This answers {open_questions(file_import).count():,} questions at once."

    return means


def answering_acts(when: Callable[[FileImport], bool]) -> tuple[ButtonAct, ...]:
    return (
        ButtonAct(
            name="answer",
            words="Answer one by one",
            permission=permissions.IMPORT_FILES,
            when=when,
            do=_answer,
            asks=QuestionsForm,
            main=True,
        ),
        ButtonAct(
            name="take-all",
            words="Take all that is asked",
            permission=permissions.IMPORT_FILES,
            when=when,
            do=_all(taken=True),
            means=_meaning("Each row is taken as one of its own."),
        ),
        ButtonAct(
            name="leave-all",
            words="Leave out all that is asked",
            permission=permissions.IMPORT_FILES,
            when=when,
            do=_all(taken=False),
            means=_meaning("None of these rows is taken."),
        ),
    )
