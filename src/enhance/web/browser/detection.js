// Finds faces, and asks whether they are any: enhance/faces/yunet.py, detection.py and verification.py, with their names.
import { run } from "./networks.js";
import { FRAME, applied, faceSize, inverse, iou, mean, scaleOf, similarity, tilt, warp } from "./geometry.js";
import { cut, plane, resized, rounded, turned } from "./pixels.js";

const STRIDES = [8, 16, 32],
	MULTIPLE = 32;
const THRESHOLD = 0.7,
	MIN_SCORE = 0.25,
	MIN_ROTATED_SCORE = 0.85,
	MAX_CANDIDATES = 24,
	FRAME_TO_BOX = 1.3,
	OVERLAP = 0.3;
const MAX_SIDE = 1280,
	ENLARGEMENT = 4,
	TILE_SCALE = 2,
	TILE_OVERLAP = 64,
	SMALL_PICTURE = 400,
	LARGE_FACE = 32,
	ANGLE_SCALE = 2.5,
	ANGLES = [-38, 38];
const OVERVIEW_SIDE = 320,
	MIN_TILT = 8,
	MAX_REFINEMENTS = 5,
	VIEW_SIDE = 160,
	VIEW_MARGIN = 1.75;
const VIEWS = [112, 160, 224],
	MIN_DETECTION_SCORE = 0.4,
	MAX_OFFSET = 0.15,
	COARSEST = 16,
	FINEST = 64,
	FLAT = [0.12, 0.4];

/** All faces {box, score, landmarks, doubtful} in a picture of three planes, the largest first; of a large one `progress` hears which share was seen. */
export async function detect(rgb, progress = () => {}) {
	const [{ width, height }] = rgb,
		longest = Math.max(width, height),
		scale = Math.min(ENLARGEMENT, MAX_SIDE / longest),
		overview = Math.min(scale, OVERVIEW_SIDE / longest);
	const seen = await detectAt(rgb, scale, MIN_SCORE);
	if (overview < scale) seen.push(...(await detectAt(rgb, overview, MIN_SCORE)));
	if (scale < TILE_SCALE) seen.push(...(await detectInTiles(rgb, TILE_SCALE, MIN_SCORE, MAX_SIDE / TILE_SCALE, progress)));
	const large = seen.some(face => face.score >= THRESHOLD && faceSize(face.landmarks) >= LARGE_FACE);
	if (longest <= SMALL_PICTURE && !large)
		for (const angle of ANGLES) seen.push(...(await detectAtAngle(rgb, ANGLE_SCALE, angle, MIN_SCORE)));
	const found = [];
	for (const face of suppressed(seen.filter(one => one.score >= THRESHOLD))) found.push(await detectRotated(rgb, face));
	for (const doubt of suppressed(seen)
		.filter(one => one.score < THRESHOLD)
		.slice(0, MAX_CANDIDATES)) {
		const again = { ...(await detectRotated(rgb, doubt)), doubtful: true };
		if (again.score >= MIN_ROTATED_SCORE) found.push(again);
	}
	const refined = [];
	for (const face of suppressed(found)) refined.push(await refineLandmarks(rgb, face));
	return refined.sort((a, b) => faceSize(b.landmarks) - faceSize(a.landmarks));
}

function* spans(length, size, margin) {
	for (let start = 0; start < length; start += size) {
		const stop = Math.min(start + size, length);
		yield { start, stop, before: Math.max(start - margin, 0), after: Math.min(stop + margin, length) };
	}
}

async function detectInTiles(rgb, scale, threshold, side, progress) {
	const [{ width, height }] = rgb,
		found = [],
		count = Math.ceil(width / side) * Math.ceil(height / side);
	let done = 0;
	for (const down of spans(height, side, TILE_OVERLAP)) {
		for (const across of spans(width, side, TILE_OVERLAP)) {
			const part = rgb.map(one => cut(one, across.before, down.before, across.after, down.after));
			for (const face of await detectAt(part, scale, threshold)) {
				const x = (face.box[0] + face.box[2]) / 2 + across.before,
					y = (face.box[1] + face.box[3]) / 2 + down.before;
				if (x >= across.start && x < across.stop && y >= down.start && y < down.stop) found.push(moved(face, across.before, down.before));
			}
			progress((done += 1) / count);
		}
	}
	return found;
}

export const moved = (face, right, down) => ({
	...face,
	box: face.box.map((edge, n) => edge + (n % 2 ? down : right)),
	landmarks: face.landmarks.map(([x, y]) => [x + right, y + down]),
});

/** As Pillow turns a picture of 8 bits: with the sharper cubic of 1981, cut off to whole levels. */
async function detectAtAngle(rgb, scale, angle, threshold) {
	const [{ width, height }] = rgb,
		radians = (angle * Math.PI) / 180,
		cos = scale * Math.cos(radians),
		sin = scale * Math.sin(radians);
	const across = Math.ceil(Math.abs(cos) * width + Math.abs(sin) * height),
		down = Math.ceil(Math.abs(sin) * width + Math.abs(cos) * height);
	const [mx, my] = [(width - 1) / 2, (height - 1) / 2];
	const back = inverse([cos, -sin, (across - 1) / 2 - (cos * mx - sin * my), sin, cos, (down - 1) / 2 - (sin * mx + cos * my)]);
	const levels = rgb.map(({ data }) => data.map(value => Math.round(255 * value))),
		seen = [plane(across, down), plane(across, down), plane(across, down)];
	const inside = (n, size) => Math.min(size - 1, Math.max(0, n));
	const curve = (p0, p1, p2, p3, t) => p1 + t * (p2 - p0 + t * (2 * (p0 - p1) + p2 - p3 + t * (p1 - p0 - p2 + p3)));
	for (let y = 0; y < down; y += 1) {
		for (let x = 0; x < across; x += 1) {
			const [u, v] = applied(back, [x, y]);
			if (u < -0.5 || v < -0.5 || u >= width - 0.5 || v >= height - 0.5) continue;
			const left = Math.floor(u),
				top = Math.floor(v),
				columns = [-1, 0, 1, 2].map(n => inside(left + n, width));
			for (let c = 0; c < 3; c += 1) {
				const rows = [-1, 0, 1, 2].map(n => {
					const start = inside(top + n, height) * width;
					return curve(...columns.map(column => levels[c][start + column]), u - left);
				});
				seen[c].data[y * across + x] = Math.min(255, Math.max(0, Math.floor(curve(...rows, v - top)))) / 255;
			}
		}
	}
	return (await detectAt(seen, 1, threshold)).map(face => mapBack(face, back));
}

function mapBack(face, back) {
	const [left, top, right, bottom] = face.box,
		[x, y] = applied(back, [(left + right) / 2, (top + bottom) / 2]);
	const half = (Math.sqrt((right - left) * (bottom - top)) * scaleOf(back)) / 2;
	return {
		box: [x - half, y - half, x + half, y + half],
		score: face.score,
		landmarks: face.landmarks.map(point => applied(back, point)),
		doubtful: false,
	};
}

export async function detectAt(rgb, scale, threshold) {
	const [{ width, height }] = rgb,
		across = Math.max(1, rounded(width * scale)),
		down = Math.max(1, rounded(height * scale));
	const wide = Math.ceil(across / MULTIPLE) * MULTIPLE,
		high = Math.ceil(down / MULTIPLE) * MULTIPLE,
		input = new Float32Array(3 * wide * high);
	rgb.forEach((one, c) => {
		const { data } = scale === 1 ? one : resized(one, across, down),
			start = (2 - c) * wide * high;
		for (let y = 0; y < down; y += 1) for (let x = 0; x < across; x += 1) input[start + y * wide + x] = 255 * data[y * across + x];
	});
	const heads = await run("yunet", { input: [input, [1, 3, high, wide]] }),
		found = [];
	for (const stride of STRIDES) {
		const columns = wide / stride,
			[cls, obj, bbox, kps] = ["cls", "obj", "bbox", "kps"].map(part => heads[`${part}_${stride}`]),
			unit = value => Math.min(1, Math.max(0, value));
		for (let n = 0; n < cls.length; n += 1) {
			const score = Math.fround(Math.sqrt(unit(cls[n]) * unit(obj[n])));
			if (score < threshold) continue;
			const x = n % columns,
				y = (n - x) / columns,
				place = (value, ratio) => (Math.fround(value) + 0.5) / ratio - 0.5,
				[rx, ry] = [across / width, down / height];
			const cx = (bbox[4 * n] + x) * stride,
				cy = (bbox[4 * n + 1] + y) * stride,
				hx = (Math.exp(bbox[4 * n + 2]) * stride) / 2,
				hy = (Math.exp(bbox[4 * n + 3]) * stride) / 2;
			found.push({
				score,
				doubtful: false,
				box: [place(cx - hx, rx), place(cy - hy, ry), place(cx + hx, rx), place(cy + hy, ry)],
				landmarks: [0, 1, 2, 3, 4].map(k => [
					place((kps[10 * n + 2 * k] + x) * stride, rx),
					place((kps[10 * n + 2 * k + 1] + y) * stride, ry),
				]),
			});
		}
	}
	return suppressed(found.filter(face => faceSize(face.landmarks) >= 1));
}

async function detectRotated(rgb, face) {
	const [x0, y0, x1, y1] = face.box,
		side = FRAME_TO_BOX * Math.sqrt((x1 - x0) * (y1 - y0)),
		[fx, fy] = mean(FRAME),
		middle = [(x0 + x1) / 2, (y0 + y1) / 2];
	let best = face;
	for (const eighth of [0, Math.PI / 4]) {
		const cos = Math.cos(eighth),
			sin = Math.sin(eighth);
		let { seen, transform } = view(
			rgb,
			FRAME.map(([x, y]) => [x - fx, y - fy]).map(([x, y]) => [
				side * (cos * x - sin * y) + middle[0],
				side * (sin * x + cos * y) + middle[1],
			]),
			VIEW_SIDE,
		);
		for (let turn = 0; turn < 4; turn += 1) {
			const [found] = (await detectAt(seen, 1, Math.max(best.score, MIN_SCORE))).filter(isCentred);
			if (found && found.score > best.score) best = mapBack(found, inverse(transform));
			seen = seen.map(one => turned(one, 1));
			const [a, b, c, d, e, f] = transform;
			transform = [d, e, f, -a, -b, VIEW_SIDE - 1 - c];
		}
	}
	return best;
}

function isCentred(face) {
	const [x, y] = mean(face.landmarks),
		[fx, fy] = mean(FRAME),
		share = (faceSize(face.landmarks) * VIEW_MARGIN) / VIEW_SIDE;
	return Math.hypot(x - VIEW_SIDE * fx, y - VIEW_SIDE * fy) < VIEW_SIDE / 6 && share > 0.5 && share < 1.8;
}

export async function refineLandmarks(rgb, face) {
	const [fx, fy] = mean(FRAME);
	for (let turn = 0; turn < MAX_REFINEMENTS; turn += 1) {
		const before = tilt(face.landmarks);
		if (Math.abs(before) < MIN_TILT) break;
		const { seen, transform } = view(rgb, face.landmarks, VIEW_SIDE),
			back = inverse(transform);
		const [again] = (await detectAt(seen, 1, THRESHOLD / 2)).filter(other => {
			const [x, y] = mean(other.landmarks),
				share = (faceSize(other.landmarks) * VIEW_MARGIN) / VIEW_SIDE;
			return Math.hypot(x - VIEW_SIDE * fx, y - VIEW_SIDE * fy) < VIEW_SIDE / 8 && share > 0.6 && share < 1.6;
		});
		if (!again) break;
		face = { ...face, landmarks: again.landmarks.map(point => applied(back, point)) };
		if (Math.abs(tilt(face.landmarks) - before) < 1) break;
	}
	return face;
}

function view(rgb, landmarks, side) {
	const transform = similarity(landmarks, landmarksInView(side));
	return { seen: warp(rgb, inverse(transform), side, side), transform };
}

const landmarksInView = side => FRAME.map(point => point.map(at => ((at - 0.5) / VIEW_MARGIN + 0.5) * side - 0.5));

/** Without those that overlap a surer one; the surest first. */
function suppressed(faces) {
	const kept = [];
	for (const face of [...faces].sort((a, b) => b.score - a.score))
		if (kept.every(other => iou(face.box, other.box) <= OVERLAP)) kept.push(face);
	return kept;
}

/** Why this is not to be redrawn; null if it is a face. */
export async function rejection(rgb, landmarks) {
	let score = 0;
	for (const side of VIEWS) score += (await foundAgain(rgb, landmarks, side)) / VIEWS.length;
	if (score < MIN_DETECTION_SCORE) return "not a face on a second look";
	return flatness(rgb, landmarks) > 1 ? "drawn, not photographed" : null;
}

async function foundAgain(rgb, landmarks, side) {
	const { seen } = view(rgb, landmarks, side),
		goal = landmarksInView(side),
		reach = (MAX_OFFSET * side) / VIEW_MARGIN;
	const off = face => Math.sqrt(face.landmarks.reduce((sum, [x, y], n) => sum + (x - goal[n][0]) ** 2 + (y - goal[n][1]) ** 2, 0) / 5);
	return Math.max(0, ...(await detectAt(seen, 1, 0.05)).filter(face => off(face) < reach).map(face => face.score));
}

/** The share of neighbours of one colour, over the share that a photo of this size does not reach. */
function flatness(rgb, landmarks) {
	const size = faceSize(landmarks),
		[across, down] = applied(similarity(FRAME, landmarks), [0.5, 0.5]),
		[{ width, height }] = rgb;
	const [left, top] = [across, down].map(place => Math.max(rounded(place - 0.375 * size), 0)),
		[right, bottom] = [Math.min(width, left + rounded(0.75 * size)), Math.min(height, top + rounded(0.75 * size))];
	if (Math.min(right - left, bottom - top) < 2) return 0;
	const level = ({ data }, x, y) => Math.round(255 * data[y * width + x]),
		alike = (x, y, u, v) => rgb.every(one => Math.abs(level(one, x, y) - level(one, u, v)) <= 1);
	const share = (dx, dy) => {
		let same = 0,
			all = 0;
		for (let y = top; y < bottom - dy; y += 1)
			for (let x = left; x < right - dx; x += 1) {
				all += 1;
				same += alike(x, y, x + dx, y + dy) ? 1 : 0;
			}
		return same / all;
	};
	const doublings = Math.log2(Math.min(FINEST, Math.max(COARSEST, size)) / COARSEST) / Math.log2(FINEST / COARSEST);
	return (share(0, 1) + share(1, 0)) / 2 / (FLAT[0] + doublings * (FLAT[1] - FLAT[0]));
}
