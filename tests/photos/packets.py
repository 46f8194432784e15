"""What the tests write into files, and what a camera might have written."""

from enhance.photos.provenance import Stamp

STAMP = Stamp("enhance 0.1.0", "face_x4_gan", "0123456789ab", 7, 51.234, ((1, 2, 30, 40), (5, 6, 7, 8)))
CAMERA = b"""<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="uuid:1" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmlns:i="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" xmp:Rating="4"
 i:DigitalSourceType="http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture">
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">Eileen &amp; Collins</rdf:li></rdf:Alt></dc:title>
</rdf:Description></rdf:RDF></x:xmpmeta>     <?xpacket end="w"?>"""
