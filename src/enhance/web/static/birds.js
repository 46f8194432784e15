// A sentence becomes eight birds; one of its words is changed, and everything else stays.
import "./frame.js";
import "./facts.js";
import { $, card, h, on, picture, save, say } from "./dom.js";
import { doing, hooks, stop } from "./doing.js";
import { states } from "./history.js";
import { decoded, insist, pictures } from "./service.js";
import { entry as stored, fresh, keep } from "./visit.js";

const EXAMPLES = [
	"a small bird with a red head and a white belly",
	"a blue bird with a yellow bill",
	"a black bird with yellow wings",
	"a swimming duck with a green head",
	"a white bird with a long neck",
	"a tiny green bird with a long bill",
	"a brown bird with a striped back",
];
const COLOURS = ["black", "white", "grey", "brown", "tan", "yellow", "orange", "red", "blue", "green", "pink", "purple"];
const OTHERS = {
	// words that may be changed beside colours, each with what it may become
	small: ["small", "large", "thin", "plump"],
	large: ["large", "small", "thin", "plump"],
	big: ["large", "small", "thin", "plump"],
	tiny: ["tiny", "large", "thin", "plump"],
	long: ["long", "short", "thick", "thin"],
	short: ["short", "long", "thick", "thin"],
	thin: ["thin", "thick", "short", "long"],
	thick: ["thick", "thin", "short", "long"],
	striped: ["striped", "spotted", "speckled", "white"],
	spotted: ["spotted", "striped", "speckled", "white"],
	speckled: ["speckled", "striped", "spotted", "white"],
	head: ["head", "throat", "belly", "back", "wings", "tail"],
	belly: ["belly", "head", "throat", "back", "wings", "tail"],
	wings: ["wings", "head", "throat", "belly", "back", "tail"],
	back: ["back", "head", "throat", "belly", "wings", "tail"],
	tail: ["tail", "head", "throat", "belly", "back", "wings"],
	throat: ["throat", "head", "belly", "back", "wings", "tail"],
};
const choices = word => (COLOURS.includes(word) ? COLOURS : word === "gray" ? COLOURS : OTHERS[word]);

const state = { sentence: "", first: 0, seed: 0 };
const layouts = new Map(); // of the birds that are shown, by their seeds: so that the pose stays while a word changes
let current = null; // entry of the visit
const draw = (given = {}) =>
	doing(async () => {
		say("Eight birds are being thought of…", true);
		const { sentence = $("words").value.trim(), first = 0, seed = 0, layout } = given;
		Object.assign(state, { sentence, first, seed, layout });
		if (!state.sentence) {
			say("Write what the bird looks like, or click an example.");
			return;
		}
		$("words").value = state.sentence;
		const { facts } = await insist(
			"imagine",
			state.sentence,
			{ seed: first, n: 8, size: 256, ...(layout === undefined ? {} : { layout }) },
			hooks({ json: true }),
		);
		const all = pictures(facts);
		layouts.clear();
		all.forEach(({ seed }, n) => layouts.set(seed, layout ?? facts.layouts?.[n]));
		$("work").hidden = false;
		$("varied").hidden = true;
		read(facts);
		$("eight").replaceChildren(
			...all.map(({ seed, blob }) => card(() => choose(seed, blob, facts), false, picture(blob, `Bird ${seed + 1}`))),
		);
		const chosen = all.find(({ seed }) => seed === state.seed) ?? all[0];
		current = given.entry ?? fresh("birds", state.sentence, null);
		await choose(chosen.seed, chosen.blob, facts, !given.entry);
	});

const parts = () => state.sentence.split(/(\s+|[,.;!?])/).filter(Boolean);

/** Shows what was understood: words that may be changed are buttons, words that did nothing are marked. */
function read(facts) {
	const ignored = new Set((facts.ignored ?? []).map(word => word.toLowerCase()));
	$("told").hidden = false;
	$("sentence").replaceChildren(
		...parts().map((word, place) => {
			const plain = word.toLowerCase();
			if (choices(plain))
				return h("button", { type: "button", "data-place": place, title: "See what changes", onclick: () => vary(place) }, word);
			return ignored.has(plain) ? h("del", { title: "Not known: it did nothing" }, word) : word;
		}),
	);
	const lost = facts.ignored?.length
		? `${quoted(facts.ignored)} ${facts.ignored.length === 1 ? "is not a word it learnt, and" : "are not words it learnt, and"} did nothing.`
		: null;
	const taken = Object.entries(facts.taken ?? {});
	$("facts").tell(
		[
			"This bird never was. Everything was invented from your words.",
			lost,
			taken.length ? `Taken for words it knows: ${taken.map(([word, meant]) => `“${word}” for ${meant}`).join(", ")}.` : null,
			"Click a dashed word of the sentence, and see what changes.",
			"The network drew 64 pixels across; the rest is enlargement.",
		],
		[
			["Understood", understood(facts) || "a bird"],
			["Seed", state.seed],
			["Seconds", facts.seconds?.toFixed?.(2) ?? "?"],
		],
	);
}
const understood = ({ understood: pairs = [], traits = [] }) =>
	[
		...pairs.map(({ part, colour }) => `${part} ${colour}`),
		...traits.map(trait => trait.split(":").reverse().join(" ").replace("throat", "neck")),
	].join(", ");
const quoted = words => words.map(word => `“${word}”`).join(", ");

async function choose(seed, blob, facts, pushes = false) {
	state.seed = seed;
	$("eight")
		.querySelectorAll("button")
		.forEach((button, n) => {
			button.setAttribute("aria-pressed", String(state.first + n === seed));
		});
	$("answer").replaceChildren(picture(blob, `A bird: ${state.sentence}`));
	const url = `birds?${new URLSearchParams(Object.entries(state).filter(([, value]) => value !== undefined))}`;
	Object.assign(current, {
		name: state.sentence,
		result: { blob, facts: { ...facts, answers: undefined } },
		url,
		state: "drawn",
		at: Date.now(),
	});
	history[pushes ? "pushState" : "replaceState"](current.id, "", url);
	await keep(current);
}

const posed = () => (layouts.get(state.seed) === undefined ? {} : { layout: layouts.get(state.seed) });

const vary = place =>
	doing(async () => {
		say("The same bird, one word changed…", true);
		const word = parts()[place].toLowerCase();
		const list = $("varied").querySelector("ul");
		$("which").replaceChildren(
			"Instead of ",
			h("em", {}, word),
			layouts.get(state.seed) === undefined ? ", from the same seed:" : ", in the same pose, from the same seed:",
		);
		$("varied").hidden = false;
		list.replaceChildren();
		for (const other of choices(word)) {
			const sentence = parts()
				.map((part, n) => (n === place ? other : part))
				.join("");
			const { facts } = await insist(
				"imagine",
				sentence,
				{ seed: state.seed, size: 256, ...posed() },
				hooks({ json: true, progress: null }),
			);
			const [{ blob }] = pictures(facts);
			list.append(
				card(
					() => draw({ sentence, first: state.first, seed: state.seed, layout: layouts.get(state.seed) }),
					other === word,
					picture(blob),
					h("span", {}, other),
				),
			);
		}
	});

on(
	"form",
	event => {
		event.preventDefault();
		draw();
	},
	"submit",
);
on("other", () => draw({ first: state.first + 8, seed: state.first + 8, sentence: state.sentence }));
on("save", () =>
	doing(async () => {
		say("Drawing the file…", true);
		const { facts } = await insist(
			"imagine",
			state.sentence,
			{ seed: state.seed, size: 512, format: "png", ...posed() },
			hooks({ json: true }),
		);
		save(decoded(facts.answers[0].data), `${state.sentence.replace(/\W+/g, "_").slice(0, 60)}.png`);
	}),
);
$("examples").append(...EXAMPLES.map(one => h("li", {}, h("button", { type: "button", onclick: () => draw({ sentence: one }) }, one))));

async function restore() {
	const asked = new URLSearchParams(location.search);
	$("words").value = asked.get("sentence") ?? "";
	if (!asked.get("sentence")) {
		stop();
		$("work").hidden = $("told").hidden = true;
		say("");
		return;
	}
	const found = history.state ? await stored(history.state) : null;
	draw({
		sentence: asked.get("sentence"),
		first: Number(asked.get("first") ?? 0),
		seed: Number(asked.get("seed") ?? 0),
		layout: asked.has("layout") ? Number(asked.get("layout")) : undefined,
		entry: found ?? fresh("birds", asked.get("sentence"), null),
	});
}
states("birds", restore, restore);
