"""Receipts in XMP packets, with the IPTC DigitalSourceType, and reading them back.

Sources: XMP specification part 1 (ISO 16684-1), IPTC Photo Metadata Standard (DigitalSourceType).
"""

from __future__ import annotations

import logging
from xml.etree import ElementTree as ET

from defusedxml import ElementTree as SafeET
from defusedxml.common import DefusedXmlException

from artdesk.core.receipt import Receipt

_log = logging.getLogger(__name__)
_X = "adobe:ns:meta/"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_IPTC = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
_XMP = "http://ns.adobe.com/xap/1.0/"
_OURS = "https://artdesk.invalid/ns/receipt/1.0/"
_MAX_PACKET = 1_000_000
for _prefix, _uri in {"x": _X, "rdf": _RDF, "Iptc4xmpExt": _IPTC, "xmp": _XMP, "artdesk": _OURS}.items():
    ET.register_namespace(_prefix, _uri)


def _parse(packet: bytes | str | None) -> ET.Element | None:
    if not packet or len(packet) > _MAX_PACKET:
        return None
    if isinstance(packet, str):
        packet = packet.encode("utf-8", "replace")
    try:
        root: ET.Element = SafeET.fromstring(packet.strip(b"\x00 \r\n\t"), forbid_dtd=True)
    except (ET.ParseError, DefusedXmlException, ValueError, RecursionError) as error:
        _log.info("an XMP packet was left out: %s", error)
        return None
    return root


def packet_with(receipt: Receipt, existing: bytes | str | None = None) -> bytes:
    """An XMP packet (UTF-8) that carries `receipt`; what an `existing` packet says of other things stays."""
    root = _parse(existing)
    if root is None or root.tag != f"{{{_X}}}xmpmeta":
        root = ET.Element(f"{{{_X}}}xmpmeta")
    rdf = root.find(f"{{{_RDF}}}RDF")
    if rdf is None:
        rdf = ET.SubElement(root, f"{{{_RDF}}}RDF")
    ours = {f"{{{_IPTC}}}DigitalSourceType", f"{{{_OURS}}}receipt"}
    for description in list(rdf.findall(f"{{{_RDF}}}Description")):
        for name in ours & set(description.attrib):
            del description.attrib[name]
        for child in [c for c in description if c.tag in ours]:
            description.remove(child)
    about = {f"{{{_RDF}}}about": ""}
    description = ET.SubElement(rdf, f"{{{_RDF}}}Description", about)
    ET.SubElement(description, f"{{{_IPTC}}}DigitalSourceType").text = receipt.source_type
    ET.SubElement(description, f"{{{_XMP}}}CreatorTool").text = f"ArtDesk {receipt.artdesk_version}"
    ET.SubElement(description, f"{{{_OURS}}}receipt").text = receipt.to_json()
    body: bytes = ET.tostring(root, encoding="utf-8")
    return b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>\n' + body + b'\n<?xpacket end="w"?>'


def receipt_in(packet: bytes | str | None) -> Receipt | None:
    """The receipt an XMP packet carries, or None. Never raises: the packet may be anything."""
    root = _parse(packet)
    if root is None:
        return None
    for element in root.iter(f"{{{_OURS}}}receipt"):
        return Receipt.from_json(element.text or "")
    for element in root.iter(f"{{{_RDF}}}Description"):
        text = element.get(f"{{{_OURS}}}receipt")
        if text:
            return Receipt.from_json(text)
    return None
