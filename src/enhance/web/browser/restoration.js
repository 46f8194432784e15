// Bad photos restored at their own size: enhance/painting/restoration.py, with its names. What is wrong is measured, and mended as far
// as it was measured.
import { run } from "./networks.js";
import { clip, cut, plane } from "./pixels.js";
import { statistics } from "./statistics.js";

export const RESTORER = "photo_restore";
const UNITS = [20, 20, 10, 2],
	MULTIPLE = 16,
	WINDOW = 256,
	WINDOWS = 3,
	TOLERATED = 3,
	SURE = 96,
	GRADUAL = 3,
	UNSURE = 0.5,
	IN_FOCUS = 0.4,
	LOOKED_AT = 512;

/** Where a photo is measured along a side. */
function windows(side) {
	if (side <= 1.5 * WINDOW) return [[0, side]];
	const count = Math.min(WINDOWS, Math.ceil(side / WINDOW));
	return Array.from({ length: count }, (_, n) => Math.floor((n * (side - WINDOW)) / (count - 1))).map(start => [start, start + WINDOW]);
}

/** What is wrong with a photo: measures in grey levels (of blur in pixels), how much of it is mended, and words for the worst. */
export async function measure(rgb) {
	const [{ width, height }] = rgb,
		roots = [0, 0, 0, Infinity];
	let count = 0;
	for (const [top, bottom] of windows(height))
		for (const [left, right] of windows(width)) {
			const numbers = statistics(rgb.map(one => cut(one, left, top, right, bottom))),
				{ measures } = await run("estimator", { statistics: [numbers, [1, numbers.length]] });
			measures.forEach((value, n) => {
				roots[n] = n < 3 ? roots[n] + Math.sqrt(value) : Math.min(roots[n], Math.sqrt(value));
			});
			count += 1;
		}
	const values = roots.map((root, n) => (n < 3 ? root / count : root) ** 2 * UNITS[n]),
		[noise, colours, blocks, blur] = values,
		times = Math.max(1, SURE / Math.min(width, height)),
		rough = clip((noise + colours / 2 + blocks - times * TOLERATED) / GRADUAL),
		amount = Math.max(rough, clip(blur / IN_FOCUS - times));
	const words =
		amount > rough
			? `the photo is blurred (by about ${blur.toFixed(1)} pixels)`
			: noise + colours / 2 >= blocks
				? `the photo is grainy (noise of about ${Math.round(Math.max(noise, colours))} grey levels)`
				: "the photo shows JPEG blocks";
	values[3] *= 1 - UNSURE * rough; // under noise what is soft is as often the scene
	return { values, amount, words };
}

/** Whether a photo has no colours, though its file could hold some; JPEG rounds its three channels by themselves. */
export function isGrey([red, green, blue], hole) {
	const every = Math.max(1, Math.floor(red.height / LOOKED_AT));
	return red.data.every((r, n) => {
		if (Math.floor(n / red.width) % every || hole?.[n]) return true;
		const [g, b] = [green.data[n], blue.data[n]];
		return Math.max(r, g, b) - Math.min(r, g, b) < 1.5 / 255;
	});
}

/** The photo without its defects; a grey one stays grey. */
export async function restore(rgb, { values, amount }) {
	if (!amount) return rgb;
	const [{ width, height }] = rgb,
		[wide, high] = [width, height].map(side => Math.ceil(side / MULTIPLE) * MULTIPLE),
		size = wide * high,
		mirrored = (n, side) => (n < side ? n : 2 * side - 1 - n),
		image = new Float32Array(3 * size);
	rgb.forEach((one, c) => {
		for (let y = 0; y < high; y += 1)
			for (let x = 0; x < wide; x += 1) image[c * size + y * wide + x] = one.data[mirrored(y, height) * width + mirrored(x, width)];
	});
	const { restored } = await run(RESTORER, {
			image: [image, [1, 3, high, wide]],
			defects: [values.map((value, n) => value / UNITS[n]), [1, 4, 1, 1]],
		}),
		grey = isGrey(rgb);
	return rgb.map((one, c) =>
		plane(
			width,
			height,
			one.data.map((value, n) => {
				const at = n + (wide - width) * Math.floor(n / width),
					made = grey ? (restored[at] + restored[size + at] + restored[2 * size + at]) / 3 : restored[c * size + at];
				return clip(value + amount * (made - value));
			}),
		),
	);
}
