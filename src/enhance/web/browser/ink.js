// From a drawing to ink as the network knows it: enhance/tasks/sketch/paper.py, step by step, with its names.
import { Unreadable } from "./files.js";
import { blurred, clip, dilated, disc, percentile, plane, planesOf, reduced, squarely, stretched } from "./pixels.js";

const SIDE = 128,
	CANVAS = 256,
	WORK = 1024,
	PEN = 2.6,
	NARROW = 1.5,
	WIDE = 4.5,
	THICK = 5,
	FILLS = 0.55,
	FAINT = 0.08,
	CROWDED = 0.25,
	FULL = 0.35;
const FRAME = [0.08, 0.05, 0.92, 0.9];

const mean = values => values.reduce((a, b) => a + b, 0) / values.length;
const mapped = (from, change) => plane(from.width, from.height, from.data.map(change));

/** Ink (128,128) in [0,1] of the bytes of a canvas, and whether it was put into the middle. */
export function read(image) {
	let [red, green, blue, alpha] = planesOf(image);
	const scale = WORK / Math.max(image.width, image.height);
	if (scale < 1)
		[red, green, blue, alpha] = [red, green, blue, alpha].map(one =>
			reduced(one, Math.max(1, Math.round(image.width * scale)), Math.max(1, Math.round(image.height * scale))),
		);
	const rgb = [red, green, blue];
	if (mean(mapped(alpha, a => Number(a < 0.5)).data) > FULL) {
		const shown = [...alpha.data.keys()].filter(n => alpha.data[n] > 0.5);
		if (!shown.length) throw new Unreadable("the drawing is empty; draw something first");
		const white = mean(shown.map(n => Number(Math.min(...rgb.map(({ data }) => data[n])) > 0.9)));
		if (!(white > 0.5 && white < 0.995)) return placed(alpha);
	}
	for (const one of rgb) one.data = one.data.map((value, n) => value * alpha.data[n] + 1 - alpha.data[n]);
	if (percentile(mapped(red, (_, n) => Math.max(red.data[n], green.data[n], blue.data[n])).data, 50) < 0.45) {
		// chalk
		for (const one of rgb) one.data = one.data.map(value => 1 - value);
	}
	return placed(levelled(rgb));
}

function levelled(rgb) {
	const [{ width, height }] = rgb,
		across = Math.max(1, width >> 2),
		down = Math.max(1, height >> 2);
	const reach = Math.max(3, Math.round(0.06 * Math.max(across, down)) | 1);
	const papers = rgb.map(one => stretched(blurred(squarely(reduced(one, across, down), reach), reach / 2), width, height));
	const [[r, g, b], [pr, pg, pb]] = [rgb, papers].map(planes => planes.map(({ data }) => data));
	const darker = r.map((_, n) => Math.max(pr[n] - r[n], pg[n] - g[n], pb[n] - b[n]) / Math.max(0.1, pr[n], pg[n], pb[n]));
	const darkest = percentile(darker, 99.7),
		noise = percentile(darker, 50);
	if (darkest < FAINT) throw new Unreadable("there are no lines on it; draw darker, or photograph it in better light");
	const low = noise + 0.3 * (darkest - noise),
		high = noise + 0.7 * (darkest - noise);
	return plane(
		width,
		height,
		darker.map(value => clip((value - low) / Math.max(high - low, 1e-3))),
	);
}

function placed(ink) {
	const { width, height } = ink,
		mask = withoutSpecks(mapped(ink, value => Number(value > 0.5)));
	const share = mean(mask.data);
	if (!share) throw new Unreadable("there are no lines on it; draw something first");
	if (share > FULL) throw new Unreadable(`this is no drawing of lines: ${Math.round(100 * share)}% of it is dark; draw with a thinner pen`);
	const near = squarely(mask, 5);
	ink = mapped(ink, (value, n) => value * near.data[n]);
	let [top, bottom, left, right] = [height, 0, width, 0];
	mask.data.forEach((there, n) => {
		if (!there) return;
		const x = n % width,
			y = (n - x) / width;
		[top, bottom, left, right] = [Math.min(top, y), Math.max(bottom, y + 1), Math.min(left, x), Math.max(right, x + 1)];
	});
	const side = Math.max(height, width),
		moved = Math.max(right - left, bottom - top) / side < FILLS;
	let scale = CANVAS / side,
		x = ((side - width) / 2) * scale,
		y = ((side - height) / 2) * scale;
	if (moved) {
		const [x0, y0, x1, y1] = FRAME.map(edge => CANVAS * edge);
		scale = Math.min((x1 - x0) / (right - left), (y1 - y0) / (bottom - top));
		[x, y] = [(x0 + x1) / 2 - ((left + right) / 2) * scale, (y0 + y1) / 2 - ((top + bottom) / 2) * scale];
	}
	const even = evened(onCanvas(ink, scale, x, y));
	if (mean(even.data) > CROWDED) throw new Unreadable("this is no drawing of lines, or one of far too many; draw an outline and a face");
	return { ink: reduced(even, SIDE, SIDE).data, moved };
}

function withoutSpecks(mask) {
	const { width, height, data } = mask,
		seen = new Uint8Array(data.length),
		kept = plane(width, height);
	const least = Math.max(2, (0.003 * Math.max(width, height)) ** 2);
	for (let start = 0; start < data.length; start += 1) {
		if (!data[start] || seen[start]) continue;
		const part = [start];
		seen[start] = 1;
		for (let at = 0; at < part.length; at += 1) {
			const x = part[at] % width,
				y = (part[at] - x) / width;
			for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v += 1) {
				for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u += 1) {
					const n = v * width + u;
					if (data[n] && !seen[n]) {
						seen[n] = 1;
						part.push(n);
					}
				}
			}
		}
		if (part.length >= least) for (const n of part) kept.data[n] = 1;
	}
	return kept;
}

function onCanvas(ink, scale, x, y) {
	if (scale < 1) {
		const reach = scale < 0.6 ? Math.round(Math.min(3, 0.6 / scale)) : 0; // lines of a pixel must not be lost on the way
		if (reach > 1) ink = squarely(ink, reach);
		ink = reduced(ink, Math.max(1, Math.round(ink.width * scale)), Math.max(1, Math.round(ink.height * scale)));
		scale = 1;
	}
	const { width, height, data } = ink,
		to = plane(CANVAS, CANVAS),
		at = (u, v) => (u < 0 || v < 0 || u >= width || v >= height ? 0 : data[v * width + u]);
	const source = (n, shift) => Math.round(32 * ((n - shift - (scale - 1) / 2) / scale)) / 32; // OpenCV looks at 32nds of a pixel
	for (let row = 0; row < CANVAS; row += 1) {
		const v = source(row, y),
			v0 = Math.floor(v),
			b = v - v0;
		for (let column = 0; column < CANVAS; column += 1) {
			const u = source(column, x),
				u0 = Math.floor(u),
				a = u - u0;
			to.data[row * CANVAS + column] =
				(1 - b) * ((1 - a) * at(u0, v0) + a * at(u0 + 1, v0)) + b * ((1 - a) * at(u0, v0 + 1) + a * at(u0 + 1, v0 + 1));
		}
	}
	return to;
}

function evened(ink) {
	const mask = mapped(ink, value => Number(value > 0.4)),
		inside = distances(mask),
		middle = thinned(mask);
	const depths = inside.filter((_, n) => middle.data[n]);
	if (!depths.length) return ink;
	const width = ink.data.reduce((a, b) => a + b, 0) / depths.length;
	if (width >= NARROW && width <= WIDE && inside.every(depth => depth <= THICK)) return mapped(ink, value => clip(1.4 * value));
	const solid = Math.max(THICK, 2.2 * percentile(depths, 50));
	const core = plane(
		CANVAS,
		CANVAS,
		inside.map(depth => Number(depth > solid)),
	);
	const grown = dilated(core, disc(2 * Math.round(solid) + 3)),
		areas = mapped(grown, (there, n) => there && mask.data[n]);
	const inner = squarely(areas, 3, true),
		thin = thinned(mapped(mask, (there, n) => Number(there && !areas.data[n])));
	const lines = mapped(thin, (there, n) => Number(there || (areas.data[n] && !inner.data[n])));
	const fine = plane(2 * CANVAS, 2 * CANVAS); // twice as fine, so that the pen may be as wide as it ought to be
	fine.data.forEach((_, n) => {
		fine.data[n] = lines.data[(n >> 10) * CANVAS + ((n & 511) >> 1)];
	});
	return reduced(blurred(dilated(fine, disc(Math.round(2 * PEN))), 0.8), CANVAS, CANVAS);
}

const WITHIN_FIVE = [
	[-1, 0, 1],
	[0, -1, 1],
	[-1, -1, 1.4],
	[1, -1, 1.4],
	[-2, -1, 2.1969],
	[2, -1, 2.1969],
	[-1, -2, 2.1969],
	[1, -2, 2.1969],
];

/** How far each pixel of a mask is from what is none, by OpenCV's steps [across, down, long] within 5 by 5 pixels. */
export function distances({ data, width, height }, steps = WITHIN_FIVE) {
	const found = Float32Array.from(data, there => (there ? 1e6 : 0));
	const sweep = sign => {
		for (let k = 0; k < found.length; k += 1) {
			const n = sign > 0 ? k : found.length - 1 - k;
			if (!found[n]) continue;
			const x = n % width,
				y = (n - x) / width;
			for (const [dx, dy, long] of steps) {
				const u = x + sign * dx,
					v = y + sign * dy;
				if (u >= 0 && v >= 0 && u < width && v < height) found[n] = Math.min(found[n], found[v * width + u] + long);
			}
		}
	};
	sweep(1);
	sweep(-1);
	return found;
}

/** The middle lines of a mask, a pixel wide (Zhang & Suen, 1984). */
function thinned({ data, width, height }) {
	const wide = width + 2,
		m = new Uint8Array(wide * (height + 2)),
		around = [-wide, 1 - wide, 1, wide + 1, wide, wide - 1, -1, -wide - 1];
	data.forEach((there, n) => {
		const x = n % width;
		m[((n - x) / width + 1) * wide + x + 1] = there;
	});
	for (let gone = 1; gone; ) {
		gone = 0;
		for (const first of [true, false]) {
			const edge = [];
			for (let n = 0; n < m.length; n += 1) {
				if (!m[n]) continue;
				let count = 0,
					turns = 0;
				for (let k = 0; k < 8; k += 1) {
					const here = m[n + around[k]];
					count += here;
					turns += !here && m[n + around[(k + 1) % 8]] ? 1 : 0;
				}
				if (count < 2 || count > 6 || turns !== 1) continue;
				const [up, right, down, left] = [m[n - wide], m[n + 1], m[n + wide], m[n - 1]];
				if (first ? !(up && right && down) && !(right && down && left) : !(up && right && left) && !(up && down && left)) edge.push(n);
			}
			for (const n of edge) m[n] = 0;
			gone += edge.length;
		}
	}
	const to = plane(width, height);
	to.data.forEach((_, n) => {
		const x = n % width;
		to.data[n] = m[((n - x) / width + 1) * wide + x + 1];
	});
	return to;
}
