"""What stands on paper in each language: captions, notes that the law asks for, and the subject and
text of the mail that brings it.

A caption is found by its key; `{}` parts are filled in by the caller.
"""

from collections.abc import Mapping

from apps.billing.models import Company, Treatment

LANGUAGES = {"en": "English", "de": "Deutsch", "fr": "Français", "es": "Español"}
# Country → the language of what its companies send; elsewhere English.
SPOKEN = {
    **dict.fromkeys(["DE", "AT", "CH", "LI"], "de"),
    **dict.fromkeys(["FR", "MC", "LU", "SN", "CI", "MA", "TN"], "fr"),
    **dict.fromkeys(["ES", "MX", "AR", "CL", "CO", "PE", "UY", "EC", "CR", "PA", "DO", "GT"], "es"),
}
# Where what is sent to claim the tax back bears this title by law.
TAX_INVOICES = frozenset({"AU", "NZ", "SG", "ZA", "IN", "AE", "SA", "BH", "TH", "MY"})
VAT = frozenset(
    {*["AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"],
     *("GB", "IM", "XI", "NO", "CH", "LI", "IS", "AE", "SA", "BH", "ZA")}
)  # fmt: skip
LETTER_PAPER = frozenset({"US", "CA", "MX", "PH", "CL", "CO", "CR", "GT", "PA", "DO"})

# key → English, German, French, Spanish
_TABLE: dict[str, tuple[str, str, str, str]] = {
    "invoice": ("Invoice", "Rechnung", "Facture", "Factura"),
    "tax_invoice": ("Tax invoice", "Rechnung", "Facture", "Factura"),
    "credit_note": ("Credit note", "Rechnungskorrektur", "Avoir", "Factura rectificativa"),
    "receipt": ("Receipt", "Zahlungsbestätigung", "Reçu", "Recibo"),
    "statement": ("Statement of account", "Kontoauszug", "Relevé de compte", "Estado de cuenta"),
    "statement_of_open_items": ("Statement of open items", "Aufstellung offener Posten",
                                "Relevé des pièces ouvertes", "Estado de partidas pendientes"),
    "receipt_number": ("Receipt number", "Nummer", "Reçu n°", "Recibo n.º"),
    "ageing": ("Aged receivables", "Fälligkeiten der Forderungen", "Balance âgée clients",
               "Antigüedad de saldos de clientes"),
    "number": ("Number", "Nummer", "Numéro", "Número"),
    "invoice_number": ("Invoice number", "Rechnungsnummer", "Facture n°", "Número de factura"),
    "credit_note_number": ("Credit note number", "Nummer", "Avoir n°", "Número"),
    "date": ("Date", "Datum", "Date", "Fecha"),
    "issue_date": ("Date of issue", "Rechnungsdatum", "Date d’émission", "Fecha de emisión"),
    "supply_date": ("Date of supply", "Leistungsdatum", "Date de la prestation",
                    "Fecha de la operación"),
    "due_date": ("Due date", "Fällig am", "Échéance", "Vencimiento"),
    "terms": ("Payment terms", "Zahlungsziel", "Conditions de paiement", "Condiciones de pago"),
    "order": ("Your order", "Ihre Bestellung", "Votre commande", "Su pedido"),
    "credits": ("Credits invoice", "Zu Rechnung", "Facture d’origine", "Rectifica la factura"),
    "numbered_of": ("{number} of {date}", "{number} vom {date}", "{number} du {date}",
                    "{number} de {date}"),
    "voided_on": ("Voided on", "Storniert am", "Annulée le", "Anulada el"),
    "cancelled_on": ("Cancelled on", "Storniert am", "Annulé le", "Anulado el"),
    "reason": ("Reason", "Grund", "Motif", "Motivo"),
    "billed_to": ("Billed to", "Rechnung an", "Facturé à", "Facturado a"),
    "credited_to": ("Credited to", "Korrektur für", "Avoir pour", "Abonado a"),
    "received_from": ("Received from", "Erhalten von", "Reçu de", "Recibido de"),
    "account_of": ("Account of", "Konto von", "Compte de", "Cuenta de"),
    "vat_number": ("VAT number", "USt-IdNr.", "N° TVA", "NIF-IVA"),
    "tax_number": ("Tax number", "Steuernummer", "N° fiscal", "Número fiscal"),
    "description": ("Description", "Beschreibung", "Désignation", "Descripción"),
    "quantity": ("Quantity", "Menge", "Quantité", "Cantidad"),
    "price": ("Unit price", "Einzelpreis", "Prix unitaire", "Precio unitario"),
    "price_with_tax": ("Price incl. tax", "Preis brutto", "Prix TTC", "Precio con imp."),
    "discount": ("Discount", "Rabatt", "Remise", "Descuento"),
    "tax": ("Tax", "Steuer", "Taxe", "Impuesto"),
    "vat": ("VAT", "USt", "TVA", "IVA"),
    "net": ("Net", "Netto", "Net HT", "Neto"),
    "amount": ("Amount", "Betrag", "Montant", "Importe"),
    "amount_with_tax": ("Amount incl. tax", "Betrag brutto", "Montant TTC", "Importe con imp."),
    "subtotal": ("Subtotal", "Zwischensumme", "Sous-total", "Subtotal"),
    "subtotal_with_tax": ("Subtotal incl. tax", "Zwischensumme brutto", "Sous-total TTC",
                          "Subtotal con imp."),
    "document_discount": ("Overall discount", "Gesamtrabatt", "Remise globale",
                          "Descuento global"),
    "total": ("Total", "Gesamtbetrag", "Total TTC", "Total"),
    "total_credit": ("Total credit", "Gutschriftsbetrag", "Total de l’avoir", "Total abonado"),
    "paid": ("Paid", "Bezahlt", "Payé", "Pagado"),
    "paid_on": ("Paid on {date}", "Bezahlt am {date}", "Payé le {date}", "Pagado el {date}"),
    "credited": ("Credited", "Gutgeschrieben", "Avoirs", "Abonado"),
    "written_off": ("Written off and deducted", "Abgezogen", "Déduit", "Deducido"),
    "balance_due": ("Balance due", "Offener Betrag", "Reste à payer", "Importe pendiente"),
    "applied": ("Set against invoices", "Verrechnet", "Imputé", "Aplicado"),
    "open_credit": ("Open credit", "Offenes Guthaben", "Avoir restant", "Saldo a favor"),
    "carried": ("Carried forward", "Übertrag", "À reporter", "Suma y sigue"),
    "brought": ("Brought forward", "Übertrag", "Report", "Suma anterior"),
    "tax_summary": ("Tax summary", "Steuern im Überblick", "Récapitulatif des taxes",
                    "Resumen de impuestos"),
    "kind_of_tax": ("Kind of tax", "Steuerart", "Nature de la taxe", "Clase de impuesto"),
    "rate": ("Rate", "Satz", "Taux", "Tipo"),
    "base": ("Net", "Netto", "Base HT", "Base"),
    "in_home": ("in {currency}", "in {currency}", "en {currency}", "en {currency}"),
    "exchange": ("1 {currency} = {rate} {home}", "1 {currency} = {rate} {home}",
                 "1 {currency} = {rate} {home}", "1 {currency} = {rate} {home}"),
    "exchange_of": ("{source}, {date}", "{source}, {date}", "{source}, {date}", "{source}, {date}"),
    "page": ("Page {page} of {pages}", "Seite {page} von {pages}", "Page {page} sur {pages}",
             "Página {page} de {pages}"),
    "mark_paid": ("Paid", "Bezahlt", "Payée", "Pagada"),
    "mark_void": ("Void", "Storniert", "Annulée", "Anulada"),
    "mark_cancelled": ("Cancelled", "Storniert", "Annulé", "Anulado"),
    "mark_returned": ("Returned", "Zurückgegeben", "Rejeté", "Devuelto"),
    "mark_copy": ("Copy", "Kopie", "Copie", "Copia"),
    "as_printed": ("As it stood on {date}", "Stand {date}", "Situation au {date}",
                   "Situación a {date}"),
    "amount_received": ("Amount received", "Erhaltener Betrag", "Montant reçu",
                        "Importe recibido"),
    "method": ("Method", "Zahlungsart", "Mode de paiement", "Forma de pago"),
    "reference": ("Reference", "Referenz", "Référence", "Referencia"),
    "at_the_bank": ("At the bank", "Auf der Bank", "En banque", "En el banco"),
    "settles": ("What it settles", "Ausgleich von", "Ce que ce paiement règle", "Lo que liquida"),
    "invoice_total": ("Total", "Betrag", "Total", "Total"),
    "this_payment": ("By this payment", "Mit dieser Zahlung", "Par ce paiement", "Con este pago"),
    "on_account": ("Remains on account", "Bleibt als Guthaben", "Reste en compte",
                   "Queda a cuenta"),
    "refund": ("Refund", "Erstattung", "Remboursement", "Reembolso"),
    "returned": ("Payment returned", "Zurückgegebene Zahlung", "Paiement rejeté",
                 "Pago devuelto"),
    "charge": ("Held on account", "Einbehalten", "Retenu", "Retenido"),
    "other_books": ("Kept in other books", "In anderen Büchern", "Tenu dans d’autres livres",
                    "En otros libros"),
    "as_of": ("As of", "Stand", "Arrêté au", "A fecha de"),
    "period_label": ("Period", "Zeitraum", "Période", "Período"),
    "period": ("{start} to {end}", "{start} bis {end}", "du {start} au {end}",
               "{start} a {end}"),
    "document": ("Document", "Beleg", "Pièce", "Documento"),
    "days_overdue": ("Days overdue", "Tage überfällig", "Jours de retard", "Días de retraso"),
    "open": ("Open", "Offen", "Ouvert", "Pendiente"),
    "opening": ("Opening balance", "Anfangssaldo", "Solde d’ouverture", "Saldo inicial"),
    "closing": ("Closing balance", "Endsaldo", "Solde de clôture", "Saldo final"),
    "debit": ("Charges", "Belastung", "Débit", "Cargos"),
    "credit": ("Payments and credits", "Zahlung und Gutschrift", "Paiements et avoirs",
               "Pagos y abonos"),
    "less_unapplied": ("Less unapplied credits", "Abzüglich nicht verrechneter Guthaben",
                       "Moins avoirs et paiements non imputés", "Menos abonos sin aplicar"),
    "credit_balance": ("Balance in your favour", "Guthaben", "Solde en votre faveur",
                       "Saldo a su favor"),
    "balance": ("Balance", "Saldo", "Solde", "Saldo"),
    "payment": ("Payment", "Zahlung", "Paiement", "Pago"),
    "deduction": ("Deduction", "Abzug", "Déduction", "Deducción"),
    "debited": ("Amount held", "Einbehalt", "Montant retenu", "Importe retenido"),
    "bad_debt": ("Written off", "Ausgebucht", "Passé en perte", "Dado de baja"),
    "elsewhere": ("Set against records of others, or kept in other books",
                  "Mit Belegen anderer verrechnet oder in anderen Büchern",
                  "Imputé sur les pièces d’autres comptes ou d’autres livres",
                  "Aplicado a documentos de otros, o en otros libros"),
    "not_due": ("Not yet due", "Nicht fällig", "Non échu", "No vencido"),
    "up_to_30": ("1–30 days", "1–30 Tage", "1–30 jours", "1–30 días"),
    "up_to_60": ("31–60 days", "31–60 Tage", "31–60 jours", "31–60 días"),
    "up_to_90": ("61–90 days", "61–90 Tage", "61–90 jours", "61–90 días"),
    "over_90": ("Over 90 days", "Über 90 Tage", "Plus de 90 jours", "Más de 90 días"),
    "unapplied": ("Unapplied credits", "Nicht verrechnet", "Non imputé", "Sin aplicar"),
    "customer": ("Customer", "Kunde", "Client", "Cliente"),
    "nothing_open": ("Nothing is open.", "Es ist nichts offen.", "Rien n’est ouvert.",
                     "No hay nada pendiente."),
    "mail_subject": ("{what} {number} from {company}", "{what} {number} von {company}",
                     "{what} {number} de {company}", "{what} {number} de {company}"),
    "mail_text": (
        ("Dear {customer},\n\nPlease find attached {what} {number} over {amount}.\n\n"
        "Kind regards\n{company}"),
        ("Guten Tag {customer},\n\nanbei erhalten Sie: {what} {number} über {amount}.\n\n"
        "Freundliche Grüße\n{company}"),
        ("Bonjour {customer},\n\nVeuillez trouver ci-joint : {what} {number}, {amount}.\n\n"
        "Cordialement\n{company}"),
        ("Hola, {customer}:\n\nAdjuntamos: {what} {number} por {amount}.\n\n"
        "Un saludo\n{company}"),
    ),
    "mail_statement": (
        ("Dear {customer},\n\nPlease find attached your statement of {number}.\n\n"
        "Kind regards\n{company}"),
        ("Guten Tag {customer},\n\nanbei erhalten Sie Ihren Kontoauszug, Stand {number}.\n\n"
        "Freundliche Grüße\n{company}"),
        ("Bonjour {customer},\n\nVeuillez trouver ci-joint votre relevé de compte au {number}.\n\n"
        "Cordialement\n{company}"),
        ("Hola, {customer}:\n\nAdjuntamos su estado de cuenta a fecha de {number}.\n\n"
        "Un saludo\n{company}"),
    ),
}  # fmt: skip

# How the law treats a line → what it is called, and the note that the customer must read.
TREATMENTS: dict[str, tuple[str, str, str, str]] = {
    Treatment.STANDARD: ("Standard", "Regelsatz", "Normal", "General"),
    Treatment.REDUCED: ("Reduced", "Ermäßigt", "Réduit", "Reducido"),
    Treatment.ZERO: ("Zero rated", "Nullsatz", "Taux zéro", "Tipo cero"),
    Treatment.EXEMPT: ("Exempt", "Steuerbefreit", "Exonéré", "Exento"),
    Treatment.OUTSIDE: ("Outside the scope", "Nicht steuerbar", "Hors champ", "No sujeto"),
    Treatment.EXPORT: ("Export", "Ausfuhr", "Exportation", "Exportación"),
    Treatment.REVERSE_CHARGE: ("Reverse charge", "Reverse-Charge", "Autoliquidation",
                               "Inversión del sujeto pasivo"),
}  # fmt: skip
NOTES: dict[str, tuple[str, str, str, str]] = {
    Treatment.ZERO: (
        "Zero-rated supply: taxed at 0 %.",
        "Mit 0 % besteuerter Umsatz.",
        "Opération soumise au taux zéro.",
        "Operación sujeta al tipo cero.",
    ),
    Treatment.EXEMPT: (
        "Exempt supply: no tax is charged.",
        "Steuerfreier Umsatz.",
        "Opération exonérée de taxe.",
        "Operación exenta de impuesto.",
    ),
    Treatment.OUTSIDE: (
        "Outside the scope of tax in our country.",
        "In unserem Land nicht steuerbarer Umsatz.",
        "Opération hors du champ d’application de la taxe.",
        "Operación no sujeta al impuesto.",
    ),
    Treatment.EXPORT: (
        "Export: no tax is charged.",
        "Steuerfreie Ausfuhrlieferung.",
        "Exportation exonérée de taxe.",
        "Exportación exenta de impuesto.",
    ),
    Treatment.REVERSE_CHARGE: (
        "Reverse charge: the customer accounts for the tax.",
        "Steuerschuldnerschaft des Leistungsempfängers (Reverse Charge).",
        "Autoliquidation : la taxe est due par le preneur.",
        "Inversión del sujeto pasivo: el impuesto lo declara el destinatario.",
    ),
}


def language_of(company: Company) -> str:
    """What the company's paper is written in, by its country. Customers have no language of theirs."""
    return SPOKEN.get(company.country, "en")


def captions(language: str) -> dict[str, str]:
    """Every caption in one of `LANGUAGES`."""
    return _in(language, _TABLE)


def treatments(language: str) -> dict[str, str]:
    return _in(language, TREATMENTS)


def notes(language: str) -> dict[str, str]:
    return _in(language, NOTES)


def invoice_title(company: Company) -> str:
    """The key of what the law calls an invoice there."""
    taxed = company.country in TAX_INVOICES and company.tax_number
    return "tax_invoice" if taxed else "invoice"


def tax_word(company: Company) -> str:
    """The key of what the tax is called there."""
    return "vat" if company.country in VAT else "tax"


def number_word(number: str, country: str) -> str:
    """The key of what a tax number is called: with a country before it, it is that of the VAT."""
    prefixed = number[:2].isalpha() and number[:2].isupper() and number[:2] in VAT | {"EL"}
    return "vat_number" if prefixed or (country in VAT - {"DE", "AT"}) else "tax_number"


def _in(language: str, table: Mapping[str, tuple[str, str, str, str]]) -> dict[str, str]:
    place = list(LANGUAGES).index(language)
    return {key: texts[place] for key, texts in table.items()}
