// A drawing becomes a cat: enhance/tasks/sketch/sketch.py and look.py.
import { Unreadable, tables } from "./files.js";
import { run } from "./networks.js";
import { plane, resized } from "./pixels.js";
import { Random } from "./random.js";
import { read } from "./ink.js";

const PLACES = 19,
	INSIDE = 12,
	LOOK = 3 * PLACES + 3,
	FUR = 5,
	NEAREST = 12,
	NOISE = 16,
	SHADE = 0.45,
	LOOSENESS = 0.5;

function looksOf(text) {
	const steps = Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
	return Array.from({ length: steps.length / LOOK }, (_, n) =>
		Float32Array.from(steps.subarray(n * LOOK, (n + 1) * LOOK), step => (step * 4) / 255 - 2),
	);
}

function wanted(colour, colours) {
	const said = (colour ?? "").trim();
	if (!said) return null;
	let digits = colours[said.toLowerCase()] ?? said;
	if (/^#[0-9a-f]{3}$/i.test(digits)) digits = `#${[...digits.slice(1)].map(one => one + one).join("")}`;
	if (!/^#[0-9a-f]{6}$/i.test(digits))
		throw new Unreadable(`colour ${said}: is none of ${Object.keys(colours).join(", ")}, nor like #c8843c`);
	return [1, 3, 5].map(n => (parseInt(digits.slice(n, n + 2), 16) / 255) * 2 - 1);
}

/** One of many looks, by lot; with a colour (from -1 to 1) one of the nearest, dyed. */
function chosen(looks, colour, random) {
	if (!colour) return looks[random.below(looks.length)];
	const fur = looks.map(look => colour.map((_, c) => Array.from({ length: FUR }, (_p, place) => look[3 * place + c])));
	const mean = values => values.reduce((a, b) => a + b) / values.length,
		spread = values => mean(values.map(one => (one - mean(values)) ** 2)) ** 0.5;
	const apart = fur.map(
		parts => Math.hypot(...parts.map((values, c) => mean(values) - colour[c])) + 0.7 * Math.hypot(...parts.map(spread)),
	);
	const nearest = [...apart.keys()]
		.sort((a, b) => apart[a] - apart[b])
		.slice(0, Math.max(1, Math.min(NEAREST, Math.floor(looks.length / 4))));
	const which = nearest[random.below(nearest.length)],
		look = looks[which].slice();
	for (let n = 0; n < 3 * INSIDE; n += 1) look[n] = Math.min(1, Math.max(-1, look[n] + colour[n % 3] - mean(fur[which][n % 3])));
	return look;
}

/** Cats after the file of a drawing: facts and, for each seed, three planes. */
export async function sketch(file, { looseness = LOOSENESS, colour, seed = 0, size = 512, n = 1 }) {
	let bitmap;
	try {
		bitmap = await createImageBitmap(file);
	} catch {
		throw new Unreadable("this cannot be read as a drawing; give a PNG, JPEG or WebP");
	}
	const canvas = new OffscreenCanvas(bitmap.width, bitmap.height),
		pen = canvas.getContext("2d", { willReadFrequently: true });
	pen.drawImage(bitmap, 0, 0);
	const { ink, moved } = read(pen.getImageData(0, 0, canvas.width, canvas.height));
	const told = await tables("cats"),
		looks = looksOf(told.looks),
		of = wanted(colour, told.colours),
		answers = [];
	for (let k = 0; k < Number(n); k += 1) {
		const random = new Random(Number(seed) + k),
			look = chosen(looks, of, random);
		const { image } = await run("sketch_cat", {
			edges: [ink, [1, 1, 128, 128]],
			looseness: [[Number(looseness)], [1, 1]],
			look: [look, [1, LOOK]],
			noise: [random.normals(NOISE), [1, NOISE]],
		});
		const shade = SHADE * Math.max(0, 1 - looseness / LOOSENESS),
			shaded = image.map((value, n) => value * (1 - shade * ink[n % ink.length]));
		answers.push({ seed: Number(seed) + k, planes: await enlarged(split(shaded, 128), Number(size)) });
	}
	return {
		facts: {
			width: Number(size),
			height: Number(size),
			model: "sketch_cat",
			seed: Number(seed),
			moved,
			sentence: `a cat that never was, after a drawing${moved ? ", put into the middle" : ""}: fur, eyes and all around are invented`,
		},
		answers,
	};
}

export const split = (data, width, height = width) =>
	[0, 1, 2].map(c =>
		plane(
			width,
			height,
			data.slice(c * width * height, (c + 1) * width * height).map(v => Math.min(1, Math.max(0, v))),
		),
	);

async function enlarged(planes, size) {
	if (size > 128) {
		const { hr } = await run("photo_x4_pixel", { lr: [Float32Array.from(planes.flatMap(({ data }) => [...data])), [1, 3, 128, 128]] });
		planes = split(hr, 512);
	}
	return size === planes[0].width ? planes : planes.map(one => resized(one, size, size));
}
