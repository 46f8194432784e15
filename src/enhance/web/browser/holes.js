// A hole of a photo filled by networks: enhance/tasks/fill (`rest="network"`), its painter.py and faces.py, with their names.
import { detectAt, refineLandmarks } from "./detection.js";
import { luma } from "./defects.js";
import { opened } from "./faces.js";
import { FRAME, applied, faceSize, inverse, similarity, warp } from "./geometry.js";
import { Unreadable, facts } from "./files.js";
import { distances } from "./ink.js";
import { run } from "./networks.js";
import { blurred, clip, cut, plane, resized, rounded, stretched } from "./pixels.js";
import { Random } from "./random.js";
import { isGrey } from "./restoration.js";
import { area, evenly, labelled, sampled } from "./zebras.js";

const PHOTO = "photo_fill",
	FACE = "face_fill",
	MULTIPLE = 16,
	GRID = 4,
	ALIKE = 6,
	NOISE = 8,
	DEPTH = 32,
	TILE = 384,
	RECEPTIVE_FIELD = 64,
	CELL = 64,
	MOST_REGIONS = 40;
const FRAMES = [64, 128],
	LARGEST = 512,
	HIDDEN = 0.01,
	SEEN = 8,
	SMALLEST = 16,
	SEARCHED = 640,
	SURE = 0.6,
	SEAM = 4,
	MIRRORED = 0.9,
	DEEP = 1 / 16,
	WHOLE = 1 / 32,
	THICK = 1 / 4,
	ENLARGEMENT = 4,
	SOLID = 0.72,
	ROUNDNESS = 4,
	MOST_BOXES = 32;
const upTo = (size, multiple) => Math.ceil(size / multiple) * multiple;

/** Fills one picture; mask 1 in the hole, .5 where that holds a draft. */
async function painted(model, rgb, mask, noise, place) {
	const { width, height } = mask,
		wide = upTo(width, MULTIPLE),
		high = upTo(height, MULTIPLE),
		size = wide * high,
		image = new Float32Array(3 * size),
		[across, down] = [wide / GRID, high / GRID];
	rgb.forEach((one, c) => image.set(cut(one, 0, 0, wide, high).data, c * size));
	const given = {
		image: [image, [1, 3, high, wide]],
		mask: [cut(mask, 0, 0, wide, high).data, [1, 1, high, wide]],
		noise: [noise, [1, NOISE, down, across]],
	};
	if (place) given.place = [place, [1, 3, down, across]];
	const [filled] = Object.values(await run(model, given));
	return [0, 1, 2].map(c => cut(plane(wide, high, filled.slice(c * size, (c + 1) * size).map(clip)), 0, 0, width, height));
}

function noiseOf(seed, width, height, ...where) {
	const size = (upTo(width, MULTIPLE) / GRID) * (upTo(height, MULTIPLE) / GRID),
		noise = new Random(seed, ...where).normals(NOISE * size);
	new Random(seed).normals(ALIKE).forEach((value, c) => noise.fill(value, c * size, (c + 1) * size));
	return noise;
}

/** Parts of the photo that can be filled each for itself: boxes [left, top, right, bottom]. */
function regions(hole) {
	const { width, height } = hole,
		columns = Math.ceil(width / CELL),
		rows = Math.ceil(height / CELL),
		cells = plane(columns, rows);
	hole.data.forEach((there, n) => {
		if (there) {
			const x = n % width,
				y = (n - x) / width;
			cells.data[Math.floor(y / CELL) * columns + Math.floor(x / CELL)] = 1;
		}
	});
	const { data, count } = labelled(cells),
		edges = () => [Infinity, Infinity, 0, 0],
		grown = (box, x, y) => {
			box[0] = Math.min(box[0], x);
			box[1] = Math.min(box[1], y);
			box[2] = Math.max(box[2], x + 1);
			box[3] = Math.max(box[3], y + 1);
		};
	const inCells = Array.from({ length: count }, edges),
		boxes = Array.from({ length: count }, edges);
	data.forEach((label, n) => {
		if (label) {
			const x = n % columns;
			grown(inCells[label - 1], x, (n - x) / columns);
		}
	});
	inCells.forEach(([l, t, r, b], k) => {
		for (let y = t * CELL; y < Math.min(height, b * CELL); y += 1)
			for (let x = l * CELL; x < Math.min(width, r * CELL); x += 1) if (hole.data[y * width + x]) grown(boxes[k], x, y);
	});
	const found = boxes.map(([l, t, r, b]) => {
		const more = Math.max(RECEPTIVE_FIELD, (r - l) >> 1, (b - t) >> 1);
		return [Math.max(l - more, 0), Math.max(t - more, 0), Math.min(r + more, width), Math.min(b + more, height)];
	});
	return found.length > MOST_REGIONS ? [[0, 0, width, height]] : united(found);
}

/** Boxes that overlap, as one box around them. */
function united(boxes) {
	const groups = [...boxes];
	for (let n = 0; n < groups.length; n += 1) {
		const m = groups.findIndex(
			(other, k) => k > n && groups[n][0] < other[2] && other[0] < groups[n][2] && groups[n][1] < other[3] && other[1] < groups[n][3],
		);
		if (m < 0) continue;
		const [a, b] = [groups[n], groups[m]];
		groups[n] = [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[2], b[2]), Math.max(a[3], b[3])];
		groups.splice(m, 1);
		n = -1;
	}
	return groups;
}

/** Fills the hole of a picture, coarse to fine; with `draft`, from what it holds at half the resolution. */
async function fillHole(rgb, hole, seed, draft = false) {
	const pyramid = [[rgb, hole]];
	for (let n = draft ? 0 : levels(hole); n; n -= 1) pyramid.push(halved(...pyramid.at(-1)));
	for (let coarse = null; pyramid.length; ) {
		const [picture, there] = pyramid.pop();
		await draw(picture, there, seed, pyramid.length, coarse, draft);
		coarse = picture;
	}
}

function levels(hole) {
	const deepest = distances(hole).reduce((a, b) => Math.max(a, b), 0),
		most = Math.trunc(Math.log2(Math.max(1, Math.min(hole.width, hole.height) / 32)));
	return Math.min(most, Math.max(0, Math.ceil(Math.log2(Math.max(deepest, 1) / DEPTH))));
}

function halved(rgb, hole) {
	const width = Math.ceil(hole.width / 2),
		height = Math.ceil(hole.height / 2),
		there = cut(hole, 0, 0, 2 * width, 2 * height),
		wide = 2 * width,
		four = n => {
			const x = n % width,
				at = ((2 * (n - x)) / width) * wide + 2 * x;
			return [at, at + wide, at + 1, at + wide + 1];
		};
	const share = new Float32Array(width * height).map((_, n) => four(n).reduce((sum, k) => sum + 1 - there.data[k], 0));
	const small = rgb.map(one => {
		const { data } = cut(one, 0, 0, wide, 2 * height);
		return plane(
			width,
			height,
			share.map((known, n) => four(n).reduce((sum, k) => sum + data[k] * (1 - there.data[k]), 0) / Math.max(known, 1)),
		);
	});
	return [
		small,
		plane(
			width,
			height,
			share.map(known => Number(known < 2)),
		),
	];
}

const doubled = rgb => rgb.map(one => stretched(one, 2 * one.width, 2 * one.height));

function spans(length, size) {
	return Array.from({ length: Math.ceil(length / size) }, (_, n) => ({
		start: n * size,
		stop: Math.min((n + 1) * size, length),
		before: Math.max(n * size - RECEPTIVE_FIELD, 0),
		after: Math.min((n + 1) * size + RECEPTIVE_FIELD, length),
	}));
}

/** Fills a picture tile by tile; each sees what the one before has drawn. */
async function draw(rgb, hole, seed, level, coarse, draft) {
	const { width, height } = hole,
		left = plane(width, height, hole.data.slice()),
		size = n => (n <= TILE + 2 * RECEPTIVE_FIELD ? n : TILE),
		empty = coarse || draft ? 0.5 : 1;
	for (const row of spans(height, size(height))) {
		for (const column of spans(width, size(width))) {
			if (!cut(left, column.start, row.start, column.stop, row.stop).data.some(Boolean)) continue;
			const window = [column.before, row.before, column.after, row.after],
				there = cut(left, ...window);
			let picture = rgb.map(one => cut(one, ...window));
			if (coarse) {
				const enlarged = doubled(
					coarse.map(one => cut(one, column.before >> 1, row.before >> 1, Math.ceil(column.after / 2), Math.ceil(row.after / 2))),
				).map(one => cut(one, 0, 0, there.width, there.height));
				picture = picture.map((one, c) =>
					plane(
						there.width,
						there.height,
						one.data.map((value, n) => (there.data[n] ? enlarged[c].data[n] : value)),
					),
				);
			}
			const drawn = await painted(
				PHOTO,
				picture,
				plane(
					there.width,
					there.height,
					there.data.map(value => value * empty),
				),
				noiseOf(seed, there.width, there.height, 1 + level, row.start, column.start),
			);
			for (let y = row.start; y < row.stop; y += 1) {
				for (let x = column.start; x < column.stop; x += 1) {
					const n = y * width + x,
						at = (y - row.before) * there.width + x - column.before;
					if (!left.data[n]) continue;
					for (let c = 0; c < 3; c += 1) rgb[c].data[n] = drawn[c].data[at];
					left.data[n] = 0;
				}
			}
		}
	}
}

/** Faces of a picture whose hole is filled already. */
async function found(rgb, hole) {
	const { width, height } = hole,
		ratio = Math.min(ENLARGEMENT, SEARCHED / Math.max(width, height)),
		across = Math.max(1, rounded(width * ratio)),
		down = Math.max(1, rounded(height * ratio));
	const searched = ratio < 1 ? rgb.map(one => resized(one, across, down)) : rgb,
		[rx, ry] = [width / searched[0].width, height / searched[0].height],
		faces = [];
	for (const face of await detectAt(searched, Math.max(ratio, 1), SURE)) {
		const { landmarks } = await refineLandmarks(searched, face);
		faces.push(
			trusted(
				landmarks.map(([x, y]) => [(x + 0.5) * rx - 0.5, (y + 0.5) * ry - 0.5]),
				hole,
			),
		);
	}
	return faces;
}

/** Landmarks of a whole face that agrees with those that are seen more than with those in the hole. */
function trusted(landmarks, hole) {
	const inside = (n, size) => Math.min(size - 1, Math.max(0, rounded(n))),
		counts = landmarks.map(([x, y]) => (hole.data[inside(y, hole.height) * hole.width + inside(x, hole.width)] ? 1 : SEEN));
	if (new Set(counts).size === 1) return landmarks;
	const repeated = points => points.flatMap((point, n) => Array.from({ length: counts[n] }, () => point));
	const toPhoto = similarity(repeated(FRAME), repeated(landmarks));
	return FRAME.map(point => applied(toPhoto, point));
}

/** Draws a face into the hole of a picture; null if the hole does not touch it. */
async function drawFace(rgb, hole, landmarks, seed) {
	const native = faceSize(landmarks);
	if (native < SMALLEST) return null;
	const side = Math.min(LARGEST, Math.max(FRAMES[0], 64 * rounded(native / 64))),
		framed = points =>
			similarity(
				points,
				FRAME.map(point => point.map(at => at * side - 0.5)),
			);
	const back = inverse(framed(landmarks)),
		corners = [
			[-0.5, -0.5],
			[-0.5, side - 0.5],
			[side - 0.5, -0.5],
			[side - 0.5, side - 0.5],
		].map(corner => applied(back, corner));
	const [xs, ys] = [0, 1].map(axis => corners.map(corner => corner[axis])),
		box = [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
	const more = SEAM + rounded(native / 8),
		left = Math.max(Math.trunc(box[0]) - more, 0),
		top = Math.max(Math.trunc(box[1]) - more, 0);
	const right = Math.min(hole.width, Math.max(Math.trunc(box[2]) + more, 0)),
		bottom = Math.min(hole.height, Math.max(Math.trunc(box[3]) + more, 0));
	if (right <= left || bottom <= top) return null;
	const part = cut(hole, left, top, right, bottom),
		photo = rgb.map(one => cut(one, left, top, right, bottom));
	if (!part.data.some(Boolean)) return null;
	const toFrame = framed(landmarks.map(([x, y]) => [x - left, y - top])),
		fromFrame = inverse(toFrame),
		[hidden] = warp([part], fromFrame, side, side),
		inside = hidden.data.map(value => Number(value > 0.02));
	const share = inside.reduce((a, b) => a + b, 0) / inside.length;
	if (share < HIDDEN) return null;
	for (let n = 0; n < inside.length; n += 1) {
		// beyond the photo nothing is known either
		const [x, y] = applied(fromFrame, [n % side, Math.floor(n / side)]);
		if (x + left < -0.5 || y + top < -0.5 || x + left > hole.width - 0.5 || y + top > hole.height - 0.5) inside[n] = 1;
	}
	const made = await complete(warp(photo, fromFrame, side, side), plane(side, side, inside), rounded(native), seed);
	lay(rgb, part, photo, made, toFrame, left, top);
	return { box: box.map(edge => Math.round(10 * edge) / 10), pixels_across: rounded(native) };
}

function square(one, side) {
	if (one.width === side) return one;
	const to = side < one.width ? area(one, side, side) : sampled(one, evenly(side, one.width / side), evenly(side, one.width / side), true);
	return plane(side, side, to.data.map(clip));
}

/** A face in its frame with the hole filled. */
async function complete(frame, hole, size, seed) {
	const there = side => {
		const small = square(hole, side);
		return plane(
			side,
			side,
			small.data.map(value => Number(value > 0.02)),
		);
	};
	let side = FRAMES.find(n => size <= 1.25 * n) ?? FRAMES.at(-1);
	const squares = side / GRID,
		place = new Float32Array(3 * squares * squares),
		at = n => ((n + 0.5) / squares) * 2 - 1;
	for (let n = 0; n < squares * squares; n += 1) {
		place[n] = at(n % squares);
		place[squares * squares + n] = at(Math.floor(n / squares));
		place[2 * squares * squares + n] = Math.log2(side / 128);
	}
	let drawn = await painted(
		FACE,
		frame.map(one => square(one, side)),
		there(side),
		noiseOf(seed, side, side, 0),
		place,
	);
	while (side < Math.min(frame[0].width, LARGEST)) {
		side *= 2;
		const here = there(side),
			larger = doubled(drawn),
			finer = frame.map((one, c) => {
				const known = square(one, side);
				return plane(
					side,
					side,
					known.data.map((value, n) => (here.data[n] ? larger[c].data[n] : value)),
				);
			});
		await fillHole(finer, here, seed, true);
		drawn = finer;
	}
	return likeOtherHalf(
		drawn.map(one => square(one, frame[0].width)),
		frame,
		hole,
	);
}

/** A face whose hole is drawn after its mirror image, where that is seen. */
function likeOtherHalf(drawn, frame, hole) {
	const { width, height } = hole,
		mirrored = n => n - (n % width) + width - 1 - (n % width),
		seen = hole.data.map((_, n) => 1 - hole.data[mirrored(n)]),
		depth = distances(hole),
		fromUnseen = distances(plane(width, height, seen)),
		share = MIRRORED * clip(depth.reduce((a, b) => Math.max(a, b)) / (THICK * width));
	return drawn.map((one, c) =>
		plane(
			width,
			height,
			one.data.map((value, n) => {
				const weight = share * clip(depth[n] / (DEEP * width)) * clip(fromUnseen[n] / (WHOLE * width));
				return value + weight * (frame[c].data[mirrored(n)] - value);
			}),
		),
	);
}

/** Puts a face drawn in its frame into the hole, softly where the frame ends within it, in the colours around it. */
function lay(rgb, part, photo, made, toFrame, left, top) {
	const { width, height } = part,
		side = made[0].width,
		drawn = warp(made, toFrame, width, height),
		outside = plane(
			width,
			height,
			part.data.map(value => 1 - value),
		),
		depth = distances(part),
		known = blurred(outside, SEAM / 2);
	drawn.forEach((one, c) => {
		const spread = blurred(
			plane(
				width,
				height,
				one.data.map((value, n) => (photo[c].data[n] - value) * outside.data[n]),
			),
			SEAM / 2,
		);
		for (let n = 0; n < one.data.length; n += 1) {
			if (!part.data[n]) continue;
			const x = n % width,
				y = (n - x) / width,
				[u, v] = applied(toFrame, [x, y]).map(at => (2 * (at + 0.5)) / side - 1),
				t = clip((1 - (u ** ROUNDNESS + v ** ROUNDNESS) ** (1 / ROUNDNESS)) / (1 - SOLID));
			const matched = clip(one.data[n] + (clip(1 - depth[n] / SEAM) * spread.data[n]) / Math.max(known.data[n], 1e-3)),
				target = (top + y) * rgb[c].width + left + x;
			rgb[c].data[target] += t * t * (3 - 2 * t) * (matched - rgb[c].data[target]);
		}
	});
}

/** A photo {photo, mask} whose hole is filled, once or several times. */
export async function fill({ photo, mask }, { seed = 0, n = 1 }, progress) {
	const rgb = await opened(photo),
		marked = await opened(mask),
		[{ width, height }] = rgb,
		answers = [];
	if (marked[0].width !== width || marked[0].height !== height)
		throw Object.assign(new Unreadable("the mask must have a pixel for each of the photo's"), { code: "bad_mask" });
	const hole = plane(
			width,
			height,
			luma(marked).data.map(value => Number(value > 0.5)),
		),
		pixels = hole.data.reduce((a, b) => a + b, 0);
	if (!pixels || pixels === hole.data.length)
		throw Object.assign(
			new Unreadable(pixels ? "all of the photo is to be filled; leave some of it" : "there is no hole; paint over what should go"),
			{ code: "bad_mask" },
		);
	const grey = isGrey(rgb, hole.data),
		boxes = regions(hole);
	let faces = [];
	for (let k = 0; k < Number(n); k += 1) {
		const made = rgb.map(one => plane(width, height, one.data.slice())),
			completed = [];
		for (const [left, top, right, bottom] of boxes) {
			const part = made.map(one => cut(one, left, top, right, bottom)),
				there = cut(hole, left, top, right, bottom);
			await fillHole(part, there, Number(seed) + k);
			for (const landmarks of await found(part, there)) {
				const one = await drawFace(part, there, landmarks, Number(seed) + k);
				if (one) completed.push({ ...one, box: one.box.map((edge, side) => edge + (side % 2 ? top : left)) });
			}
			const bright = grey && luma(part);
			there.data.forEach((inside, m) => {
				if (!inside) return;
				const x = m % there.width,
					at = (top + (m - x) / there.width) * width + left + x;
				part.forEach((one, c) => {
					made[c].data[at] = (bright || one).data[m];
				});
			});
		}
		if (!k) faces = completed;
		answers.push({ seed: Number(seed) + k, planes: made });
		progress((k + 1) / Number(n));
	}
	const names = [...(faces.length ? [FACE] : []), PHOTO],
		{ networks } = await facts(),
		told = `${pixels.toLocaleString("en")} pixels (${((100 * pixels) / hole.data.length).toFixed(1)} %) are invented`;
	return {
		facts: {
			width,
			height,
			model: names.join(" + "),
			seed: Number(seed),
			hole_pixels: pixels,
			faces,
			notes: ["drawn by networks alone; the program itself copies patches from elsewhere in the photo, too"],
			sentence: `${told}${faces.length ? `, ${faces.length} face${faces.length === 1 ? "" : "s"} completed` : ""}; every other pixel is as it was`,
		},
		mask: hole,
		answers,
		said: { MODEL: names.join(" + "), DIGITS: names.map(name => networks[name].digits).join(" + "), BOXES: parts(hole) },
	};
}

/** The boxes of the parts of a hole, as text, the largest first. */
function parts(hole) {
	const { data, count } = labelled(hole),
		found = Array.from({ length: count }, () => ({ size: 0, box: [Infinity, Infinity, 0, 0] }));
	data.forEach((label, n) => {
		if (!label) return;
		const one = found[label - 1],
			x = n % hole.width,
			y = (n - x) / hole.width;
		one.size += 1;
		one.box = [Math.min(one.box[0], x), Math.min(one.box[1], y), Math.max(one.box[2], x + 1), Math.max(one.box[3], y + 1)];
	});
	return found
		.sort((a, b) => b.size - a.size)
		.slice(0, MOST_BOXES)
		.map(({ box }) => box.join(" "));
}
