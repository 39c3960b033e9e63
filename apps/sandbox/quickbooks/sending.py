"""Send a document by e-mail (it only says so) and print it."""

from ..models import StoredObject
from . import faults
from .book import Book
from .fields import text
from .kinds import Kind

PAGE = (
    b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
    b"/Resources << /Font << /F1 5 0 R >> >> >>"
)


def send(book: Book, kind: Kind, identity: str, address: str) -> StoredObject:
    """Mark a document as sent, to `address` or to its own; no message leaves the simulation."""
    if kind.name not in ("Invoice", "CreditMemo"):
        raise faults.Refused("500", "Operation send is not supported.")
    with book.item():
        stored = book.edit(book.require(kind.name, identity))
        content = {**stored.content}
        if address:
            content["BillEmail"] = {"Address": text(100)(address, "sendTo")}
        if "BillEmail" not in content:
            raise faults.business("An e-mail address is needed to send this.", "BillEmail")
        content["EmailStatus"] = "EmailSent"
        content["DeliveryInfo"] = {"DeliveryType": "Email", "DeliveryTime": book.stamp}
        stored.content = content
    return stored


def pdf(book: Book, stored: StoredObject) -> bytes:
    """A one-page PDF with the document's number, customer and total."""
    content = stored.content
    rows = [
        f"{stored.kind} {content.get('DocNumber', '')}",
        content.get("CustomerRef", {}).get("name", ""),
        f"{content['TxnDate']}   {content['CurrencyRef']['value']} {content.get('TotalAmt', 0)}",
    ]
    lines = " ".join(f"({_escaped(row)}) Tj T*" for row in rows)
    stream = f"BT /F1 14 Tf 18 TL 72 760 Td {lines} ET".encode("latin-1", "replace")
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        PAGE,
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out, offsets = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return out + (
        b"xref\n0 6\n0000000000 65535 f \n%strailer << /Size 6 /Root 1 0 R >>\n"
        b"startxref\n%d\n%%%%EOF\n" % (table, len(out))
    )


def _escaped(row: str) -> str:
    return row.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
