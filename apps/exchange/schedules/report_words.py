"""What the daily report says in each language of the printed documents.

What the engine says of a failure, and what a person typed as a reason, stands as it was written.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from babel.dates import format_date

from apps.billing.models import Company
from apps.exchange.printing.figures import Writer
from apps.exchange.printing.words import LANGUAGES, language_of

Texts = tuple[str, str, str, str]

# key → English, German, French, Spanish
_SENTENCES: Final[Mapping[str, Texts]] = {
    "several": (
        "This report tells {count} days: none was made in between.",
        "Dieser Bericht umfasst {count} Tage: dazwischen wurde keiner erstellt.",
        "Ce rapport couvre {count} jours : aucun n’a été établi entre-temps.",
        "Este informe abarca {count} días: entretanto no se hizo ninguno.",
    ),
    "nothing": (
        "Nothing was issued, received, taken back or refused on this day.",
        "An diesem Tag wurde nichts ausgestellt, vereinnahmt, zurückgenommen oder abgewiesen.",
        "Ce jour-là, rien n’a été émis, encaissé, repris ni refusé.",
        "Ese día no se emitió, cobró, anuló ni rechazó nada.",
    ),
    "nothing_on_these": (
        "Nothing was issued, received, taken back or refused on these days.",
        "An diesen Tagen wurde nichts ausgestellt, vereinnahmt, zurückgenommen oder abgewiesen.",
        "Ces jours-là, rien n’a été émis, encaissé, repris ni refusé.",
        "Esos días no se emitió, cobró, anuló ni rechazó nada.",
    ),
    "none": ("None.", "Keine.", "Néant.", "Ninguno."),
    "more": (
        "and {count} more, all of them in the file.",
        "und {count} weitere, alle stehen in der Datei.",
        "et {count} de plus, tous dans le fichier.",
        "y {count} más, todos en el archivo.",
    ),
    "foot": (
        ("Days are those of {zone}. Currencies are not added up. Overdue and unapplied are as of the end "
        "of the day; what failed and what is not banked, as it stands now."),
        ("Tage sind die von {zone}. Währungen werden nicht addiert. Überfälliges und nicht Verrechnetes "
        "nach dem Stand am Ende des Tages; Fehlgeschlagenes und nicht Eingezahltes, wie es jetzt steht."),
        ("Les jours sont ceux de {zone}. Les devises ne sont pas additionnées. Les retards et les montants "
        "non imputés sont arrêtés à la fin du jour ; les échecs et ce qui n’est pas remis en banque, tels "
        "qu’ils sont maintenant."),
        ("Los días son los de {zone}. Las monedas no se suman. Lo vencido y lo no aplicado están al cierre "
        "del día; lo que falló y lo no ingresado en el banco, como está ahora."),
    ),
    "settings": (
        "Change or pause this report",
        "Diesen Bericht ändern oder anhalten",
        "Modifier ou suspendre ce rapport",
        "Cambiar o pausar este informe",
    ),
    "one_day": ("1 day", "1 Tag", "1 jour", "1 día"),
    "days": ("{count} days", "{count} Tage", "{count} jours", "{count} días"),
    "from_to": ("{first} to {last}", "{first} bis {last}", "du {first} au {last}", "{first} a {last}"),
    "voided": ("Voided: {reason}", "Storniert: {reason}", "Annulée : {reason}", "Anulada: {reason}"),
    "cancelled": ("Cancelled", "Storniert", "Annulé", "Anulado"),
    "amended": (
        "Now {now} in place of {was} {currency}.",
        "Jetzt {now} statt {was} {currency}.",
        "Maintenant {now} au lieu de {was} {currency}.",
        "Ahora {now} en lugar de {was} {currency}.",
    ),
    "dated_before": (
        "Dated {day} before.",
        "Vorher mit Datum {day}.",
        "Auparavant datée du {day}.",
        "Antes con fecha {day}.",
    ),
    "report": ("Daily report", "Tagesbericht", "Rapport quotidien", "Informe diario"),
}  # fmt: skip

# English, German, French, Spanish: titles, headings, kinds of records, ages.
_ROWS: Final[tuple[Texts, ...]] = (
    ("Invoices issued", "Ausgestellte Rechnungen", "Factures émises", "Facturas emitidas"),
    ("Payments received", "Erhaltene Zahlungen", "Paiements reçus", "Pagos recibidos"),
    ("Credit notes", "Rechnungskorrekturen", "Avoirs", "Facturas rectificativas"),
    ("Refunded or returned", "Erstattet oder zurückgegeben", "Remboursé ou rejeté", "Reembolsado o devuelto"),
    ("Voided or cancelled", "Storniert", "Annulé", "Anulado"),
    ("Entered later, for an earlier day", "Nachträglich für einen früheren Tag erfasst", "Saisi après coup pour un jour antérieur",
        "Registrado después, de un día anterior"),
    ("Amended since it was told", "Geändert, seit es berichtet wurde", "Modifié depuis le rapport",
        "Modificado desde que se informó"),
    ("Failed to sync", "Nicht in die Bücher gelangt", "Non transmis aux livres", "No llegó a los libros"),
    ("Overdue", "Überfällig", "En retard", "Vencido"),
    ("Unapplied cash and credits", "Nicht verrechnete Zahlungen und Guthaben", "Paiements et avoirs non imputés",
        "Pagos y abonos sin aplicar"),
    ("In clearing, not banked yet", "Noch nicht auf der Bank", "Pas encore remis en banque", "Aún no ingresado en el banco"),
    ("up to 30 days", "bis 30 Tage", "jusqu’à 30 jours", "hasta 30 días"),
    ("31–60 days", "31–60 Tage", "31–60 jours", "31–60 días"),
    ("61–90 days", "61–90 Tage", "61–90 jours", "61–90 días"),
    ("over 90 days", "über 90 Tage", "plus de 90 jours", "más de 90 días"),
    ("Invoice", "Rechnung", "Facture", "Factura"),
    ("Credit note", "Rechnungskorrektur", "Avoir", "Factura rectificativa"),
    ("Payment", "Zahlung", "Paiement", "Pago"),
    ("Refund", "Erstattung", "Remboursement", "Reembolso"),
    ("Returned payment", "Zurückgegebene Zahlung", "Paiement rejeté", "Pago devuelto"),
    ("Payment returned", "Zurückgegebene Zahlung", "Paiement rejeté", "Pago devuelto"),
    ("Chargeback", "Rückbuchung", "Rétrofacturation", "Contracargo"),
    ("Bad debt written off", "Forderung ausgebucht", "Créance passée en perte", "Crédito dado de baja"),
    ("Bad debt booked again", "Ausgebuchte Forderung wieder gebucht", "Créance passée en perte reprise",
        "Crédito dado de baja, repuesto"),
    ("Adjustment", "Berichtigung", "Ajustement", "Ajuste"),
    ("Deduction", "Abzug", "Déduction", "Deducción"),
    ("Not sent", "Nicht gesendet", "Non envoyé", "No enviado"),
    ("Arrived, not applied", "Angekommen, nicht übernommen", "Arrivé, non repris", "Recibido, no aplicado"),
    ("Part", "Abschnitt", "Partie", "Apartado"),
    ("Kind", "Art", "Nature", "Clase"),
    ("Record", "Beleg", "Pièce", "Documento"),
    ("Customer", "Kunde", "Client", "Cliente"),
    ("Date", "Datum", "Date", "Fecha"),
    ("Currency", "Währung", "Devise", "Moneda"),
    ("Amount", "Betrag", "Montant", "Importe"),
    ("Days", "Tage", "Jours", "Días"),
    ("Why", "Grund", "Motif", "Motivo"),
    ("Link", "Link", "Lien", "Enlace"),
)  # fmt: skip
_TERMS: Final = {row[0]: row for row in _ROWS}


@dataclass(frozen=True, slots=True)
class Phrase:
    """A sentence of the table with what is put into it: amounts with `currency`, days, texts."""

    key: str
    parts: Mapping[str, Decimal | date | str]


@dataclass(frozen=True, slots=True)
class ReportWords:
    """Writes one report in one of `LANGUAGES`, as the country of its company writes it."""

    language: str
    writer: Writer

    @classmethod
    def of(cls, company: Company, language: str = "") -> "ReportWords":
        """`language`: "" for that of the company's papers."""
        chosen = language or language_of(company)
        return cls(chosen, Writer.of(chosen, company.country))

    def term(self, text: str) -> str:
        """Of what is known by its English words; "" stays."""
        return _TERMS[text][list(LANGUAGES).index(self.language)] if text else ""

    def sentence(self, key: str, **parts: object) -> str:
        return _SENTENCES[key][list(LANGUAGES).index(self.language)].format(**parts)

    def phrase(self, phrase: Phrase) -> str:
        currency = str(phrase.parts.get("currency", ""))
        written = {name: self._part(each, currency) for name, each in phrase.parts.items()}
        return self.sentence(phrase.key, **written)

    def amount(self, amount: Decimal, currency: str) -> str:
        return f"{self.writer.amount(amount, currency)} {currency}"

    def age(self, days: int) -> str:
        return self.sentence("one_day") if days == 1 else self.sentence("days", count=days)

    def short_day(self, day: date) -> str:
        return self.writer.short_day(day)

    def days(self, first: date, last: date) -> str:
        """“Sunday 29 November 2026”, or the first and the last of several."""
        if first == last:
            return format_date(last, format="full", locale=self.writer.locale)
        return self.sentence("from_to", first=self.writer.day(first), last=self.writer.day(last))

    def _part(self, part: Decimal | date | str, currency: str) -> str:
        if isinstance(part, Decimal):
            return self.writer.amount(part, currency)
        return self.writer.short_day(part) if isinstance(part, date) else part
