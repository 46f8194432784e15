// Horses become zebras, and zebras horses: enhance/tasks/translate, with its names. Stripes are added to the photo, coats are painted over it; other pixels stay.
import { opened } from "./faces.js";
import { facts } from "./files.js";
import { run } from "./networks.js";
import { clip, cut, eightBit, plane, reduced, rounded, squarely, stretched } from "./pixels.js";
import { distances } from "./ink.js";

const LOOK = 256,
	MOST_ENLARGED = 2,
	MULTIPLE = 16,
	SURE = 0.5,
	LEAST_SURE = 0.7,
	CONVINCED = { horse: 0.95, zebra: 0.88 },
	SMALLEST = 10,
	JOINED = 2,
	SIDE = 128,
	STEP = 32,
	ALONE = 1.4,
	SMALL = 72,
	BROADER = 0.75,
	ROOM = 1.25,
	LEAST = 0.25,
	TRUST = 3;
const ANIMALS = ["horse", "zebra"],
	PLURAL = { horse: "horses", zebra: "zebras" },
	INVENTED = { zebra: "the stripes are invented", horse: "the coats are invented" };
const CHAMFER = [
	[-1, 0, 0.955],
	[0, -1, 0.955],
	[-1, -1, 1.3693],
	[1, -1, 1.3693],
];

const inside = (n, size) => Math.min(size - 1, Math.max(0, n));

/** OpenCV's samples at columns and rows that may lie between pixels; edge pixels are repeated. */
export function sampled({ data, width, height }, columns, rows, cubic) {
	const taps = (places, size) =>
		places.map(at => {
			const first = Math.floor(at),
				t = at - first,
				a = -0.75;
			if (!cubic)
				return [
					[inside(first, size), 1 - t],
					[inside(first + 1, size), t],
				];
			const near = x => ((a + 2) * x - (a + 3)) * x * x + 1,
				far = x => ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
			return [far(t + 1), near(t), near(1 - t), far(2 - t)].map((weight, n) => [inside(first + n - 1, size), weight]);
		});
	const across = taps(columns, width),
		down = taps(rows, height),
		to = plane(columns.length, rows.length);
	down.forEach((lines, y) =>
		across.forEach((places, x) => {
			let sum = 0;
			for (const [v, much] of lines) for (const [u, weight] of places) sum += much * weight * data[v * width + u];
			to.data[y * to.width + x] = sum;
		}),
	);
	return to;
}

export const evenly = (count, step, begin = 0) => Array.from({ length: count }, (_, n) => (n - begin + 0.5) * step - 0.5);
const to32nds = places => places.map(at => Math.round(32 * at) / 32);

/** The animals of a kind in a photo, the largest first; none, where even the surest is doubtful. */
async function find(rgb, kind) {
	const [{ width, height }] = rgb,
		scale = Math.min(LOOK / Math.max(width, height), MOST_ENLARGED),
		across = Math.max(2, rounded(width * scale)),
		down = Math.max(2, rounded(height * scale));
	const wide = Math.ceil(across / MULTIPLE) * MULTIPLE,
		high = Math.ceil(down / MULTIPLE) * MULTIPLE,
		image = new Float32Array(3 * wide * high);
	rgb.forEach((one, c) =>
		image.set(cut(eightBit((scale < 1 ? reduced : stretched)(one, across, down)), 0, 0, wide, high).data, c * wide * high),
	);
	const { where } = await run("animals", { image: [image, [1, 3, high, wide]] });
	const size = (wide * high) / 4,
		first = size * ANIMALS.indexOf(kind);
	const animals = separate(
		cut(plane(wide / 2, high / 2, where.slice(first, first + size)), 0, 0, Math.ceil(across / 2), Math.ceil(down / 2)),
		width,
		height,
	);
	return animals.some(animal => sureness(animal) > CONVINCED[kind]) ? animals : [];
}

function sureness({ where }) {
	const sure = where.data.filter(value => value > SURE).sort(),
		quarter = sure.slice(-Math.max(1, Math.floor(sure.length / 4)));
	return quarter.reduce((a, b) => a + b, 0) / quarter.length;
}

function separate(found, width, height) {
	const sure = plane(
			found.width,
			found.height,
			found.data.map(value => Number(value > SURE)),
		),
		labels = labelled(squarely(sure, 2 * JOINED - 1)),
		size = found.data.length;
	const kept = [];
	for (let n = 1; n <= labels.count; n += 1) {
		let area = 0,
			most = 0;
		for (let k = 0; k < size; k += 1)
			if (labels.data[k] === n) {
				area += sure.data[k];
				most = Math.max(most, found.data[k]);
			}
		if (area >= SMALLEST && most >= LEAST_SURE) kept.push({ n, area });
	}
	const best = new Float32Array(size).fill(Infinity),
		nearest = new Int32Array(size);
	for (const { n } of kept) {
		distances(
			plane(
				found.width,
				found.height,
				labels.data.map(label => Number(label !== n)),
			),
			CHAMFER,
		).forEach((distance, k) => {
			if (distance < best[k]) {
				best[k] = distance;
				nearest[k] = n;
			}
		});
	}
	const [sx, sy] = [width / found.width, height / found.height];
	return kept
		.map(({ n, area }) => {
			let [left, top, right, bottom] = [Infinity, Infinity, 0, 0];
			for (let k = 0; k < size; k += 1) {
				if (labels.data[k] !== n || !sure.data[k]) continue;
				const x = k % found.width,
					y = (k - x) / found.width;
				[left, top, right, bottom] = [Math.min(left, x), Math.min(top, y), Math.max(right, x + 1), Math.max(bottom, y + 1)];
			}
			return {
				area,
				box: [
					Math.floor(left * sx),
					Math.floor(top * sy),
					Math.min(width, Math.ceil(right * sx)),
					Math.min(height, Math.ceil(bottom * sy)),
				],
				where: plane(
					found.width,
					found.height,
					found.data.map((value, k) => (nearest[k] === n ? value : 0)),
				),
			};
		})
		.sort((a, b) => b.area - a.area);
}

/** Numbers for the parts of a mask that touch. */
export function labelled({ data, width, height }) {
	const labels = new Int32Array(data.length);
	let count = 0;
	for (let start = 0; start < data.length; start += 1) {
		if (!data[start] || labels[start]) continue;
		labels[start] = count += 1;
		for (const part = [start]; part.length; ) {
			const at = part.pop(),
				x = at % width,
				y = (at - x) / width;
			for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v += 1) {
				for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u += 1)
					if (data[v * width + u] && !labels[v * width + u]) {
						labels[v * width + u] = count;
						part.push(v * width + u);
					}
			}
		}
	}
	return { data: labels, count };
}

/** What is added for an animal; for the whole photo, if there is none. */
async function draw(rgb, animal, to, coat) {
	const [{ width, height }] = rgb,
		box = animal?.box ?? [0, 0, width, height],
		[left, top, side] = square(box, animal ? ROOM : 1, width, height),
		size = drawnSide(box, to),
		count = size * size,
		image = new Float32Array(3 * count);
	rgb.forEach((one, c) => image.set(cutOut(one, left, top, side, size).data, c * count));
	const { delta, colours, mask } = await run(to, {
			image: [image, [1, 3, size, size]],
			...(to === "horse" ? { coat: [coat, [1, 3]] } : {}),
		}),
		limit = animal && there(animal, left, top, side, width, height, size);
	const alpha = plane(
		size,
		size,
		mask.slice(0, count).map((value, n) => clip(((limit ? Math.min(value, TRUST * limit.data[n]) : value) - LEAST) / 0.5)),
	);
	const drawn = [0, 1, 2].map(c => plane(size, size, (colours ?? delta).slice(c * count, (c + 1) * count)));
	return { left, top, side, alpha, drawn, painted: Boolean(colours) };
}

/** Pixels across the square in which animals are drawn: of several in a row each is as large as one alone would be. */
function drawnSide([left, top, right, bottom], to) {
	const longer = Math.max(right - left, bottom - top),
		row = longer / Math.max(Math.min(right - left, bottom - top), 1) / ALONE,
		side = SIDE + STEP * Math.min(Math.max(rounded(((row - 1) * SIDE) / STEP), 0), SIDE / STEP);
	return to === "zebra" && longer < SMALL ? Math.floor((BROADER * side) / STEP) * STEP : side;
}

function square([left, top, right, bottom], room, width, height) {
	const side = Math.max(2, Math.min(rounded(room * Math.max(right - left, bottom - top)), Math.max(width, height)));
	const begin = (low, high, most) =>
		side >= most ? Math.floor((most - side) / 2) : Math.min(Math.max(Math.floor((low + high - side) / 2), 0), most - side);
	return [begin(left, right, width), begin(top, bottom, height), side];
}

function cutOut(one, left, top, side, size) {
	const { width, height } = one,
		border = [Math.max(-left, 0), Math.max(-top, 0), Math.max(left + side - width, 0), Math.max(top + side - height, 0)];
	let part = cut(one, Math.max(left, 0), Math.max(top, 0), Math.min(left + side, width), Math.min(top + side, height));
	if (border.some(Boolean)) {
		const scale = Math.min(1, size / side);
		if (scale < 1) part = eightBit(reduced(part, Math.max(1, rounded(part.width * scale)), Math.max(1, rounded(part.height * scale))));
		const [before, above, after, below] = border.map(edge => rounded(edge * scale));
		part = cut(part, -before, -above, part.width + after, part.height + below);
	}
	if (Math.max(part.width, part.height) > size) return eightBit(area(part, size, size));
	return eightBit(sampled(part, evenly(size, part.width / size), evenly(size, part.height / size), true));
}

/** Means along sides that become smaller, as OpenCV's INTER_AREA; a side that becomes longer is stretched. */
export const area = (from, width, height) => {
	const shrunk = reduced(from, Math.min(width, from.width), Math.min(height, from.height));
	return shrunk.width === width && shrunk.height === height ? shrunk : stretched(shrunk, width, height);
};

/** The finder's probabilities of an animal in the square that the network saw. */
function there({ where }, left, top, side, width, height, size) {
	const [sx, sy] = [where.width / width, where.height / height],
		places = (step, begin) =>
			to32nds(Array.from({ length: size }, (_, n) => (n * side * step) / size + begin * step + (side * step) / size / 2 - 0.5));
	return sampled(squarely(where, 3), places(sx, left), places(sy, top), false);
}

/** A photo whose horses are zebras, or whose zebras are horses. */
export async function translate(file, { to = "zebra", coat = "bay", force = false }) {
	const { networks, coats } = await facts(),
		source = ANIMALS.find(kind => kind !== to),
		rgb = await opened(file),
		[{ width, height }] = rgb,
		animals = await find(rgb, source),
		drawn = animals.length || !force ? [...animals].reverse() : [null],
		amount = plane(width, height);
	const patches = [];
	for (const animal of drawn) patches.push(await draw(rgb, animal, to, coats[coat]));
	for (const patch of patches) lay(rgb, amount, patch);
	const untouched = amount.data.reduce((sum, value) => sum + Number(value === 0), 0) / amount.data.length,
		count = animals.length,
		told = Math.round(1e5 * untouched) / 1e5;
	const where = count ? `${PLURAL[source]} in ${count} place${count === 1 ? "" : "s"}` : "the whole photo",
		model = drawn.length ? `animals + ${to}` : null;
	const sentence = model
		? `${where} redrawn as ${PLURAL[to]}: ${INVENTED[to]}, ${(100 * untouched).toFixed(1)} % of the pixels are as they were`
		: `no ${source} found, nothing drawn`;
	const boxes = (count ? animals.map(({ box }) => box) : [[0, 0, width, height]]).map(box => box.join(" "));
	return {
		facts: {
			width,
			height,
			model,
			drawn: Boolean(model),
			animals: animals.map(({ box }) => ({ box })),
			untouched: told,
			sentence,
			notes: [],
		},
		mask: plane(
			width,
			height,
			amount.data.map(value => Math.ceil(255 * value) / 255),
		),
		answers: [{ seed: 0, planes: rgb }],
		said: model && {
			MODEL: model,
			INVENTED: INVENTED[to],
			DIGITS: ["animals", to].map(name => networks[name].digits).join(" + "),
			BOXES: boxes,
		},
	};
}

function lay(rgb, amount, { left, top, side, alpha, drawn, painted }) {
	const [{ width, height }] = rgb,
		x0 = Math.max(0, left),
		y0 = Math.max(0, top),
		x1 = Math.min(width, left + side),
		y1 = Math.min(height, top + side);
	const part =
		side <= alpha.width
			? one => cut(area(one, side, side), x0 - left, y0 - top, x1 - left, y1 - top)
			: (one, cubic) =>
					sampled(
						one,
						to32nds(evenly(x1 - x0, alpha.width / side, left - x0)),
						to32nds(evenly(y1 - y0, alpha.width / side, top - y0)),
						cubic,
					);
	const much = part(alpha, false);
	rgb.forEach((one, c) => {
		const added = part(drawn[c], true);
		for (let n = 0; n < added.data.length; n += 1) {
			if (!much.data[n]) continue;
			const x = n % added.width,
				at = (y0 + (n - x) / added.width) * width + x0 + x;
			one.data[at] += much.data[n] * (painted ? added.data[n] - one.data[at] : added.data[n]);
			amount.data[at] = Math.max(amount.data[at], much.data[n]);
		}
	});
}
