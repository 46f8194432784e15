// A face turned along the directions in which its answers differ most: enhance/honesty/exploration.py, with its names.
import { luma } from "./defects.js";
import { LINEUP_MODEL, agreement, backProjected, cropped, digest, draw, fitted, upright, version } from "./faces.js";
import { facts } from "./files.js";
import { areaMean, cut, eightBit } from "./pixels.js";
import { Random } from "./random.js";

const SHOWN = 3,
	EACH = 6,
	KEPT = 32,
	SCALE = 4,
	WARNING = "The detail is imaginary. It agrees with the photo, as countless other faces would; it will not help to identify anyone.";
const explored = new Map(); // by the photo, the face and the seed: the face, and its directions

/** One face of a photo, or of a box of it, at positions of the dials. */
export async function explore(file, { dials = "0", seed = 0, face, box }, progress) {
	const own = Number(seed),
		key = `${await digest(file)} ${face} ${box} ${own}`,
		shared = (await facts()).networks[LINEUP_MODEL].shared;
	if (!explored.has(key)) {
		if (explored.size >= KEPT) explored.delete(explored.keys().next().value);
		const one = await cropped(file, { face, box }),
			crop = await version(one, own);
		explored.set(key, {
			...one,
			crop,
			directions: await found(shared, own, async code => detail(crop, await drawn(crop, own, code)), progress),
		});
	}
	const { crop, given, number, width, height, directions } = explored.get(key),
		turns = dials.split(",").map(Number),
		planes = await drawn(
			crop,
			own,
			Array.from({ length: shared }, (_, n) => turns.reduce((sum, turn, k) => sum + turn * directions[k][n], 0)),
		),
		part = [Math.max(0, crop.left), Math.max(0, crop.top), Math.min(width, crop.left + crop.side), Math.min(height, crop.top + crop.side)],
		[left, top, right, bottom] = part.map((edge, n) => edge - (n % 2 ? crop.top : crop.left)),
		hr = planes.map(one => cut(one, SCALE * left, SCALE * top, SCALE * right, SCALE * bottom)),
		agrees = agreement(
			hr,
			crop.lr.map(one => cut(one, left, top, right, bottom)),
		);
	return {
		facts: {
			model: LINEUP_MODEL,
			seed: own,
			number,
			part,
			dials: turns,
			restored: given !== "photo",
			lr_psnr_db: agrees,
			warning: WARNING,
		},
		answers: [{ seed: own, planes: hr }],
		stamp: { model: LINEUP_MODEL, rest: [], agreement: agrees, boxes: [fitted([0, 0, right - left, bottom - top], hr[0])] },
	};
}

/** A face as it is drawn with this noise for the whole of it. */
const drawn = async (crop, seed, code) => backProjected((await draw(LINEUP_MODEL, [crop], seed, code))[0], crop.lr).map(eightBit);

/** The directions: of a regression of what is drawn on the noise, the principal axes. */
async function found(count, seed, drawing, progress) {
	const numbers = new Random(seed, 1).normals(EACH * count * count),
		codes = Array.from({ length: EACH * count }, (_, n) => [...numbers.subarray(n * count, (n + 1) * count)]),
		pictures = [];
	for (const code of codes) {
		pictures.push(await drawing(code));
		progress(pictures.length / codes.length);
	}
	const middle = centred(codes);
	centred(pictures);
	const effects = codes[0].map((_, a) => weighted(middle, pictures, a)),
		[sizes, axes] = eigen(products(middle[0].map((_, a) => middle.map(code => code[a])))),
		solved = axes.map((axis, k) => combined(axis, effects).map(value => value / sizes[k])),
		back = codes[0].map((_, a) =>
			combined(
				axes.map(axis => axis[a]),
				solved,
			),
		);
	return eigen(products(back))[1].slice(0, SHOWN);
}

/** Rows less their mean, in place. */
function centred(rows) {
	for (let n = 0; n < rows[0].length; n += 1) {
		const mean = rows.reduce((sum, row) => sum + row[n], 0) / rows.length;
		for (const row of rows) row[n] -= mean;
	}
	return rows;
}

const weighted = (codes, pictures, a) =>
	combined(
		codes.map(code => code[a]),
		pictures,
	);
const combined = (weights, rows) =>
	Float64Array.from({ length: rows[0].length }, (_, n) => rows.reduce((sum, row, k) => sum + weights[k] * row[n], 0));
const products = rows => rows.map(one => rows.map(other => one.reduce((sum, value, n) => sum + value * other[n], 0)));

/** Eigenvalues of a symmetric matrix, the largest first, and its eigenvectors as rows (Jacobi, 1846). */
function eigen(matrix) {
	const size = matrix.length,
		a = matrix.map(row => [...row]),
		vectors = a.map((_, n) => a.map((_, k) => Number(n === k)));
	for (let sweep = 0; sweep < 50; sweep += 1)
		for (let p = 0; p < size; p += 1)
			for (let q = p + 1; q < size; q += 1) {
				if (Math.abs(a[p][q]) < 1e-14 * Math.sqrt(Math.abs(a[p][p] * a[q][q]))) continue;
				const apart = a[q][q] - a[p][p],
					angle = Math.atan2(2 * a[p][q] * (apart < 0 ? -1 : 1), Math.abs(apart)) / 2,
					[c, s] = [Math.cos(angle), Math.sin(angle)],
					turn = (x, y) => [c * x - s * y, s * x + c * y];
				for (const row of a) [row[p], row[q]] = turn(row[p], row[q]);
				for (let k = 0; k < size; k += 1) {
					[a[p][k], a[q][k]] = turn(a[p][k], a[q][k]);
					[vectors[p][k], vectors[q][k]] = turn(vectors[p][k], vectors[q][k]);
				}
			}
	const order = [...a.keys()].sort((n, k) => a[k][k] - a[n][n]);
	return [order.map(n => a[n][n]), order.map(n => vectors[n])];
}

/** The luma of a face in its frame at half its size: a line that moves by a pixel is no other face. */
const detail = (crop, planes) => Float64Array.from(areaMean(luma(upright(crop, planes)), 2).data);
