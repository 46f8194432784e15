// What is wrong with a photo, measured in its pixels: enhance/photos/defects.py and enhance/faces/resolution.py. No network estimates noise
// and blocks here: a wavelet and steps between blocks do.
import { FRAME, applied, faceSize, inverse, similarity } from "./geometry.js";
import { areaMean, cut, percentile, plane, resized } from "./pixels.js";

const GRAINY = 2.4,
	BLOCKY = 0.4,
	BLOCK = 8,
	SHARP = 0.62,
	LEAST = 40,
	MAX_REDUCTION = 8,
	BLURRED = 0.46,
	CENTRE = [0.15, 0.2, 0.85, 0.9];

export const luma = ([r, g, b], times = 1) =>
	plane(
		r.width,
		r.height,
		r.data.map((_, n) => times * (0.299 * r.data[n] + 0.587 * g.data[n] + 0.114 * b.data[n])),
	);

/** What about a photo should not be kept, in words; null if all of it may be. */
export function defect(rgb, noise) {
	if (noise > GRAINY) return `the photo is grainy (noise of about ${Math.round(noise)} grey levels)`;
	return blockiness(rgb) > BLOCKY ? "the photo shows JPEG blocks" : null;
}

/** Standard deviation of the noise, in grey levels, from the finest diagonal wavelet in the calmest tenth. */
export function noiseLevel(rgb) {
	const [width, height] = [rgb[0].width, rgb[0].height].map(side => Math.floor(side / 16) * 16);
	if (Math.min(width, height) < 32) return 0;
	const found = rgb.map(one => {
		const levels = [],
			at = (x, y) => 255 * one.data[y * one.width + x];
		for (let top = 0; top < height; top += 16) {
			for (let left = 0; left < width; left += 16) {
				const patch = [];
				for (let y = top; y < top + 16; y += 2)
					for (let x = left; x < left + 16; x += 2) patch.push(Math.abs((at(x, y) - at(x, y + 1) - at(x + 1, y) + at(x + 1, y + 1)) / 2));
				if (patch.some(value => value > 0)) levels.push(percentile(patch, 50));
			}
		}
		return levels.length ? percentile(levels, 10) / 0.546 : 0;
	});
	return found.reduce((a, b) => a + b) / 3;
}

/** By which share the steps between JPEG's blocks exceed those elsewhere. */
function blockiness(rgb) {
	const grey = luma(rgb, 255);
	if (Math.min(grey.width, grey.height) < 6 * BLOCK) return 0;
	const found = [true, false].map(down => {
		const [along, across] = down ? [grey.height, grey.width] : [grey.width, grey.height],
			at = (n, k) => grey.data[down ? n * grey.width + k : k * grey.width + n];
		const sums = [
			[0, 0],
			[0, 0],
		];
		for (let n = 0; n < along - 3; n += 1) {
			let sum = 0;
			for (let k = 0; k < across; k += 1) {
				const step = m => at(m + 1, k) - at(m, k);
				sum += Math.min(30, Math.abs(2 * step(n + 1) - step(n) - step(n + 2)));
			}
			const kind = sums[(n + 2) % BLOCK === 0 ? 1 : 0];
			kind[0] += sum / across;
			kind[1] += 1;
		}
		const [others, border] = sums.map(([sum, count]) => sum / count);
		return border / Math.max(others, 0.5) - 1;
	});
	return Math.min(...found);
}

/** Whether a part of a photo, with a face so many pixels across, is blurred. */
export function blurred(rgb, across) {
	const [width, height] = [rgb[0].width, rgb[0].height].map(side => Math.floor(side / 2) * 2);
	if (Math.min(width, height) < 8) return false;
	const grey = cut(luma(rgb, 255), 0, 0, width, height),
		second = ({ data, width: wide, height: high }) => {
			let rows = 0,
				columns = 0;
			for (let y = 0; y < high; y += 1)
				for (let x = 0; x + 2 < wide; x += 1) {
					const n = y * wide + x;
					columns += (data[n + 2] - 2 * data[n + 1] + data[n]) ** 2;
				}
			for (let y = 0; y + 2 < high; y += 1)
				for (let x = 0; x < wide; x += 1) {
					const n = y * wide + x;
					rows += (data[n + 2 * wide] - 2 * data[n + wide] + data[n]) ** 2;
				}
			return rows / (wide * (high - 2)) + columns / (high * (wide - 2));
		};
	const sharp = SHARP - 0.05 * Math.log2(Math.min(64, Math.max(16, across)) / 16);
	return second(grey) < sharp ** 2 * second(areaMean(grey, 2));
}

/** By which whole number a face can be made smaller without losing detail. */
export function effectiveReduction(rgb, landmarks) {
	const size = faceSize(landmarks),
		back = inverse(similarity(landmarks, FRAME)),
		[left, top, right, bottom] = CENTRE;
	const corners = [
			[left, top],
			[left, bottom],
			[right, top],
			[right, bottom],
		].map(corner => applied(back, corner)),
		side = (axis, pick) => pick(...corners.map(corner => corner[axis]));
	const [{ width, height }] = rgb,
		x0 = Math.max(Math.floor(side(0, Math.min)), 0),
		y0 = Math.max(Math.floor(side(1, Math.min)), 0);
	const x1 = Math.min(width, Math.max(Math.ceil(side(0, Math.max)), 1)),
		y1 = Math.min(height, Math.max(Math.ceil(side(1, Math.max)), 1));
	if (x1 <= x0 || y1 <= y0) return 1;
	const grey = luma(rgb.map(one => cut(one, x0, y0, x1, y1)));
	let found = 1;
	for (let reduction = 2; reduction <= MAX_REDUCTION; reduction += 1) {
		if (size / reduction < LEAST || Math.min(grey.width, grey.height) < 4 * reduction) break;
		if (lost(grey, reduction) > BLURRED * lost(grey, 2 * reduction)) break;
		found = reduction;
	}
	return found;
}

function lost(grey, reduction) {
	const width = Math.floor(grey.width / reduction) * reduction,
		height = Math.floor(grey.height / reduction) * reduction;
	const part = cut(grey, 0, 0, width, height),
		back = resized(areaMean(part, reduction), width, height);
	return Math.sqrt(part.data.reduce((sum, value, n) => sum + (value - back.data[n]) ** 2, 0) / part.data.length);
}
