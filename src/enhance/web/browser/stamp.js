// What a file says of itself: XMP, written by the program, laid into a PNG or a JPEG.
import { bytesOf, crc32 } from "../zip.js";

const escaped = text => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
const long = value => Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);

/** XMP with what is known now in the places that the program left for it, such as @SEED@. */
export function filled(template, said) {
	return template.replaceAll(/@([A-Z]+)@/g, (place, name) => (name in said ? (said[name].raw ?? escaped(String(said[name]))) : place));
}

/** The same picture, whose file says what the XMP says, where there is any. */
export async function stamped(blob, text) {
	if (!text) return blob;
	const xmp = bytesOf(text),
		bytes = new Uint8Array(await blob.arrayBuffer());
	if (blob.type === "image/jpeg") {
		const content = new Uint8Array([...bytesOf("http://ns.adobe.com/xap/1.0/\0"), ...xmp]),
			length = content.length + 2;
		return new Blob([bytes.subarray(0, 2), Uint8Array.of(0xff, 0xe1, length >>> 8, length), content, bytes.subarray(2)], {
			type: blob.type,
		});
	}
	if (blob.type !== "image/png") return blob;
	const content = new Uint8Array([...bytesOf("iTXtXML:com.adobe.xmp\0\0\0\0\0"), ...xmp]),
		head = 33; // the signature and the first chunk
	return new Blob([bytes.subarray(0, head), long(content.length - 4), content, long(crc32(content)), bytes.subarray(head)], {
		type: blob.type,
	});
}
