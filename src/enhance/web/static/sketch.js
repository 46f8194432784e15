// A cat is drawn, and painted after each stroke.
import "./frame.js";
import "./facts.js";
import { $, card, h, on, pause, picture, press, save, say, sheet, trouble } from "./dom.js";
import { watch } from "./drop.js";
import { DRAWINGS } from "./drawings.js";
import { states } from "./history.js";
import { Paper } from "./paper.js";
import { decoded, inWords, insist, pictures } from "./service.js";
import { entry as stored, fresh, keep } from "./visit.js";

const COLOURS = [
	["", "at random"],
	["black", "#1c1a1b"],
	["grey", "#7c7a79"],
	["white", "#e8e4df"],
	["cream", "#cdb696"],
	["ginger", "#b8763f"],
	["brown", "#6b5240"],
];
const paper = new Paper($("paper"));
const state = { seed: 0, looseness: 0.5, colour: "" };
let current = null; // the entry of this drawing in the visit
let running = null; // AbortController of the picture that is being painted
let photo = null; // a drawing that was dropped, in place of the paper

const options = () => ({ looseness: state.looseness, ...(state.colour ? { colour: state.colour } : {}) });

async function paint() {
	running?.abort();
	const mine = (running = new AbortController());
	$("hint").hidden = !paper.empty || Boolean(photo);
	$("undo").disabled = $("clear").disabled = paper.empty && !photo;
	$("others").hidden = true;
	trouble("");
	if (paper.empty && !photo) {
		$("answer").replaceChildren(h("p", {}, "The cat comes here."));
		$("answer").classList.remove("busy");
		$("facts").clear();
		$("more").disabled = $("save").disabled = true;
		say("");
		return;
	}
	$("answer").classList.add("busy");
	try {
		await pause(60); // a quick hand draws the next stroke already
		if (mine.signal.aborted) return;
		const drawing = photo ?? (await paper.file());
		const painted = async size => {
			const { facts } = await insist(
				"sketch",
				drawing,
				{ ...options(), seed: state.seed, size, format: "webp" },
				{ signal: mine.signal, json: true },
			);
			const [{ blob }] = pictures(facts);
			if (mine.signal.aborted) return;
			await show(blob, size);
			tell(facts);
			await remember(blob, facts, drawing);
		};
		await painted(128); // what the network itself paints comes first, and is quick
		if (mine.signal.aborted) return;
		say("");
		$("answer").classList.remove("busy");
		await pause(500);
		if (!mine.signal.aborted) await painted(512); // enlarged, once the pen rests
	} catch (error) {
		if (error.name === "AbortError" || error.code === "cancelled") return;
		if (error.code === "bad_photo") say(`Not enough to paint yet: ${error.message}`);
		else trouble(error.message);
	} finally {
		if (running === mine) $("answer").classList.remove("busy");
	}
}

async function show(blob, size) {
	const image = picture(blob, "The cat that was painted after the drawing");
	image.dataset.size = size;
	await image.decode();
	const before = [...$("answer").children];
	$("answer").append(image);
	$("more").disabled = $("save").disabled = false;
	setTimeout(() => {
		for (const old of before) {
			if (old.src) URL.revokeObjectURL(old.src);
			old.remove();
		}
	}, 260);
}

function tell(facts) {
	$("facts").tell(
		[
			"This cat never was. Fur, eyes and everything around it are invented; yours are the lines.",
			facts.moved && "Your drawing was put into the middle.",
			"The network painted 128 pixels across; the rest is enlargement.",
		],
		[
			["Seed", state.seed],
			["Looseness", state.looseness],
			["Seconds", facts.seconds?.toFixed?.(2) ?? "?"],
		],
	);
}

// The visit: one entry for one drawing, which is begun anew by clearing the paper.

async function remember(blob, facts, drawing) {
	const first = !current;
	current ??= fresh("sketch", "Cat", null);
	Object.assign(current, {
		file: drawing,
		result: { blob, facts },
		state: "painted",
		strokes: photo ? null : paper.strokes,
		options: { ...state },
		at: Date.now(),
	});
	current.url = `sketch?${new URLSearchParams({ photo: current.id, ...state })}`;
	history[first ? "pushState" : "replaceState"](null, "", current.url);
	await keep(current);
}

async function restore() {
	const asked = new URLSearchParams(location.search),
		found = asked.has("photo") ? await stored(asked.get("photo")) : null;
	if (asked.has("photo") && !found) say("That drawing has been forgotten.");
	current = found;
	if (found?.options) Object.assign(state, found.options);
	for (const key of ["seed", "looseness"]) if (asked.has(key)) state[key] = Number(asked.get(key));
	if (asked.has("colour")) state.colour = asked.get("colour");
	controls();
	photo = found && !found.strokes ? found.file : null;
	paper.strokes = found?.strokes ?? [];
	paper.draw();
	if (photo) await lay(photo);
	if (found?.result) {
		running?.abort();
		$("hint").hidden = true;
		$("undo").disabled = $("clear").disabled = false;
		await show(found.result.blob, found.result.facts.width);
		tell(found.result.facts);
	} else paint();
}

// What can be done

paper.addEventListener("begin", () => {
	$("hint").hidden = true;
	photo = null;
});
paper.addEventListener("change", () => paint());
on("undo", () => (photo ? fromNew() : paper.undo()));
on("clear", fromNew);
on("mirror", () => {
	paper.mirrored = press("mirror");
});
$("width").addEventListener("input", () => {
	paper.width = Number($("width").value);
});
for (const radio of document.querySelectorAll("[name=tool]"))
	radio.addEventListener("change", () => {
		paper.tool = radio.value;
	});
$("looseness").addEventListener("change", () => {
	state.looseness = Number($("looseness").value);
	paint();
});
on("save", async () => {
	try {
		const { facts } = await insist("sketch", current.file, { ...options(), seed: state.seed, size: 512, format: "png" }, { json: true });
		save(decoded(facts.answers[0].data), "cat.png");
		say("Saved. The file says in its metadata that it was invented.");
	} catch (error) {
		trouble(error.message);
	}
});
on("more", async () => {
	$("more").disabled = true;
	say("Painting four more…", true);
	try {
		const { facts } = await insist(
			"sketch",
			current.file,
			{ ...options(), seed: state.seed + 1, n: 4, size: 256, format: "webp" },
			{ progress: told => say(inWords(told), true), json: true },
		);
		$("others")
			.querySelector("ul")
			.replaceChildren(
				...pictures(facts).map(({ seed, blob }) =>
					card(
						() => {
							state.seed = seed;
							controls();
							paint();
							$("answer").scrollIntoView({ block: "center" });
						},
						undefined,
						picture(blob),
						h("span", {}, `Cat ${seed}`),
					),
				),
			);
		$("others").hidden = false;
		say("Click one to go on with it.");
	} catch (error) {
		trouble(error.message);
	} finally {
		$("more").disabled = false;
	}
});

function fromNew() {
	current = photo = null;
	state.seed = 0;
	history.pushState(null, "", "sketch");
	paper.clear();
}

function controls() {
	$("looseness").value = state.looseness;
	for (const radio of $("colours").querySelectorAll("input")) radio.checked = radio.value === state.colour;
}

$("colours").append(
	...COLOURS.map(([name, colour]) => {
		const dot = h("span", { title: name || "at random" }, h("b", { className: "hidden" }, name || "at random"));
		dot.style.background = name ? colour : "conic-gradient(#1c1a1b, #b8763f, #cdb696, #7c7a79, #1c1a1b)";
		return h(
			"label",
			{},
			h("input", {
				type: "radio",
				name: "colour",
				value: name,
				checked: !name,
				onchange: () => {
					state.colour = name;
					paint();
				},
			}),
			dot,
		);
	}),
);

$("examples").append(
	...DRAWINGS.map(([name, paths]) => {
		const [canvas, pen] = sheet(160, 160);
		pen.scale(1.6, 1.6);
		Object.assign(pen, { lineWidth: 2, lineCap: "round", lineJoin: "round", strokeStyle: "#211f24" });
		for (const path of paths) pen.stroke(new Path2D(path));
		return card(
			() => {
				current = photo = null;
				paper.use(paths);
			},
			undefined,
			canvas,
			h("span", {}, name),
		);
	}),
);

/** A drawing on a photo or in a file takes the place of the paper; SVG files are only known by what they call themselves. */
async function lay(file) {
	const image = new Image(),
		url = URL.createObjectURL(file),
		{ pen } = paper;
	image.src = url;
	await image.decode().finally(() => URL.revokeObjectURL(url));
	const width = image.naturalWidth || 1024,
		height = image.naturalHeight || 1024,
		scale = Math.min(1024 / width, 1024 / height);
	paper.draw();
	pen.setTransform(1, 0, 0, 1, 0, 0);
	pen.drawImage(image, (1024 - width * scale) / 2, (1024 - height * scale) / 2, width * scale, height * scale);
}
watch(async ([given]) => {
	const file = /\.svg$/i.test(given.name) ? new Blob([given], { type: "image/svg+xml" }) : given;
	try {
		paper.strokes = [];
		await lay(file);
		photo = file;
		current = null;
		paint();
	} catch {
		trouble(`${given.name} is not a picture that this browser can show; give a JPEG, PNG, WebP or SVG.`);
	}
});

states("sketch", restore, fromNew);
