// What a file says of itself: XMP, written by the program, laid into a PNG.
import { bytesOf, crc32 } from "../zip.js";

const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
const long = (value) => Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);

/** The same picture, whose file says that it was invented, from which seed and which words. */
export async function stamped(blob, template, { seed, words }) {
  const xmp = bytesOf(template.replaceAll("@SEED@", () => String(seed)).replaceAll("@WORDS@", () => escaped(words)));
  const content = new Uint8Array([...bytesOf("iTXtXML:com.adobe.xmp\0\0\0\0\0"), ...xmp]);
  const bytes = new Uint8Array(await blob.arrayBuffer()), head = 33; // the signature and the first chunk
  return new Blob([bytes.subarray(0, head), long(content.length - 4), content, long(crc32(content)), bytes.subarray(head)], { type: "image/png" });
}
