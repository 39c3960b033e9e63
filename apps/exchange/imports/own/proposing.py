"""What a heading probably means, by its words: known ones first, then those that are like them."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Final

from rapidfuzz import fuzz, process

from apps.connectors.profiles import DocumentKind, Field, Subject
from apps.exchange.imports.own.words import groups_of
from apps.exchange.profiles import ALL_PROFILES
from apps.exchange.tables.headings import heading_key

LIKE: Final = 88  # of 100: below, two headings are as often strangers as kin
# What people elsewhere call the columns of their invoices.
ABROAD: Final[Mapping[Field, str]] = {
    Field.NUMBER: "rechnungsnummer, rechnungsnr, rechnung nr, belegnummer, belegnr, beleg, "
    "numéro de facture, n° facture, facture, número de factura, nº factura, factuurnummer, "
    "numero fattura, numer faktury",
    Field.KIND: "belegart, dokumentart, type de document, tipo de documento, documenttype",
    Field.DATE: "rechnungsdatum, belegdatum, datum, date de facture, fecha, fecha de factura, "
    "factuurdatum, data fattura, data wystawienia",
    Field.DUE_DATE: "fällig am, fälligkeit, fälligkeitsdatum, échéance, date d'échéance, "
    "fecha de vencimiento, vencimiento, vervaldatum, scadenza",
    Field.SUPPLY_DATE: "leistungsdatum, lieferdatum, date de livraison, fecha de entrega, leverdatum",
    Field.CUSTOMER_CODE: "kundennummer, kundennr, kunden-nr, debitor, code client, código de cliente, "
    "klantnummer, codice cliente",
    Field.CUSTOMER_NAME: "kunde, kundenname, debitorname, client, nom du client, cliente, "
    "nombre del cliente, klant, klantnaam",
    Field.TAX_NUMBER: "ust-idnr, ust-id, umsatzsteuer-id, n° tva, nif, btw-nummer, partita iva",
    Field.CURRENCY: "währung, devise, moneda, divisa, valuta, waluta",
    Field.TERMS: "zahlungsbedingung, zahlungsziel, conditions de paiement, condiciones de pago",
    Field.ITEM_CODE: "artikelnummer, artikelnr, artikel-nr, référence, código de artículo",
    Field.ITEM_NAME: "artikel, article, artículo",
    Field.DESCRIPTION: "bezeichnung, beschreibung, text, positionstext, désignation, libellé, "
    "descripción, concepto, omschrijving, descrizione",
    Field.QUANTITY: "menge, anzahl, quantité, cantidad, aantal, quantità, ilość",
    Field.UNIT_PRICE: "einzelpreis, preis, stückpreis, prix unitaire, precio, precio unitario, "
    "prijs, stukprijs, prezzo unitario",
    Field.DISCOUNT_PERCENT: "rabatt, rabatt %, rabatt in %, remise %, descuento %, korting %",
    Field.TAX_CODE: "steuercode, steuerschlüssel, steuerkennzeichen, mwst-code, code tva, "
    "código de iva, btw-code",
    Field.TAX_PERCENT: "steuersatz, mwst %, mwst-satz, ust %, ust-satz, taux de tva, tva %, iva %, "
    "btw %",
    Field.LINE_AMOUNT: "positionsbetrag, zeilenbetrag, montant ligne",
    Field.DOCUMENT_NET: "netto, nettobetrag, gesamt netto, total ht, montant ht, base imponible",
    Field.DOCUMENT_TAX: "mwst, ust, steuer, mwst-betrag, steuerbetrag, tva, montant tva, iva, btw",
    Field.TOTAL: "brutto, bruttobetrag, rechnungsbetrag, gesamtbetrag, total ttc, importe total",
    Field.BALANCE: "offen, offener betrag, solde, restant dû, saldo pendiente",
    Field.ORIGIN: "zu rechnung, bezugsrechnung, ursprungsrechnung, facture d'origine, "
    "factura rectificada",
}


# What people elsewhere call the two kinds, as it stands in a column of kinds.
KINDS_ABROAD: Final[Mapping[DocumentKind, str]] = {
    DocumentKind.INVOICE: "invoice, inv, tax invoice, sales invoice, bill, rechnung, re, "
    "ausgangsrechnung, facture, factura, factuur, fattura, faktura",
    DocumentKind.CREDIT_NOTE: "credit note, credit memo, credit, cn, cm, gutschrift, gs, "
    "rechnungskorrektur, stornorechnung, avoir, nota de crédito, nota de abono, abono, creditnota, "
    "creditfactuur, nota di credito, faktura korygująca",
}


def proposed_kinds(written: Iterable[str]) -> dict[str, str]:
    """By what stands in a column of kinds what it probably means; "" where that is not known."""
    known = {word: each.value for each, words in KINDS_ABROAD.items() for word in words.split(", ")}
    return {each: known.get(" ".join(each.casefold().split()), "") for each in written}


def proposals(headings: Sequence[str], subject: Subject) -> dict[int, str]:
    """By place of a heading the field that it probably tells, each field once: surest first."""
    known = _known(subject)
    found = []
    for place, heading in enumerate(headings):
        if not (key := heading_key(heading)):
            continue
        if key in known:
            found.append((0.0, place, known[key]))
        elif like := process.extractOne(key, [*known], scorer=fuzz.ratio, score_cutoff=LIKE):
            found.append((100 - like[1], place, known[like[0]]))
    taken: dict[int, str] = {}
    for _, place, wanted in sorted(found):
        if wanted not in taken.values():
            taken[place] = wanted
    return taken


@cache
def _known(subject: Subject) -> dict[str, str]:
    """By key of a heading the field that most layouts tell by it."""
    votes: dict[str, Counter[str]] = {}

    def vote(heading: str, wanted: str) -> None:
        votes.setdefault(heading_key(heading), Counter())[wanted] += 1

    for profile in ALL_PROFILES.values():
        if profile.of is subject:
            for each, headings in profile.columns.items():
                for heading in headings:
                    vote(heading, str(each))
    for _, fields in groups_of(subject):
        for wanted, words in fields:
            vote(words, wanted)
    if subject is Subject.DOCUMENTS:
        vote("price", Field.UNIT_PRICE)
        for wanted, abroad in ABROAD.items():
            for heading in abroad.split(", "):
                vote(heading, wanted.value)
    return {key: counted.most_common(1)[0][0] for key, counted in votes.items()}
