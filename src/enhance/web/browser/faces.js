// A photo is enlarged, and every small face in it redrawn: enhance/tasks/upscale, faces/crops.py and drawing.py, painting/, with
// their names. Pictures are three planes in [0,1].
import { blurred, drawnShare, effectiveReduction, luma } from "./defects.js";
import { detect, moved, rejection } from "./detection.js";
import { FRAME, applied, coordinates, enlarged, faceSize, inverse, scaleOf, shifted, similarity, warp } from "./geometry.js";
import { Unreadable, facts } from "./files.js";
import { load, run } from "./networks.js";
import { areaMean, clip, cut, eightBit, plane, planesOf, resized, rounded, turned } from "./pixels.js";
import { Random } from "./random.js";
import { RESTORER, isGrey, measure, restore } from "./restoration.js";

const SCALE = 4,
	MAX_FACE_SIZE = 96,
	SOLID = 0.72,
	ROUNDNESS = 4,
	PATCHES = 6,
	REFINEMENT = 1.5,
	GOAL = 51,
	MAX_PASSES = 8,
	TILE = 512,
	RECEPTIVE_FIELD = 42,
	SAMPLES = 8,
	VISIBLE = 16 / 255;
const FACE_MODEL = "face_x4_gan",
	RESTORATION_MODEL = "face_x4_grainy",
	BACKGROUND_MODEL = "photo_x4_pixel",
	TOO_LARGE = "too large to need redrawing";
export const LINEUP_MODEL = "face_x4_lineup";
const RESTORATION_LINEUP_MODEL = "face_x4_grainy_lineup";
const looked = new Map(); // by what a file holds: its faces
let last = {}; // the part of a file that was measured last, and what is wrong with it

/** A file as a picture of the browser. */
async function shown(file) {
	try {
		return await createImageBitmap(file);
	} catch {
		throw new Unreadable("this cannot be read as a photo; give a JPEG, PNG or WebP");
	}
}

/** A picture, or a part of it, as three planes. */
function planesIn(bitmap, [left, top, right, bottom] = [0, 0, bitmap.width, bitmap.height]) {
	const canvas = new OffscreenCanvas(right - left, bottom - top),
		pen = canvas.getContext("2d", { willReadFrequently: true });
	pen.drawImage(bitmap, -left, -top);
	return planesOf(pen.getImageData(0, 0, canvas.width, canvas.height)).slice(0, 3);
}

/** A file as three planes. */
export const opened = async file => planesIn(await shown(file));

/** The faces of a photo, each with what it is drawn from, or the reason why it is left alone. */
async function findFaces(rgb, progress) {
	const found = [];
	for (const face of await detect(rgb, progress)) {
		const across = faceSize(face.landmarks),
			small = across <= MAX_FACE_SIZE,
			reduction = small ? 1 : effectiveReduction(rgb, face.landmarks);
		const drawable = across / reduction <= MAX_FACE_SIZE,
			rejected = drawable ? await rejection(rgb, face.landmarks) : null;
		if (rejected && face.doubtful) continue;
		const reason = drawable ? rejected : TOO_LARGE,
			size = reason ? rounded(across) : Math.max(rounded(across / reduction), 1);
		const share = !reason && reduction > 1 ? drawnShare(rgb, face.landmarks) : 1;
		found.push({ face, size, reduction, reason, share, number: found.length + 1 });
	}
	return found;
}

async function known(file, bitmap, progress) {
	const digits = await digest(file);
	if (!looked.has(digits)) {
		if (looked.size > 31) looked.delete(looked.keys().next().value);
		looked.set(digits, await findFaces(planesIn(bitmap), progress));
	}
	return looked.get(digits);
}

/** Tells files from each other: not for secrets (FNV-1a). */
export async function digest(file) {
	let hash = 0x811c9dc5;
	for (const byte of new Uint8Array(await file.arrayBuffer())) hash = Math.imul(hash ^ byte, 0x01000193);
	return `${file.size} ${hash}`;
}

const told = ({ face, size, reason, number }) => ({
	number,
	box: face.box.map(edge => Math.round(10 * edge) / 10),
	pixels_across: size,
	redrawn: !reason,
	reason,
});

/** Where the faces of a photo are. */
export async function look(file, options, progress) {
	const bitmap = await shown(file);
	return { facts: { width: bitmap.width, height: bitmap.height, faces: (await known(file, bitmap, progress)).map(told) }, answers: [] };
}

/** All that the frame of a face covers, and a little around it. */
function cropOf(rgb, landmarks, size, reduction) {
	const toFrame = similarity(landmarks, FRAME),
		back = inverse(toFrame),
		corners = [
			[0, 0],
			[0, 1],
			[1, 0],
			[1, 1],
		].map(corner => applied(back, corner));
	const extent = Math.max(...[0, 1].map(axis => Math.max(...corners.map(one => one[axis])) - Math.min(...corners.map(one => one[axis]))));
	const multiple = 4 * reduction,
		side = Math.ceil(extent / multiple) * multiple,
		[left, top] = [0, 1].map(axis => Math.floor(corners.reduce((sum, one) => sum + one[axis], 0) / 4 - side / 2 + 1));
	return {
		lr: rgb.map(one => cut(one, left, top, left + side, top + side)),
		left,
		top,
		side,
		toFrame: shifted(toFrame, left, top),
		size,
		reduction,
	};
}

const reduced = crop =>
	crop.reduction === 1
		? crop
		: {
				...crop,
				lr: crop.lr.map(one => areaMean(one, crop.reduction)),
				side: crop.side / crop.reduction,
				toFrame: enlarged(crop.toFrame, 1 / crop.reduction),
				reduction: 1,
			};

/** Faces as a network draws them, four times larger; those of one size together, since 8 bits are shared within a run. `shared`:
 * numbers in the place of the noise that is one for the whole face. */
export async function draw(model, crops, seed, shared = []) {
	const small = crops.map(reduced),
		{ refined_below: below, multiple } = (await facts()).networks[model],
		drawn = await drawOnce(model, small, seed, shared);
	for (const [n, crop] of small.entries()) {
		if (crop.size < below) drawn[n] = await refined(model, crop, drawn[n], seed, shared, multiple);
		drawn[n] = withoutColours(sized(drawn[n], SCALE * crops[n].side), crops[n].lr);
	}
	return drawn;
}

/** What was drawn of a small crop, drawn once more from more pixels of itself. */
async function refined(model, crop, drawn, seed, shared, multiple) {
	const side = Math.max(Math.floor((REFINEMENT * crop.side) / multiple) * multiple, crop.side),
		times = side / crop.side;
	const larger = { ...crop, lr: sized(drawn, side, "box"), side, toFrame: enlarged(crop.toFrame, times), size: rounded(times * crop.size) };
	const [again] = await drawOnce(model, [larger], seed, shared);
	return backProjected(sized(again, SCALE * crop.side), crop.lr);
}

/** The same for crops that are not reduced, each drawn once. */
async function drawOnce(model, small, seed, shared) {
	const drawn = [],
		said = (await facts()).networks[model];
	for (const side of new Set(small.map(crop => crop.side))) {
		const members = [...small.keys()].filter(n => small[n].side === side),
			count = members.length,
			padded = Math.ceil(side / said.multiple) * said.multiple;
		const lr = [],
			places = [],
			noises = [],
			turns = members.map(n => quarterTurns(small[n].toFrame));
		for (const [k, n] of members.entries()) {
			const place = coordinates(small[n].toFrame, side, side).map(one => turned(one, turns[k]));
			lr.push(...small[n].lr.map(one => turned(one, turns[k])));
			const factors = seed ? [said.noise_scale] : [said.noise_scale, said.truncation],
				much = factors.reduce((product, one) => product * between(one, place[2].data[0]), 1);
			const noise = faceNoise(place, said.noise, said.mirrored, small[n].size, seed, much);
			shared.forEach((value, c) => noise[said.noise - shared.length + c].data.fill(value / side));
			noises.push(...noise);
			places.push(...place);
		}
		const wide = (planes, edge) =>
			joined(planes.map(one => (padded === side ? one : edge ? cut(one, 0, 0, padded, padded) : blank(one, padded))));
		const { hr } = await run(model, {
			lr: [wide(lr, true), [count, 3, padded, padded]],
			noise: [wide(noises, false), [count, said.noise, padded, padded]],
			place: [wide(places, true), [count, 3, padded, padded]],
		});
		const large = SCALE * padded,
			own = SCALE * side;
		for (const [k, n] of members.entries()) {
			let planes = [0, 1, 2].map(c =>
				plane(large, large, hr.slice((3 * k + c) * large * large, (3 * k + c + 1) * large * large).map(clip)),
			);
			if (padded !== side) planes = planes.map(one => cut(one, 0, 0, own, own));
			drawn[n] = planes.map(one => turned(one, (4 - turns[k]) % 4));
		}
	}
	return drawn;
}

/** A square picture at another size. */
function sized(planes, side, kind = "bicubic") {
	if (planes[0].width === side) return planes;
	return planes.map(one => plane(side, side, resized(one, side, side, kind).data.map(clip)));
}
const quarterTurns = ([a, , , d]) => ((rounded((Math.atan2(-d, a) * 2) / Math.PI) % 4) + 4) % 4;
function joined(planes) {
	const all = new Float32Array(planes.reduce((sum, { data }) => sum + data.length, 0));
	let at = 0;
	for (const { data } of planes) {
		all.set(data, at);
		at += data.length;
	}
	return all;
}
function blank(from, side) {
	const to = plane(side, side);
	for (let y = 0; y < from.height; y += 1) to.data.set(from.data.subarray(y * from.width, (y + 1) * from.width), y * side);
	return to;
}
/** The factor for a fineness, between those for 16, 32, 64, ... pixels. */
function between(factors, fineness) {
	const at = Math.min(factors.length - 1, Math.max(0, fineness + 1)),
		low = Math.floor(at);
	return factors[low] + (at - low) * ((factors[low + 1] ?? factors[low]) - factors[low]);
}

/** Noise that is fixed to the face frame; the first `mirrored` channels are their own mirror image. */
function faceNoise([across, down], channels, mirrored, size, seed, factor) {
	const side = 2 * size,
		field = new Random(seed).normals(channels * side * side),
		inside = value => Math.min(side - 1, Math.max(0, Math.floor(((value + 2) / 2) * size)));
	return Array.from({ length: channels }, (_, c) =>
		plane(
			across.width,
			across.height,
			across.data.map((x, n) => {
				const row = (c * side + inside(down.data[n])) * side,
					column = inside(x),
					here = field[row + column];
				return factor * (c < mirrored ? (here + field[row + side - 1 - column]) * Math.SQRT1_2 : here);
			}),
		),
	);
}

/** How much of a drawn face is pasted at a place of its frame. */
function mask(x, y) {
	const t = clip((1 - (x ** ROUNDNESS + y ** ROUNDNESS) ** (1 / ROUNDNESS)) / (1 - SOLID));
	return t * t * (3 - 2 * t);
}

/** Pastes what was drawn of a crop over an enlarged photo, in the colours that are there. */
function paste(hr, crop, drawn, share) {
	const [{ width, height }] = hr,
		s = SCALE;
	const left = Math.max(0, s * crop.left),
		top = Math.max(0, s * crop.top),
		right = Math.min(width, s * (crop.left + crop.side)),
		bottom = Math.min(height, s * (crop.top + crop.side));
	if (right <= left || bottom <= top) return;
	const toFrame = enlarged(shifted(crop.toFrame, left / s - crop.left, top / s - crop.top), s),
		[a, , , d] = toFrame,
		[x, y] = coordinates(toFrame, right - left, bottom - top);
	const inside = plane(
		right - left,
		bottom - top,
		x.data.map((at, n) => Number(Math.max(Math.abs(at), Math.abs(y.data[n])) < 1)),
	);
	const frame = (Math.abs(a) + Math.abs(d)) / scaleOf(toFrame) ** 2,
		[across, down] = [inside.width, inside.height].map(side => Math.max(1, rounded((PATCHES * side) / frame)));
	const smooth = one => resized(resized(one, across, down, "bilinear"), inside.width, inside.height, "bilinear"),
		weight = smooth(inside);
	hr.forEach((one, c) => {
		const there = cut(one, left, top, right, bottom),
			face = cut(drawn[c], left - s * crop.left, top - s * crop.top, right - s * crop.left, bottom - s * crop.top);
		const other = smooth(
			plane(
				inside.width,
				inside.height,
				inside.data.map((known, n) => known * (there.data[n] - face.data[n])),
			),
		);
		for (let n = 0; n < inside.data.length; n += 1) {
			const much = share * mask(x.data[n], y.data[n]);
			if (!much) continue;
			const column = n % inside.width,
				at = (top + (n - column) / inside.width) * width + left + column;
			one.data[at] += much * (clip(face.data[n] + other.data[n] / Math.max(weight.data[n], 1e-3)) - one.data[at]);
		}
	});
}

/** The photo enlarged before any face is drawn, tile by tile; `drawn(share)` hears how far it is. */
async function background(rgb, model, drawn) {
	const [{ width, height }] = rgb,
		hr = rgb.map(() => plane(SCALE * width, SCALE * height)),
		margin = model ? RECEPTIVE_FIELD : 2;
	for (let top = 0; top < height; top += TILE) {
		for (let left = 0; left < width; left += TILE) {
			const x0 = Math.floor(Math.max(left - margin, 0) / 2) * 2,
				y0 = Math.floor(Math.max(top - margin, 0) / 2) * 2;
			const right = Math.min(left + TILE, width),
				bottom = Math.min(top + TILE, height),
				x1 = Math.min(right + margin, width),
				y1 = Math.min(bottom + margin, height);
			const lr = rgb.map(one => cut(one, x0, y0, x1, y1)),
				large = model ? await enlargement(model, lr) : lr.map(one => resized(one, SCALE * one.width, SCALE * one.height));
			large.forEach((one, c) => {
				for (let y = SCALE * top; y < SCALE * bottom; y += 1) {
					const from = (y - SCALE * y0) * one.width + SCALE * (left - x0),
						row = one.data.subarray(from, from + SCALE * (right - left));
					hr[c].data.set(model ? row : row.map(clip), y * hr[c].width + SCALE * left);
				}
			});
			drawn((top * width + (bottom - top) * right) / (width * height));
		}
	}
	return hr;
}

async function enlargement(model, lr) {
	const { multiple } = (await facts()).networks[model],
		[{ width, height }] = lr,
		[wide, high] = [width, height].map(side => Math.ceil(side / multiple) * multiple);
	const { hr } = await run(model, { lr: [joined(lr.map(one => cut(one, 0, 0, wide, high))), [1, 3, high, wide]] }),
		size = SCALE * SCALE * wide * high;
	return [0, 1, 2].map(c => plane(SCALE * wide, SCALE * high, hr.slice(c * size, (c + 1) * size).map(clip)));
}

const error = (hr, lr) =>
	hr.reduce((sum, one, c) => {
		const small = areaMean(one, SCALE);
		return sum + small.data.reduce((a, value, n) => a + (value - lr[c].data[n]) ** 2, 0);
	}, 0) /
	(3 * lr[0].data.length);

/** Adds what the photo has and the enlargement, made small, has not, until both agree (Irani and Peleg, 1991). */
export function backProjected(hr, lr) {
	for (let pass = 0; pass < MAX_PASSES && error(hr, lr) > 10 ** (-GOAL / 10); pass += 1) {
		hr = hr.map((one, c) => {
			const small = areaMean(one, SCALE),
				missing = resized(
					plane(
						small.width,
						small.height,
						small.data.map((value, n) => lr[c].data[n] - value),
					),
					one.width,
					one.height,
				);
			return plane(
				one.width,
				one.height,
				one.data.map((value, n) => clip(value + missing.data[n])),
			);
		});
	}
	return hr;
}

/** What was drawn on a photo without colours has none, either. */
const withoutColours = (hr, lr) => (isGrey(lr) ? Array(3).fill(luma(hr)) : hr);

/** A photo, or a box of it, four times larger. */
export async function enhance(file, { model: asked = "auto", seed = 0, box }, progress) {
	const bitmap = await shown(file),
		part = box?.split(",").map(Number) ?? [0, 0, bitmap.width, bitmap.height],
		rgb = planesIn(bitmap, part),
		own = Number(seed),
		notes = [];
	if (asked === "bicubic") {
		const hr = withoutColours(await background(rgb, null, progress), rgb);
		return answer(rgb, hr, { model: "bicubic", seed: own, faces: [], notes, drawn: [] });
	}
	const found = await within(file, bitmap, part, rgb),
		defects = await measured(file, part, rgb);
	loadEarly(asked, rgb, found, defects);
	const restored = await restore(rgb, defects),
		clean = restored === rgb ? rgb : restored.map(eightBit),
		wrong = defects.amount === 1 ? defects.words : null;
	const jobs = found
		.filter(one => !one.reason)
		.map(one => ({ ...one, crop: cropOf(restored, one.face.landmarks, one.size, one.reduction) }));
	const model = faceModel(
		asked,
		jobs.map(({ crop }) => crop),
		wrong,
	);
	if (asked === "auto" && !wrong && model === RESTORATION_MODEL) notes.push(`blurred faces: drawn by ${RESTORATION_MODEL}`);
	if (!found.length) notes.push("no face found");
	for (const reason of [...new Set(found.map(one => one.reason).filter(one => one && one !== TOO_LARGE))].sort())
		notes.push(`${found.filter(one => one.reason === reason).length} of ${found.length} faces left alone: ${reason}`);
	const large = found.filter(one => one.reason === TOO_LARGE).length;
	if (large) notes.push(`${large} of ${found.length} faces are ${TOO_LARGE}`);
	if (wrong) notes.push(`${wrong}: not held to every pixel of the input`);
	let hr = await background(clean, BACKGROUND_MODEL, share => progress(0.6 * share)); // first: what draws faces may be on its way
	const drawn = jobs.length
		? await draw(
				model,
				jobs.map(({ crop }) => crop),
				own,
			)
		: [];
	progress(0.9);
	for (const n of [...jobs.keys()].sort((a, b) => faceSize(jobs[a].face.landmarks) - faceSize(jobs[b].face.landmarks)))
		paste(hr, jobs[n].crop, drawn[n], jobs[n].share);
	hr = withoutColours(hr, clean);
	if (!wrong && jobs.every(({ reduction }) => reduction === 1)) hr = backProjected(hr, clean);
	const rest = [BACKGROUND_MODEL, ...(defects.amount ? [RESTORER] : [])];
	return answer(rgb, hr, { model, seed: own, faces: found.map(told), notes, drawn: jobs.map(({ face }) => face.box), rest });
}

/** Fetches what will draw a part of a photo, while the visitor looks at it: it depends on the photo. */
export async function prepare(file, { box }) {
	const bitmap = await shown(file),
		part = box.split(",").map(Number),
		rgb = planesIn(bitmap, part);
	loadEarly("auto", rgb, await within(file, bitmap, part, rgb), await measured(file, part, rgb));
	return { facts: {}, answers: [] };
}

async function measured(file, part, rgb) {
	const key = `${await digest(file)} ${part}`;
	if (last.key !== key) last = { key, defects: await measure(rgb) };
	return last.defects;
}

/** Begins to fetch the networks for a part of a photo; of one that is restored by halves, what draws its faces is only known then. */
function loadEarly(asked, rgb, found, defects) {
	if (defects.amount) load(RESTORER);
	const drawn = found.filter(one => !one.reason);
	if (!drawn.length || (asked === "auto" && defects.amount > 0 && defects.amount < 1)) return;
	const crops = drawn.map(one => cropOf(rgb, one.face.landmarks, one.size, one.reduction));
	load(faceModel(asked, crops, defects.amount === 1));
}

/** The network that suits the faces of a photo, where none was asked for. */
function faceModel(asked, crops, wrong) {
	if (asked !== "auto") return asked;
	const soft = crops.map(reduced).filter(crop => blurred(crop.lr, crop.size)).length;
	return wrong || 2 * soft > crops.length ? RESTORATION_MODEL : FACE_MODEL;
}

/** How far each pixel of drawn faces may be wrong: enhance/honesty/uncertainty.py and report.py. Nobody counts people here. */
export async function map(file, { model: asked = "auto", seed = 0, box, face = 0 }, progress) {
	const bitmap = await shown(file),
		part = box?.split(",").map(Number) ?? [0, 0, bitmap.width, bitmap.height],
		rgb = planesIn(bitmap, part),
		[{ width, height }] = rgb,
		drawn = (await within(file, bitmap, part, rgb)).filter(({ reason, number }) => !reason && (!Number(face) || number === Number(face))),
		defects = await measure(rgb),
		restored = await restore(rgb, defects),
		crops = drawn.map(one => cropOf(restored, one.face.landmarks, one.size, one.reduction)),
		model = faceModel(asked, crops, defects.amount === 1),
		{ constants } = (await facts()).networks[model],
		band = plane(SCALE * width, SCALE * height),
		told = [];
	for (const [n, one] of drawn.entries()) {
		const crop = crops[n],
			samples = [];
		for (let k = 0; constants && k < SAMPLES; k += 1) {
			const given = k ? await version({ crop, bad: model === RESTORATION_MODEL }, Number(seed) + k) : crop,
				[made] = await draw(k && [FACE_MODEL, RESTORATION_MODEL].includes(model) ? LINEUP_MODEL : model, [given], Number(seed) + k);
			samples.push(backProjected(made, given.lr).map(eightBit));
			progress((n + (k + 1) / SAMPLES) / drawn.length);
		}
		const edges = one.face.box.map((edge, side) => Math.round(edge + part[side % 2])),
			share = constants && invented(samples, crop, constants, one.size, band);
		told.push({ number: one.number, box: edges, pixels_across: one.size, made_up: share ?? null });
	}
	const size = band.data.length,
		strong = band.data.map(value => clip(value / (3 * VISIBLE))),
		colours = [() => 1, value => (210 * (1 - value)) / 255, () => 60 / 255, value => value].map(of =>
			plane(band.width, band.height, strong.map(of)),
		);
	return {
		facts: {
			measured: Boolean(constants && size),
			faces: told,
			sentences: told.map(
				({ box: [left, top, right, bottom], pixels_across, made_up: share }, n) =>
					`face ${n + 1} at ${left},${top} to ${right},${bottom}, drawn from ${pixels_across} pixels across; ` +
					(share === null
						? "how much was made up is unknown: this model was never calibrated"
						: `${rounded(100 * share)} % of it was made up (may be off by more than 16 of 255 grey levels)`),
			),
		},
		answers: [{ seed: Number(seed), planes: colours }],
		said: null,
	};
}

/** Which share of a face is made up; the half widths of its band are laid into that of the photo. */
function invented(samples, crop, constants, size, band) {
	const sizes = Object.keys(constants).map(Number),
		fitting = sizes.filter(known => known <= size),
		{ spread, added, floor, factor } = constants[fitting.length ? Math.max(...fitting) : Math.min(...sizes)],
		smooth = crop.lr.map(one => resized(one, SCALE * one.width, SCALE * one.height)),
		[{ width, height, data }] = smooth,
		worst = of =>
			around(
				plane(
					width,
					height,
					data.map((_, n) => Math.max(of(0, n), of(1, n), of(2, n))),
				),
			);
	const differ = worst((c, n) => {
			let [sum, squares] = [0, 0];
			for (const one of samples) {
				sum += one[c].data[n];
				squares += one[c].data[n] ** 2;
			}
			return Math.sqrt(Math.max(0, squares - sum ** 2 / SAMPLES) / (SAMPLES - 1));
		}),
		more = worst((c, n) => Math.abs(samples[0][c].data[n] - clip(smooth[c].data[n]))),
		[x, y] = coordinates(enlarged(crop.toFrame, SCALE), width, height);
	let [all, wide] = [0, 0];
	for (let n = 0; n < data.length; n += 1) {
		const much = mask(x.data[n], y.data[n]),
			half = Math.min(1, factor * Math.sqrt(spread * differ[n] + added * more[n] + floor)),
			column = SCALE * crop.left + (n % width),
			row = SCALE * crop.top + Math.floor(n / width);
		all += much;
		if (half > VISIBLE) wide += much;
		if (column < 0 || row < 0 || column >= band.width || row >= band.height) continue;
		const at = row * band.width + column;
		band.data[at] = Math.max(band.data[at], half * much);
	}
	return wide / all;
}

/** Means of squares over the five by five pixels about each. */
function around({ data, width, height }) {
	const wide = cut(
			plane(
				width,
				height,
				data.map(value => value ** 2),
			),
			-2,
			-2,
			width + 2,
			height + 2,
		),
		to = new Float32Array(data.length);
	for (let y = 0; y < height; y += 1)
		for (let x = 0; x < width; x += 1) {
			let sum = 0;
			for (let v = 0; v < 5; v += 1) for (let u = 0; u < 5; u += 1) sum += wide.data[(y + v) * wide.width + x + u];
			to[y * width + x] = sum / 25;
		}
	return to;
}

/** Whether the middle of a face lies in a box. */
const inside =
	([left, top, right, bottom]) =>
	({ face: { box } }) => {
		const [x, y] = [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2];
		return x >= left && x < right && y >= top && y < bottom;
	};

/** One face of a photo, or the first in a box of it, and whether it is bad, so that each answer is drawn from what `version` makes of it. */
export async function cropped(file, { face, box }) {
	const bitmap = await shown(file),
		all = await known(file, bitmap),
		one = box && !face ? all.find(inside(box.split(",").map(Number))) : all[Number(face ?? 1) - 1];
	if (!one || one.reason) throw new Unreadable(one ? `this face is left alone: ${one.reason}` : "there is no such face");
	const rgb = planesIn(bitmap),
		defects = await measure(rgb),
		restored = await restore(rgb, defects),
		crop = cropOf(restored, one.face.landmarks, one.size, one.reduction),
		bad = faceModel("auto", [crop], defects.amount === 1) === RESTORATION_MODEL,
		given = bad || restored !== rgb ? "photo as it was restored" : "photo";
	return { crop, bad, given, number: one.number, width: bitmap.width, height: bitmap.height };
}

/** What an answer is drawn from: of a bad photo, one of the ways to restore it. */
export async function version({ crop, bad }, seed) {
	return bad ? { ...crop, lr: (await draw(RESTORATION_LINEUP_MODEL, [crop], seed))[0].map(drawn => areaMean(drawn, SCALE)) } : crop;
}

/** What was drawn of a face, upright in its frame. */
export function upright(crop, drawn) {
	const side = rounded(SCALE * crop.size * crop.reduction),
		[a, b, c, d, e, f] = enlarged(crop.toFrame, SCALE);
	return warp(drawn, inverse([a * side, b * side, c * side - 0.5, d * side, e * side, f * side - 0.5]), side, side);
}

/** How well an enlargement agrees with what it was made of, in dB. */
export function agreement(hr, lr) {
	const off = error(hr, lr);
	return Math.round(100 * Math.min(99, off ? -10 * Math.log10(off) : 99)) / 100;
}

/** A box of a photo in its enlargement, as it is written down. */
export const fitted = ([l, t, r, b], { width, height }) =>
	[Math.max(0, rounded(4 * l)), Math.max(0, rounded(4 * t)), Math.min(width, rounded(4 * r)), Math.min(height, rounded(4 * b))].join(" ");

/** The faces of a part of a photo, as they lie in it; where none is known there, it is looked at more closely. */
async function within(file, bitmap, [left, top, right, bottom], rgb) {
	const all = right - left === bitmap.width && bottom - top === bitmap.height,
		found = (await known(file, bitmap)).filter(inside([left, top, right, bottom]));
	if (found.length || all) return found.map(one => ({ ...one, face: moved(one.face, -left, -top) }));
	return (await findFaces(rgb)).map(one => ({ ...one, number: null }));
}

function answer(lr, hr, { model, seed, faces, notes, drawn, rest }) {
	const planes = hr.map(eightBit),
		agrees = agreement(planes, lr),
		[{ width, height }] = planes;
	return {
		facts: { width, height, model, seed, faces, lr_psnr_db: agrees, notes },
		answers: [{ seed, planes }],
		stamp: { model: drawn.length ? model : "", rest: rest ?? [], agreement: agrees, boxes: drawn.map(box => fitted(box, planes[0])) },
	};
}

/** Several faces for the same pixels, upright. */
export async function lineup(file, { face, box, seed = 0, n = 8 }, progress) {
	const found = await cropped(file, { face, box }),
		{
			crop: { size },
			given,
		} = found,
		model = LINEUP_MODEL,
		answers = [];
	let least = 99;
	for (let k = 0; k < Number(n); k += 1) {
		const crop = await version(found, Number(seed) + k),
			[drawn] = await draw(model, [crop], Number(seed) + k);
		least = Math.min(least, agreement(drawn, crop.lr));
		answers.push({ seed: Number(seed) + k, planes: upright(crop, drawn) });
		progress((k + 1) / Number(n));
	}
	return {
		facts: {
			model,
			seed: Number(seed),
			pixels_across: size,
			warning: "Made-up detail: none of these is the person. They will not help to identify anyone.",
			sentence: `${n} answers for ${size} pixels across; each agrees with the ${given} to ${Math.floor(least)} dB or more`,
		},
		answers,
		stamp: { model, rest: [], agreement: least, boxes: ["all"] },
	};
}
