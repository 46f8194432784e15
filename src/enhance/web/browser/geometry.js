// The face frame, and how pictures are moved into it: enhance/faces/geometry.py, with its names. A transform [a, b, c, d, e, f]
// moves (x, y) to (ax + by + c, dx + ey + f). A picture is three planes.
import { clip, cut, plane, resized } from "./pixels.js";

export const FRAME = [
	[0.344, 0.398],
	[0.652, 0.398],
	[0.498, 0.566],
	[0.376, 0.718],
	[0.622, 0.718],
];
const TRAINED = [16, 64];

export const mean = points => [0, 1].map(axis => points.reduce((sum, point) => sum + point[axis], 0) / points.length);
export const applied = ([a, b, c, d, e, f], [x, y]) => [a * x + b * y + c, d * x + e * y + f];
export const scaleOf = ([a, , , d]) => Math.hypot(a, d);
export const inverse = ([a, b, c, d, e, f]) => {
	const det = a * e - b * d,
		[p, q, r, s] = [e / det, -b / det, -d / det, a / det];
	return [p, q, -(p * c + q * f), r, s, -(r * c + s * f)];
};
export const shifted = ([a, b, c, d, e, f], left, top) => [a, b, a * left + b * top + c, d, e, d * left + e * top + f];
export const enlarged = ([a, b, c, d, e, f], times) => {
	const half = (1 - times) / 2,
		[p, q, r, s] = [a / times, b / times, d / times, e / times];
	return [p, q, c + (p + q) * half, r, s, f + (r + s) * half];
};

/** The rotation, scale and shift that brings points closest to others (Umeyama, 1991). */
export function similarity(source, target) {
	const [mx, my] = mean(source),
		[gx, gy] = mean(target);
	let spread = 0,
		along = 0,
		turn = 0;
	source.forEach(([px, py], n) => {
		const x = px - mx,
			y = py - my,
			u = target[n][0] - gx,
			v = target[n][1] - gy;
		spread += x * x + y * y;
		along += x * u + y * v;
		turn += x * v - y * u;
	});
	const a = along / spread,
		b = turn / spread;
	return [a, -b, gx - (a * mx - b * my), b, a, gy - (b * mx + a * my)];
}

/** Pixels across the frame of a face. */
export function faceSize(landmarks) {
	if (landmarks.every(([x, y]) => x === landmarks[0][0] && y === landmarks[0][1])) return 0;
	const scale = scaleOf(similarity(landmarks, FRAME));
	return scale > 0 ? 1 / scale : 0;
}

export const tilt = landmarks => {
	const [a, , , d] = similarity(FRAME, landmarks);
	return (Math.atan2(d, a) * 180) / Math.PI;
};

export function iou(one, other) {
	const width = Math.min(one[2], other[2]) - Math.max(one[0], other[0]),
		height = Math.min(one[3], other[3]) - Math.max(one[1], other[1]);
	if (width <= 0 || height <= 0) return 0;
	const [a, b] = [one, other].map(box => (box[2] - box[0]) * (box[3] - box[1]));
	return (width * height) / (a + b - width * height);
}

/** A picture whose pixel p is what another shows at transform(p), clipped; bicubic, and averaged where it becomes smaller. */
export function warp(picture, transform, width, height) {
	const corners = [
		[-0.5, -0.5],
		[-0.5, height - 0.5],
		[width - 0.5, -0.5],
		[width - 0.5, height - 0.5],
	].map(corner => applied(transform, corner));
	const factor = Math.max(1, scaleOf(transform)),
		margin = 4 * factor;
	const [x0, y0] = [0, 1].map(axis => Math.floor(Math.min(...corners.map(corner => corner[axis])) - margin));
	let [x1, y1] = [0, 1].map(axis => Math.ceil(Math.max(...corners.map(corner => corner[axis])) + margin) + 1);
	const across = Math.ceil((x1 - x0) / factor),
		down = Math.ceil((y1 - y0) / factor);
	[x1, y1] = [x0 + Math.ceil(across * factor), y0 + Math.ceil(down * factor)];
	const [a, b, c, d, e, f] = transform;
	return picture.map(one => {
		let source = cut(one, x0, y0, x1, y1);
		if (factor > 1) source = resized(source, across, down, "lanczos", across * factor, down * factor);
		const to = plane(width, height);
		for (let y = 0; y < height; y += 1) {
			for (let x = 0; x < width; x += 1) {
				const u = (a * x + b * y + c + 0.5 - x0) / factor - 0.5,
					v = (d * x + e * y + f + 0.5 - y0) / factor - 0.5;
				to.data[y * width + x] = clip(sampled(source, u, v));
			}
		}
		return to;
	});
}

/** Catmull and Rom's cubic. */
function sampled({ data, width }, u, v) {
	const left = Math.floor(u),
		top = Math.floor(v),
		across = catmull(u - left),
		down = catmull(v - top);
	let sum = 0;
	for (let row = 0; row < 4; row += 1) {
		const start = (top + row - 1) * width + left - 1;
		sum += down[row] * (across[0] * data[start] + across[1] * data[start + 1] + across[2] * data[start + 2] + across[3] * data[start + 3]);
	}
	return sum;
}
const catmull = t => {
	const t2 = t * t,
		t3 = t2 * t;
	return [(2 * t2 - t - t3) / 2, (3 * t3 - 5 * t2 + 2) / 2, (4 * t2 + t - 3 * t3) / 2, (t3 - t2) / 2];
};

/** Three planes: where pixels lie in the frame, from -1 to 1, and how fine they are. */
export function coordinates([a, b, c, d, e, f], width, height) {
	const planes = [plane(width, height), plane(width, height), plane(width, height)];
	const across = 1 / Math.sqrt(Math.abs(a * e - b * d)),
		fine = Math.log2(Math.min(TRAINED[1], Math.max(TRAINED[0], across)) / 32);
	for (let y = 0; y < height; y += 1) {
		for (let x = 0; x < width; x += 1) {
			const n = y * width + x;
			planes[0].data[n] = 2 * (a * x + b * y + c) - 1;
			planes[1].data[n] = 2 * (d * x + e * y + f) - 1;
			planes[2].data[n] = fine;
		}
	}
	return planes;
}
