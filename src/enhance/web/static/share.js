// Pictures to pass on: before beside after, and a loop of two seconds. Both say in words, and in their metadata, what they are.
import { $, clipped, on, save, say, sheet } from "./dom.js";
import { doing as plainly } from "./doing.js";
import { bytesOf, crc32, little } from "./zip.js";

const XMP = bytesOf(`<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">
<Iptc4xmpExt:DigitalSourceType>http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia</Iptc4xmpExt:DigitalSourceType></rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>`);
const WORDS = "Detail invented by a network. enhance!";
const STRIP = 34;

const blobOf = (canvas, type, quality) => new Promise(done => canvas.toBlob(done, type, quality));
const bytes = async blob => new Uint8Array(await blob.arrayBuffer());

function titled(width, height) {
	const [canvas, pen] = sheet(width, height + STRIP);
	pen.fillStyle = "#101012";
	pen.fillRect(0, 0, width, height + STRIP);
	pen.fillStyle = "#d8d8de";
	pen.font = `15px system-ui, "DejaVu Sans", sans-serif`;
	pen.textBaseline = "middle";
	pen.fillText(WORDS, 12, height + STRIP / 2, width - 24);
	return [canvas, pen];
}

/** Raw pixels beside the result, as a PNG. `draw(pen, name, x, y, width, height)` puts one of both. */
async function beforeAfter(draw, shape) {
	const width = 640,
		height = Math.round(width / shape),
		[canvas, pen] = titled(2 * width + 4, height);
	draw(pen, "before", 0, 0, width, height);
	draw(pen, "after", width + 4, 0, width, height);
	const png = await bytes(await blobOf(canvas, "image/png"));
	const text = new Uint8Array([...bytesOf("XML:com.adobe.xmp"), 0, 0, 0, 0, 0, ...XMP]);
	const chunk = new Uint8Array([...bytesOf("iTXt"), ...text]),
		big = value => little([value, 4]).reverse();
	const after = 33; // the signature and the header, which comes first
	return new Blob([png.slice(0, after), big(text.length), chunk, big(crc32(chunk)), png.slice(after)], { type: "image/png" });
}

/** The result coming out of the pixels and going again, as an animated WebP; null where the browser cannot write WebP. */
async function loop(draw, shape) {
	const width = 480,
		height = Math.round(width / shape),
		frames = [],
		steps = 8;
	const add = async (share, milliseconds) => {
		const [canvas, pen] = titled(width, height);
		draw(pen, "before", 0, 0, width, height);
		clipped(pen, 0, 0, width * share, height, () => draw(pen, "after", 0, 0, width, height));
		if (share > 0 && share < 1) {
			pen.fillStyle = "#fff";
			pen.fillRect(width * share - 1, 0, 2, height);
		}
		frames.push([await bytes(await blobOf(canvas, "image/webp", 0.86)), milliseconds]);
	};
	await add(0, 480);
	for (let n = 1; n < steps; n += 1) await add(n / steps, 60);
	await add(1, 680);
	for (let n = steps - 1; n > 0; n -= 1) await add(n / steps, 60);
	if (String.fromCharCode(...frames[0][0].slice(8, 12)) !== "WEBP") return null;
	return animated(frames, width, height + STRIP);
}

/** Still WebP files, each with its milliseconds, as one that moves for ever. */
export function animated(frames, width, height) {
	const size = [
		[width - 1, 3],
		[height - 1, 3],
	];
	const parts = [chunk("VP8X", little([0x02 | 0x04, 4], ...size)), chunk("ANIM", little([0xff101012, 4], [0, 2]))];
	for (const [file, milliseconds] of frames) {
		parts.push(chunk("ANMF", new Uint8Array([...little([0, 3], [0, 3], ...size, [milliseconds, 3], [0x02, 1]), ...picture(file)])));
	}
	parts.push(chunk("XMP ", XMP));
	const length = parts.reduce((sum, part) => sum + part.length, 4);
	return new Blob([bytesOf("RIFF"), little([length, 4]), bytesOf("WEBP"), ...parts], { type: "image/webp" });
}

function chunk(name, content) {
	const made = new Uint8Array(8 + content.length + (content.length % 2));
	made.set(bytesOf(name));
	made.set(little([content.length, 4]), 4);
	made.set(content, 8);
	return made;
}

/** The chunks of a still WebP that are its picture. */
function picture(file) {
	const view = new DataView(file.buffer, file.byteOffset),
		kept = [];
	for (let at = 12; at + 8 <= file.length; ) {
		const name = String.fromCharCode(...file.slice(at, at + 4)),
			length = view.getUint32(at + 4, true),
			end = at + 8 + length + (length % 2);
		if (["VP8 ", "VP8L", "ALPH"].includes(name)) kept.push(...file.slice(at, end));
		at = end;
	}
	return kept;
}

/** The buttons that pass a result on. `both()` answers how before and after are drawn, and their shape. */
export function passesOn(both, called, doing = plainly) {
	const pair = async () => new File([await beforeAfter(...(await both()))], called("_before_after.png"), { type: "image/png" });
	const does = (name, work) => on(name, () => doing(work));
	does("pair", async () => {
		const file = await pair();
		save(file, file.name);
		say("Saved.");
	});
	does("loop", async () => {
		say("Making the loop…", true);
		const made = await loop(...(await both()));
		if (made) save(made, called("_loop.webp"));
		else $("loop").hidden = true;
		say(made ? "Saved." : "This browser cannot write WebP; the picture of before and after it can.");
	});
	does("share", async () => navigator.share({ files: [await pair()], text: "The detail is invented." }));
	$("share").hidden = !navigator.canShare?.({ files: [new File([""], "a.png", { type: "image/png" })] });
}
