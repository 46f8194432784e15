// What a sentence says of a bird: enhance/tasks/imagine/words.py, with its tables, which the program writes into birds.json.

export class Unsaid extends Error {
	code = "bad_sentence";
}

/** The tables with their words in sets and maps. */
export function prepared(tables) {
	const { sets, maps, ...rest } = tables;
	const all = { ...rest };
	for (const [name, words] of Object.entries(sets)) all[name] = new Set(words);
	for (const [name, pairs] of Object.entries(maps)) all[name] = new Map(Object.entries(pairs));
	return all;
}

/** Words in lower case and marks between them; "yellow-bellied" is two words. */
export const tokens = sentence =>
	sentence
		.toLowerCase()
		.replaceAll("off-white", "offwhite")
		.replaceAll("’", "'")
		.match(/[a-z']*[a-z][a-z']*|\d+|[,.;&/!?]/g) ?? [];

/** {pairs: [[part, colour]], accents, traits, taken: {word: meant}, unknown, facing, text}. */
export function read(sentence, t) {
	const words = tokens(sentence);
	if (!words.some(word => /^[a-z]/.test(word)))
		throw new Unsaid("the sentence is empty; say what the bird looks like: 'a small red bird with black wings'");
	if (words.length > t.longest) throw new Unsaid(`the sentence has ${words.length} words; one of at most ${t.longest} will do`);
	const reading = { ...understood(words, t), text: sentence.trim().split(/\s+/).join(" ") };
	if (!reading.pairs.length && !reading.accents.length && !reading.traits.length && !words.some(word => t.PART_OF.has(word))) {
		throw new Unsaid(`nothing in '${sentence.trim().slice(0, 60)}' is about a bird; name colours, parts and shapes of one`);
	}
	return reading;
}

function understood(words, t) {
	const taken = new Map(),
		unknown = new Set(),
		plain = [];
	const alike = (word, colour) => word.startsWith(colour.slice(0, 3)) || word.includes(colour);
	for (const word of words) {
		const [known, meant] = meaning(word, t);
		if (!known || t.negations.has(word)) unknown.add(word);
		else if (meant !== word) taken.set(word, meant);
		if (t.SPECIES.has(meant)) plain.push(...tokens(t.SPECIES.get(meant)));
		else plain.push(known ? meant : /^[a-z]+$/.test(word) ? "?" : ",");
		if (t.SPECIES.has(meant)) taken.set(word, `a ${t.SPECIES.get(meant)}`);
		else if (t.COLOUR_OF.has(meant) && t.COLOUR_OF.get(meant) !== meant && !alike(meant, t.COLOUR_OF.get(meant)))
			taken.set(word, t.COLOUR_OF.get(meant));
	}
	const { pairs, accents } = bound(plain, t);
	const faces = words.some(word => t.facing.has(word)),
		facing = ["left", "right"].find(side => words.includes(side) && faces) ?? null;
	if (facing) for (const word of [facing, ...t.facing]) unknown.delete(word);
	return { pairs, accents, traits: [...new Set(traits(plain, t))].sort(), taken: Object.fromEntries(taken), unknown: [...unknown], facing };
}

function meaning(word, t) {
	if (!/^[a-z]/.test(word) || t.KNOWN.has(word) || t.SILENT.has(word) || t.SPECIES.has(word) || t.negations.has(word)) return [true, word];
	for (const ending of ["'s", "s", "es", "ly"]) {
		const stem = word.endsWith(ending) ? word.slice(0, -ending.length) : word;
		if (stem !== word && stem.length > 3 && (t.KNOWN.has(stem) || t.SPECIES.has(stem) || t.SILENT.has(stem))) return [true, stem];
	}
	const near = nearest(word, t);
	return near ? [true, near] : [false, word];
}

function nearest(word, t) {
	if (word.length < 4 || t.ORDINARY.has(word)) return null;
	const most = word.length < 8 ? 1 : 2;
	let best = null;
	for (const known of [...t.KNOWN, ...t.SPECIES.keys()]) {
		if (known.length < 4 || known[0] !== word[0] || Math.abs(known.length - word.length) > most) continue;
		const found = [distance(word, known), Math.abs(word.length - known.length), known];
		const sooner = !best || found[0] - best[0] || found[1] - best[1] || (found[2] < best[2] ? -1 : 1);
		if (found[0] <= most && (sooner === true || sooner < 0)) best = found;
	}
	return best?.[2] ?? null;
}

/** How many letters must be put in, taken out, changed, or swapped with the next. */
function distance(a, b) {
	let last = [],
		before = [],
		row = Array.from({ length: b.length + 1 }, (_, n) => n);
	for (let i = 1; i <= a.length; i += 1) {
		[last, before, row] = [before, row, [i]];
		for (let j = 1; j <= b.length; j += 1) {
			let cost = Math.min(before[j] + 1, row[j - 1] + 1, before[j - 1] + Number(a[i - 1] !== b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, last[j - 2] + 1);
			row.push(cost);
		}
	}
	return row[b.length];
}

/** (part, colour) of whole parts and of marks: one pass from left to right, holding colours until a part claims them. */
function bound(words, t) {
	const pairs = new Map(),
		accents = new Map();
	let held = [],
		shared = [],
		subject = [],
		verb = false,
		marked = false,
		negated = false;
	const give = (parts, colours, marks) => {
		if (negated) return;
		for (const part of parts) for (const colour of colours) (marks ? accents : pairs).set(`${part} ${colour}`, [part, colour]);
	};
	const settle = () => {
		if (held.length) give(subject.length ? subject : ["body"], held, marked);
		[held, verb, marked] = [[], false, false];
	};
	words.forEach((word, n) => {
		const following = words[n + 1] ?? "",
			former = words[n - 1] ?? words.at(-1);
		if (t.COLOUR_OF.has(word)) {
			if (shared.length && !held.length && !verb) shared = [];
			held.push(t.COLOUR_OF.get(word));
		} else if (t.MARK_OF.has(word) && !t.PART_OF.has(word)) {
			const adjective = t.PART_OF.has(following) || (word.endsWith("ed") && !t.prepositions.has(following));
			if (adjective && held.length && t.PART_OF.has(following)) marked = held.length === 1 || marked;
			else {
				marked = true;
				if (held.length && !t.prepositions.has(following) && following !== "of") settle();
			}
		} else if (t.PART_OF.has(word)) {
			const part = t.PART_OF.get(word),
				accent = t.ACCENTS.has(word);
			if (held.length && verb && !t.COLOUR_OF.has(former) && t.determiners.has(former) && !marked) settle(); // "is black and the head ..."
			if (held.length) {
				give([part], held, marked || accent);
				[shared, held, subject, verb, marked] = [held, [], [part], false, false];
			} else if (shared.length && n && (t.links.has(former) || t.determiners.has(former) || t.PART_OF.has(former))) {
				const named = t.PART_OF.has(former) && part === "body"; // "breast feathers" are one part
				if (t.PART_OF.get(former) !== part && !named) {
					give([part], shared, accent);
					subject = [...subject, part];
				}
			} else {
				subject = n && t.links.has(former) && subject.length && !verb ? [...subject, part] : [part];
				shared = [];
			}
		} else if (t.copulas.has(word)) {
			if (held.length) settle();
			[verb, shared] = [true, []];
		} else if (t.subject_ends.has(word)) {
			if (held.length) settle();
			[shared, verb] = [[], false];
			if (word !== "with" && (!n || former !== "that") && subject.includes("body")) subject = ["body"];
		} else if (t.breaks.has(word)) {
			settle();
			[shared, negated] = [[], false];
			if ([".", ";", "!", "?"].includes(word)) subject = [];
		} else if (t.negations.has(word)) {
			settle();
			negated = true;
		} else if (t.determiners.has(word)) {
			if (n && t.links.has(former)) {
				if (held.length) settle();
				negated = false;
				if (word === "a" || word === "an" || words.slice(n + 1, n + 3).some(one => t.COLOUR_OF.has(one))) shared = [];
			}
		} else if (word === ",") {
			if (negated) {
				settle();
				negated = false;
			}
		} else if (t.prepositions.has(word)) {
			if (shared.length && !held.length) shared = [];
		} else if (held.length && t.links.has(word) && verb && partNext(words, n, t)) settle();
	});
	settle();
	return { pairs: [...pairs.values()], accents: [...accents.values()] };
}

/** Whether after the link at n a new part comes without a colour: "is black and the wings ...". */
function partNext(words, n, t) {
	const rest = words.slice(n + 1, n + 4).filter(word => !t.links.has(word)),
		[first, second] = rest;
	return Boolean(rest.length) && !t.COLOUR_OF.has(first) && (t.PART_OF.has(first) || t.PART_OF.has(second)) && !t.COLOUR_OF.has(second);
}

/** Shapes with the part that each belongs to, then qualities and marks. */
function* traits(words, t) {
	for (const [n, word] of words.entries()) {
		if (t.SHAPE_OF.has(word)) {
			const shape = t.SHAPE_OF.get(word);
			let part = null;
			for (const later of words.slice(n + 1, n + 6)) {
				if (t.PART_OF.has(later)) {
					part = t.PART_OF.get(later);
					break;
				}
				if (t.subject_ends.has(later) || t.breaks.has(later) || t.copulas.has(later)) break;
			}
			part ??=
				t.PART_OF.get(
					words
						.slice(Math.max(n - 6, 0), n)
						.reverse()
						.find(earlier => t.PART_OF.has(earlier)),
				) ?? "body";
			if (t.SHAPED.get(part)?.includes(shape)) yield `${part}:${shape}`;
			else if (["small", "tiny", "little", "large", "big"].includes(word) && !t.SHAPED.has(part)) yield `body:${shape}`;
		}
		if (t.QUALITY_OF.has(word)) yield t.QUALITY_OF.get(word);
		if (t.MARK_OF.has(word)) yield t.MARK_OF.get(word);
	}
}
