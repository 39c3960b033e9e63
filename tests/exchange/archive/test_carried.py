"""Nothing is forgotten: each model and each field has its word, and a new one asks for it."""

from pathlib import Path

import pytest
from django.apps import apps
from django.db import models

from apps.billing.models import Invoice
from apps.exchange.archive.carried import STAYS, Kind, Treatment, Undecided, kinds

FIELDS = Path(__file__).with_name("fields.txt")


def test_each_model_travels_or_stays_for_a_reason() -> None:
    travels = {kind.label for kind in kinds()}
    models_here = {each._meta.label: each for each in apps.get_models(include_auto_created=True)}
    stays = {
        label
        for label, model in models_here.items()
        if label in STAYS or model._meta.app_label in STAYS
    }
    assert {*models_here} - travels - stays == set(), (
        "Say in `archive/carried.py` what becomes of it."
    )
    assert travels & stays == set()
    named = {*models_here} | {each._meta.app_label for each in models_here.values()}
    assert {*STAYS} - named == set()


def test_each_field_that_travels_was_looked_at_and_a_new_one_asks() -> None:
    """Whoever adds a field says in `carried.py` what becomes of it (a key in a text or JSON moves
    with the company, a secret stays), raises `manifest.FORMAT`, and writes it down beside this."""
    now = "\n".join(
        f"{kind.label}: "
        + " ".join(
            f"{each.attname}" + ("" if how is Treatment.AS_IT_IS else f"[{how.name.lower()}]")
            for each in kind.fields
            for how in [kind.treatment(each)]
        )
        for kind in sorted(kinds(), key=lambda kind: kind.label)
    )
    assert now + "\n" == FIELDS.read_text(encoding="utf-8")


def test_no_field_that_lets_us_in_travels() -> None:
    names = {each.attname for kind in kinds() for each in kind.fields
             if kind.treatment(each) is not Treatment.BLANK}  # fmt: skip
    assert not [name for name in names if "token" in name or "secret" in name or "password" in name]
    assert "grant_id" not in names


def test_a_foreign_key_to_what_stays_must_be_decided() -> None:
    class Strange(models.Model):
        invoice = models.ForeignKey(Invoice, models.PROTECT)
        change = models.ForeignKey("billing.Change", models.PROTECT)

        class Meta:
            app_label = "billing"

        def __str__(self) -> str:
            return "strange"

    apps.all_models["billing"].pop("strange")
    apps.clear_cache()
    kind = Kind(model=Strange, of="invoice__company")
    assert kind.treatment(Strange._meta.get_field("invoice")) is Treatment.KEY
    with pytest.raises(Undecided, match=r"billing\.Strange\.change leads to billing\.Change"):
        kind.treatment(Strange._meta.get_field("change"))
