// Photos as the browser opens them, and as the service takes them.
import { sheet } from "./dom.js";
import { limits } from "./service.js";

/** Opens the photo of an entry, as a picture of the browser: what is larger than the service takes (`pixels` at most, where given) is
 * reduced here, and the entry says so. */
export async function opened(entry, pixels = Infinity) {
	let bitmap;
	try {
		bitmap = await createImageBitmap(entry.file);
	} catch {
		throw new Error(`${entry.name} is not a picture that this browser can show; give a JPEG, PNG or WebP.`);
	}
	const { look_pixels: look, upload_bytes: most } = await limits(),
		{ width, height } = bitmap,
		may = Math.min(look, pixels);
	if (width * height > may || entry.file.size > most) {
		const ratio = Math.min(1, Math.sqrt((0.98 * may) / (width * height)));
		entry.file = await new Promise(done => resized(bitmap, width * ratio, height * ratio).toBlob(done, "image/jpeg", 0.95));
		entry.note = `Reduced here from ${width} × ${height} pixels, which is more than the service takes.`;
		bitmap = await createImageBitmap(entry.file);
	}
	entry.thumb ??= await thumb(bitmap);
	return bitmap;
}

export function resized(bitmap, width, height) {
	const [canvas, pen] = sheet(width, height);
	pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
	return canvas;
}

/** A small picture for the list of the visit. */
async function thumb(bitmap) {
	const side = Math.min(bitmap.width, bitmap.height),
		[canvas, pen] = sheet(160, 160);
	pen.drawImage(bitmap, (bitmap.width - side) / 2, (bitmap.height - side) / 2, side, side, 0, 0, 160, 160);
	return new Promise(done => canvas.toBlob(done, "image/jpeg", 0.85));
}
