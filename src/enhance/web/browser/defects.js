// How sharp a face is: enhance/photos/defects.py and enhance/faces/resolution.py.
import { FRAME, applied, faceSize, inverse, similarity } from "./geometry.js";
import { areaMean, cut, plane, resized } from "./pixels.js";

const SHARP = 0.62,
	LEAST = 40,
	MAX_REDUCTION = 8,
	BLURRED = 0.46,
	SURELY_BLURRED = 0.38,
	CENTRE = [0.15, 0.2, 0.85, 0.9];

export const luma = ([r, g, b], times = 1) =>
	plane(
		r.width,
		r.height,
		r.data.map((_, n) => times * (0.299 * r.data[n] + 0.587 * g.data[n] + 0.114 * b.data[n])),
	);

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

/** The brightness of the part of a face that has no background in it; null outside of the photo. */
function centre(rgb, landmarks) {
	const back = inverse(similarity(landmarks, FRAME)),
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
	return x1 <= x0 || y1 <= y0 ? null : luma(rgb.map(one => cut(one, x0, y0, x1, y1)));
}

/** By which whole number a face can be made smaller without losing detail. */
export function effectiveReduction(rgb, landmarks) {
	const size = faceSize(landmarks),
		grey = centre(rgb, landmarks);
	let found = 1;
	if (!grey) return found;
	for (let reduction = 2; reduction <= MAX_REDUCTION; reduction += 1) {
		if (size / reduction < LEAST || Math.min(grey.width, grey.height) < 4 * reduction) break;
		if (kept(grey, reduction) > BLURRED) break;
		found = reduction;
	}
	return found;
}

/** How much of a face that is drawn from fewer pixels than it has is pasted, from 0, where it has all its detail, to 1. */
export function drawnShare(rgb, landmarks) {
	return Math.min(1, Math.max(0, (BLURRED - kept(centre(rgb, landmarks), 2)) / (BLURRED - SURELY_BLURRED)));
}

const kept = (grey, reduction) => lost(grey, reduction) / Math.max(lost(grey, 2 * reduction), 1e-6);

function lost(grey, reduction) {
	const width = Math.floor(grey.width / reduction) * reduction,
		height = Math.floor(grey.height / reduction) * reduction;
	const part = cut(grey, 0, 0, width, height),
		back = resized(areaMean(part, reduction), width, height);
	return Math.sqrt(part.data.reduce((sum, value, n) => sum + (value - back.data[n]) ** 2, 0) / part.data.length);
}
