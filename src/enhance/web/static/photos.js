// Photos as the browser opens them, and as the service takes them.
import { h } from "./dom.js";
import { limits } from "./service.js";

/** Opens a photo. Answers {file, bitmap, note}: what is larger than the service takes (`pixels` at most, where given) is reduced here. */
export async function opened(file, name, pixels = Infinity) {
	let bitmap;
	try {
		bitmap = await createImageBitmap(file);
	} catch {
		throw new Error(`${name} is not a picture that this browser can show; give a JPEG, PNG or WebP.`);
	}
	const { look_pixels: look, upload_bytes: most } = await limits(),
		has = bitmap.width * bitmap.height,
		may = Math.min(look, pixels);
	if (has <= may && file.size <= most) return { file, bitmap, note: "" };
	const ratio = Math.min(1, Math.sqrt((0.98 * may) / has)),
		reduced = resized(bitmap, bitmap.width * ratio, bitmap.height * ratio);
	const smaller = await new Promise(done => reduced.toBlob(done, "image/jpeg", 0.95));
	return {
		file: smaller,
		bitmap: await createImageBitmap(smaller),
		note: `Reduced here from ${bitmap.width} × ${bitmap.height} pixels, which is more than the service takes.`,
	};
}

export function resized(bitmap, width, height) {
	const canvas = h("canvas", { width: Math.max(1, Math.round(width)), height: Math.max(1, Math.round(height)) }),
		pen = canvas.getContext("2d");
	pen.imageSmoothingQuality = "high";
	pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
	return canvas;
}

/** A small picture for the list of the visit. */
export async function thumb(bitmap) {
	const side = Math.min(bitmap.width, bitmap.height),
		canvas = h("canvas", { width: 160, height: 160 }),
		pen = canvas.getContext("2d");
	pen.imageSmoothingQuality = "high";
	pen.drawImage(bitmap, (bitmap.width - side) / 2, (bitmap.height - side) / 2, side, side, 0, 0, 160, 160);
	return new Promise(done => canvas.toBlob(done, "image/jpeg", 0.85));
}
