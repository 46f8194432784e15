// A sentence becomes a bird: enhance/tasks/imagine, its layouts.py, bank.py and imagine.py.
import { tables } from "./files.js";
import { run } from "./networks.js";
import { canvasSize, resized } from "./pixels.js";
import { Random } from "./random.js";
import { split } from "./cats.js";
import { prepared, read } from "./words.js";

const SIDE = 32,
	SMOOTH = 0.04,
	SURPRISE = 1.3,
	SHARP = 0.035,
	BODY = 0.6,
	GRID = Array.from({ length: SIDE }, (_, n) => (n + 0.5) / SIDE);
let ready = null;

/** The tables, and the layouts {points: [[x, y]], corners, busy, aspect, said}. */
async function told() {
	ready ??= tables("birds").then(birds => {
		const bytes = text => Uint8Array.from(atob(text), letter => letter.charCodeAt(0)),
			{ bank } = birds,
			t = prepared(birds.words);
		const [points, corners, busy, aspect, said] = ["points", "corners", "busy", "aspect", "said"].map(name => bytes(bank[name]));
		const layouts = Array.from(busy, (level, n) => ({
			points: birds.points.map((_, p) =>
				[0, 1].map(axis => {
					const at = points[(n * birds.points.length + p) * 2 + axis];
					return at === 255 ? -1 : Math.fround(at / 250);
				}),
			),
			corners: Array.from(corners.subarray(12 * n, 12 * n + 12), value => value / 255),
			busy: level / 500,
			aspect: aspect[n] / 100,
			said: said.subarray(n * birds.length, (n + 1) * birds.length),
		}));
		return { ...birds, t, layouts };
	});
	return ready;
}

const shown = ([x, y]) => x >= 0 && x <= 1 && y >= 0 && y <= 1;

/** The sentence as 0 and 1: part by colour, then colours of marks, then traits. */
function vectorOf({ pairs, accents, traits }, { t, length, traits: all }) {
	const out = new Float32Array(length),
		places = t.PARTS.length * t.COLOURS.length;
	for (const [part, colour] of pairs) out[t.PARTS.indexOf(part) * t.COLOURS.length + t.COLOURS.indexOf(colour)] = 1;
	for (const [, colour] of accents) out[places + t.COLOURS.indexOf(colour)] = 1;
	for (const trait of traits) out[places + t.COLOURS.length + all.indexOf(trait)] = 1;
	return out;
}

/** The number of a layout that suits what was read. */
function choose(reading, vector, birds, random) {
	const { t, layouts, parts } = birds,
		asked = [...vector.keys()].filter(n => vector[n]),
		share = (layout, n) => layout.said[n] / 3;
	const { fround } = Math,
		log = value => fround(Math.log(fround(value + SMOOTH))); // in floats of 32 bits, as numpy: equals stay equals
	const usual = asked.map(n => log(layouts.reduce((sum, layout) => sum + share(layout, n), 0) / layouts.length));
	const named = [...new Set([...reading.pairs, ...reading.accents].map(([part]) => part))].map(part => parts[t.PARTS.indexOf(part)]);
	const scores = layouts.map(layout => {
		const lacking = named.filter(points => !points.some((there, p) => there && shown(layout.points[p]))).length;
		return fround(asked.reduce((sum, n, k) => fround(sum + fround(log(share(layout, n)) - usual[k])), 0) - 3 * lacking);
	});
	const best = [...scores.keys()].sort((a, b) => Math.round(1e3 * scores[b]) - Math.round(1e3 * scores[a]) || a - b).slice(0, 48);
	const chances = best.map(n => Math.exp((scores[n] - scores[best[0]]) / SURPRISE)),
		sum = chances.reduce((a, b) => a + b),
		at = random.number();
	let reached = 0;
	return best[chances.findIndex(chance => (reached += chance / sum) > at)] ?? best.at(-1);
}

/** A layout, a little larger or smaller and a little elsewhere. */
function varied(layout, random) {
	const grown = random.uniform(0.92, 1.06),
		shift = [random.uniform(-0.03, 0.03), random.uniform(-0.03, 0.03)];
	const points = layout.points.map(point => {
		const moved = point.map((at, axis) => Math.fround((at - 0.5) * grown + 0.5 + shift[axis]));
		return shown(point) && shown(moved) ? moved : [-1, -1];
	});
	return { ...layout, points };
}

/** What the generator is told of each place: points, outline, colours, background. */
function mapsOf({ points, corners }, reading, birds) {
	const { t, parts, reach, limbs } = birds,
		size = SIDE * SIDE,
		count = points.length,
		out = new Float32Array((count + 1 + t.COLOURS.length + 3) * size);
	const each = (plane, value) => {
		for (let y = 0; y < SIDE; y += 1) for (let x = 0; x < SIDE; x += 1) out[plane * size + y * SIDE + x] = value(x, y);
	};
	const near = (at, centre, width) => Math.exp(-((at - centre) ** 2) / (2 * width * width));
	const spot = (p, width, x, y) => (shown(points[p]) ? near(GRID[y], points[p][1], width) * near(GRID[x], points[p][0], width) : 0);
	points.forEach((_, p) => each(p, (x, y) => spot(p, SHARP, x, y)));
	each(count, (x, y) => {
		let best = 0;
		for (const [a, b] of limbs) {
			if (!shown(points[a]) || !shown(points[b])) continue;
			const [x0, y0] = points[a],
				dx = points[b][0] - x0,
				dy = points[b][1] - y0,
				u = GRID[x] - x0,
				v = GRID[y] - y0;
			const far = Math.min(1, Math.max(0, (u * dx + v * dy) / (dx * dx + dy * dy + 1e-6)));
			best = Math.max(best, Math.exp(-((u - far * dx) ** 2 + (v - far * dy) ** 2) / (2 * 0.07 ** 2)));
		}
		return best;
	});
	const told = new Map([
		...reading.accents.map(([part, colour]) => [`${part} ${colour}`, 0.4]),
		...reading.pairs.map(([part, colour]) => [`${part} ${colour}`, 1]),
	]);
	t.COLOURS.forEach((colour, c) => {
		const strength = points.map((_, p) =>
			Math.max(0, ...t.PARTS.map((part, k) => (parts[k][p] ? (told.get(`${part} ${colour}`) ?? 0) * (part === "body" ? BODY : 1) : 0))),
		);
		if (strength.some(Boolean))
			each(count + 1 + c, (x, y) =>
				Math.min(
					1,
					strength.reduce((sum, much, p) => (much ? sum + much * spot(p, reach[p], x, y) : sum), 0),
				),
			);
	});
	for (let c = 0; c < 3; c += 1) {
		each(count + 1 + t.COLOURS.length + c, (x, y) => {
			const [a, b, d, e] = [0, 1, 2, 3].map(n => corners[3 * n + c]),
				u = GRID[x],
				v = GRID[y];
			return 2 * ((1 - v) * ((1 - u) * a + u * b) + v * ((1 - u) * d + u * e)) - 1;
		});
	}
	return out;
}

/** Birds of a sentence: facts and, for each seed, three planes. */
export async function imagine(sentence, { seed = 0, size = 256, n = 1, layout, facing }) {
	const birds = await told(),
		reading = read(sentence, birds.t),
		vector = vectorOf(reading, birds),
		answers = [],
		layouts = [];
	for (let k = 0; k < Number(n); k += 1) {
		const own = Number(seed) + k,
			random = new Random(own),
			suited = choose(reading, vector, birds, random),
			which = layout === undefined ? suited : Number(layout);
		const placed = varied(birds.layouts[which], random),
			words = [...vector, placed.busy * 8 - 1, Math.log(placed.aspect) * 4],
			channels = birds.noise;
		const { image } = await run("bird", {
			maps: [mapsOf(placed, reading, birds), [1, 31, SIDE, SIDE]],
			words: [words, [1, words.length]],
			noise: [random.normals(channels * SIDE * SIDE), [1, channels, SIDE, SIDE]],
		});
		const turned = (facing ?? reading.facing ?? ["left", "right"][new Random(own, 1).below(2)]) === "left",
			[width, height] = canvasSize(Number(size), placed.aspect);
		const planes = split(image, 64).map(one =>
			resized(turned ? { ...one, data: one.data.map((_, at) => one.data[at - 2 * (at % 64) + 63]) } : one, width, height),
		);
		answers.push({ seed: own, planes });
		layouts.push(which);
	}
	const [
		{
			planes: [{ width, height }],
		},
	] = answers;
	return {
		facts: {
			width,
			height,
			model: "bird",
			seed: Number(seed),
			words: reading.text,
			understood: reading.pairs
				.map(([part, colour]) => ({ part, colour }))
				.sort((a, b) => (`${a.part} ${a.colour}` < `${b.part} ${b.colour}` ? -1 : 1)),
			traits: reading.traits,
			taken: reading.taken,
			ignored: reading.unknown,
			layouts,
			sentence: "a bird that never was, invented from words",
		},
		answers,
	};
}
