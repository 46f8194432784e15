// Faces: a photo comes in, its face is zoomed to and enhanced, and what came of it can be looked at, doubted and shared.
import "./frame.js";
import "./drop.js";
import "./facts.js";
import "./dials.js";
import { play } from "./hero.js";
import { $, base, card, h, on, press, save, say, sheet, trouble } from "./dom.js";
import { busy, hooks, doing as job, stop } from "./doing.js";
import { states } from "./history.js";
import { opened, resized } from "./photos.js";
import { insist, limits } from "./service.js";
import { passesOn } from "./share.js";
import { around } from "./stage.js";
import { entry as stored, fresh, keep, visit } from "./visit.js";

const WAYS = {
	given: "Given pixels",
	bicubic: "Smooth (bicubic)",
	face_x4_pixel: "Careful (pixel loss)",
	auto: "Sharp (GAN)",
	face_x4_lineup: "One of many",
	original: "Original",
};
const LINEUP = "face_x4_lineup",
	DRAWN = ["auto", "face_x4_pixel", LINEUP];
const AFAR = 24; // pixels across a face that is seen from afar
const stage = $("stage");
const memory = new Map(); // by the name of an entry: {bitmap, original, answers}: what a reload may lose
let current = null; // the entry that is shown
let shown = stateOf();
let turn = Promise.resolve(); // photos of a queue

/** What an address says of a photo, and nothing of one that was just opened; `open`: what was asked for below its result. */
function stateOf(asked = new URLSearchParams()) {
	return {
		seed: Number(asked.get("seed") ?? 0),
		left: asked.get("left") ?? "given",
		right: asked.get("right") ?? "auto",
		enhanced: asked.has("seed"),
		open: Object.fromEntries([...asked].filter(([name]) => name in OPENED)),
	};
}

// Photos in

$("drop").addEventListener("photos", ({ detail: { files, sample } }) => take(files, sample));

on("hero", () => document.querySelector("[data-sample]").click());
play($("hero").firstChild);

async function take(files, sample = null) {
	const entries = files.map(file => fresh("faces", file.name || "photo", file));
	if (entries.length === 1) await open(entries[0], { runs: Boolean(sample), far: Number(sample?.afar ?? 0) });
	else for (const one of entries) queue(one);
}

/** Shows a photo; its face is zoomed to by itself, and with `runs` it is enhanced as well; with `far` it is made so many pixels
 * across first. */
async function open(entry, { runs = false, far = 0 } = {}) {
	stop();
	trouble("");
	if (!(await load(entry))) return;
	if (!far) {
		go(`faces?photo=${entry.id}`);
		await keep(entry);
	}
	await look(entry, far);
	const face = entry.faces?.find(one => one.redrawn);
	if (current !== entry || stage.box || !face || busy()) return; // whoever is quicker than the search is not zoomed about
	if (far) {
		await afar(entry, far, true);
		return;
	}
	stage.chosen = face;
	const box = around(face.box);
	if (box.width < 0.8 * Math.min(stage.photo.width, stage.photo.height) || (await tooLarge())) await stage.zoom(box);
	if (runs && current === entry) await enhance();
}

/** Opens the file of an entry and puts it onto the stage. */
async function load(entry) {
	const own = memory.get(entry.id) ?? { answers: {} };
	try {
		if (!own.bitmap) {
			own.bitmap = await opened(entry);
			own.original = entry.original && (await createImageBitmap(entry.original));
		}
	} catch (error) {
		trouble(error.message);
		return false;
	}
	memory.set(entry.id, own);
	current = entry;
	shown = stateOf();
	$("drop").hidden = true;
	$("another").hidden = false;
	stage.chosen = null;
	stage.show(own.bitmap);
	$("title").textContent = `${entry.name}, ${own.bitmap.width} × ${own.bitmap.height} pixels`;
	reset();
	return true;
}

function welcome() {
	stop();
	current = null;
	stage.bare();
	stage.photo = null;
	$("drop").hidden = false;
	$("another").hidden = $("go").hidden = true;
	$("title").textContent = "";
	reset();
	$("go").hidden = true;
	say("");
}

async function look(entry, far) {
	say("Looking for faces…", true);
	try {
		entry.faces ??= (await insist("faces", entry.file, {}, { json: true })).facts.faces;
	} catch (error) {
		if (current === entry) trouble(`${error.message} Drag a box, and it will be enhanced all the same.`);
		return;
	}
	if (current !== entry) return;
	stage.faces = entry.faces;
	stage.draw();
	if (far && entry.faces.length) return;
	chips(entry);
	say(
		!entry.faces.length
			? "No face found. Drag a box anyway: it will be enlarged without inventing anything."
			: !entry.faces.some(face => face.redrawn)
				? "This face is sharp already: nothing needs inventing."
				: `${entry.faces.length === 1 ? "One face" : `${entry.faces.length} faces`} found.`,
	);
}

function chips(entry) {
	$("faces").replaceChildren(
		...entry.faces.slice(0, 8).map((face, n) =>
			h(
				"button",
				{
					type: "button",
					onclick: () => {
						stage.chosen = face;
						stage.zoom(around(face.box));
					},
				},
				`${entry.faces.length > 1 ? `Face ${n + 1}` : "The face"}: ${face.pixels_across} pixels`,
			),
		),
	);
	if (entry.faces[0]?.pixels_across >= 28 && !entry.original) {
		$("faces").append(h("button", { type: "button", onclick: () => afar(entry) }, "See it from afar first"));
	}
}

async function afar(entry, across = AFAR, runs = false) {
	const { bitmap } = memory.get(entry.id),
		ratio = across / entry.faces[0].pixels_across;
	const canvas = resized(bitmap, Math.max(16, bitmap.width * ratio), Math.max(16, bitmap.height * ratio));
	const small = fresh("faces", `small ${entry.name}`, await new Promise(done => canvas.toBlob(done, "image/png")));
	small.original = entry.file;
	small.note = "Seen from afar: it was made small here. The original can be put beside it.";
	await open(small, { runs });
}

// Enhance

/** Does a job, and what is to be done at its end in any case. */
const doing = work => {
	$("go").disabled = true;
	return job(work, failed => {
		if (failed && !stage.over) $("go").hidden = false;
		stage.rest();
		$("go").disabled = false;
	});
};

on("go", () => enhance());
on("again", () => {
	shown.seed += 1;
	enhance();
});
stage.addEventListener("zoomed", () => {
	stop();
	shown.enhanced = false;
	reset();
	chips(current);
	$("whole").hidden = !stage.box;
	go(address());
	const [left, top, right, bottom] = stage.shown;
	if (stage.box) say(`${right - left} × ${bottom - top} raw pixels. That is all there is.`);
	$("go").focus({ preventScroll: true });
});

const boxed = () => stage.shown.join(",");
const inside = ({ box: [l, t, r, b] }) => {
	const [left, top, right, bottom] = stage.shown;
	return l < right && r > left && t < bottom && b > top;
};
const chosen = () =>
	stage.chosen && inside(stage.chosen) ? stage.chosen : (current.faces ?? []).find(face => face.redrawn && inside(face));

async function tooLarge() {
	const [left, top, right, bottom] = stage.shown;
	return (right - left) * (bottom - top) > (await limits()).draw_pixels;
}

/** The picture of a way, over the box that is shown. */
async function answer(entry, way) {
	const own = memory.get(entry.id),
		key = `${way} ${way === "bicubic" || way === "original" ? "" : shown.seed} ${boxed()}`;
	if (way === "original") {
		const ratio = own.original.width / own.bitmap.width,
			[left, top, right, bottom] = stage.shown.map(edge => Math.round(edge * ratio));
		own.answers[key] ??= { bitmap: await createImageBitmap(own.original, left, top, right - left, bottom - top), facts: null };
	}
	if (!own.answers[key] && entry.result?.key === key)
		own.answers[key] = { ...entry.result, bitmap: await createImageBitmap(entry.result.blob) };
	if (!own.answers[key]) {
		const { blob, facts } = await insist("enhance", entry.file, { model: way, seed: shown.seed, box: boxed() }, hooks());
		own.answers[key] = { blob, facts, bitmap: await createImageBitmap(blob) };
	}
	return { key, ...own.answers[key] };
}

async function enhance(closes) {
	const entry = current;
	if (await tooLarge()) {
		const face = chosen() ?? (entry.faces ?? []).find(one => one.redrawn);
		if (face) await stage.zoom(around(face.box));
		if (await tooLarge()) {
			trouble("That is a lot of pixels at a time. Drag a box, or pinch, to zoom in first.");
			return;
		}
	}
	await doing(async rested => {
		if (!DRAWN.includes(shown.right)) shown.right = "auto";
		$("result").hidden = true;
		closed(closes);
		stage.bare();
		stage.wait();
		const drawn = await answer(entry, shown.right),
			under = await below(entry);
		if (current !== entry) return;
		shown.enhanced = true;
		go(address());
		finished(entry, drawn);
		rested();
		say("");
		await stage.develop(drawn.bitmap, under, area());
		$("left-end").hidden = $("right-end").hidden = false;
		say("Drag the line.");
	});
}

const area = () => {
	const [left, top, right, bottom] = stage.shown;
	return { left, top, width: right - left, height: bottom - top };
};
const below = async entry => (shown.left === "given" ? null : (await answer(entry, shown.left)).bitmap);

/** Shows both sides as they were chosen, without any show. */
async function compare() {
	const entry = current,
		drawn = shown.right === "given" ? { bitmap: stage.photo } : await answer(entry, shown.right),
		under = await below(entry);
	if (current !== entry) return;
	shown.enhanced = true;
	const over =
		shown.right === "given" ? await createImageBitmap(stage.photo, area().left, area().top, area().width, area().height) : drawn.bitmap;
	if (stage.split === 1) stage.divide(0.5);
	stage.compare(over, under, area());
	$("left-end").hidden = $("right-end").hidden = false;
	finished(entry, drawn);
	history.replaceState(null, "", address());
}

function finished(entry, drawn) {
	$("result").hidden = false;
	$("go").hidden = true;
	const names = Object.entries(WAYS).filter(
		([way]) => (way !== "original" || memory.get(entry.id).original) && (way !== LINEUP || shown.right === way),
	);
	for (const side of ["left", "right"]) {
		$(side).replaceChildren(...names.map(([way, name]) => h("option", { value: way, selected: way === shown[side] }, name)));
	}
	if (drawn.facts) words(entry, drawn.facts);
	if (drawn.blob) {
		entry.result = { key: drawn.key, blob: drawn.blob, facts: drawn.facts };
		Object.assign(entry, { url: address(), state: "enhanced", at: Date.now() });
		keep(entry);
	}
}

function words(entry, facts) {
	const drawn = facts.faces.filter(face => face.redrawn),
		face = chosen(),
		invents = facts.model !== "bicubic" && drawn.length > 0;
	const across = drawn.length === 1 && face ? [face.pixels_across] : drawn.map(one => one.pixels_across);
	$("facts").tell(
		[
			invents &&
				`${drawn.length === 1 ? "A face was" : `${drawn.length} faces were`} redrawn from ${across.join(", ")} pixels across. Each pixel became sixteen; what differs among them was imagined.`,
			facts.model === "bicubic" && "Nothing was invented: this is what the pixels say, smoothly joined.",
			facts.model !== "bicubic" && !drawn.length && "No face was redrawn here.",
			invents &&
				`${facts.lr_psnr_db < 40 ? "Countless other faces would fit as well" : "It agrees with the photo. So would countless other faces"}. It is not the person.`,
			entry.note,
			...facts.notes,
		],
		[
			["Pixels", `${facts.width} × ${facts.height}`],
			["Model", facts.model],
			["Seed", facts.seed],
			["Made small again, it is the photo to", `${Math.round(facts.lr_psnr_db)} dB (at 50 hardly a grey level is off)`],
			["Seconds", facts.seconds.toFixed(1)],
		],
	);
}

// What can be done with a result

for (const side of ["left", "right"]) {
	on(
		side,
		() =>
			doing(async () => {
				shown[side] = $(side).value;
				closed(["invented"]);
				await compare();
			}),
		"change",
	);
}
on("whole", () => {
	stage.chosen = null;
	stage.zoom(null);
});
on("glass", () => {
	stage.glass = press("glass");
	stage.loupe = null;
	stage.draw();
});
on("png", () => download("png"));
on("jpg", () => download("jpg"));
on(
	"opacity",
	() => {
		stage.opacity = $("opacity").value / 100;
		stage.draw();
	},
	"input",
);

/** What can be opened below a result: what does so, and where it is. The address says what is open. */
const OPENED = { beside: [beside, "grid"], lineup: [lineup, "cards"], turn: [dials, "dials"], invented: [invented, "veil"] },
	pressed = name => $(name).getAttribute("aria-pressed");
for (const name of Object.keys(OPENED))
	on(name, () => {
		if (pressed(name) !== "true") doing(() => show(name, name === "turn" ? "0,0,0" : "1"));
		else {
			closed([name]);
			go(address());
		}
	});

async function show(name, state) {
	if (pressed(name)) press(name, true);
	await OPENED[name][0](state);
	shown.open[name] ??= state;
	go(address());
}

function closed(names = Object.keys(OPENED)) {
	for (const name of names) {
		delete shown.open[name];
		$(OPENED[name][1]).hidden = true;
		if (pressed(name)) press(name, false);
		if (name === "invented") stage.map = null;
	}
	stage.draw();
}

const drawnBy = () => (DRAWN.includes(shown.right) ? shown.right : "auto");
const called = ending => `${base(current.name)}${ending}`;

function download(format) {
	return doing(async () => {
		say("Drawing the file…", true);
		const model = ["given", "original"].includes(shown.right) ? "auto" : shown.right;
		const { blob } = await insist("enhance", current.file, { model, seed: shown.seed, box: boxed(), format }, hooks());
		save(blob, called(`_x4.${format}`));
		say("Saved. The file says in its metadata that detail was invented.");
	});
}

async function beside() {
	const entry = current,
		ways = ["given", "bicubic", "face_x4_pixel", "auto", ...(memory.get(entry.id).original ? ["original"] : [])],
		part = area(),
		made = [];
	for (const way of ways) {
		const [canvas, pen] = sheet(480, (480 * part.height) / part.width, WAYS[way]);
		await put(pen, way, 0, 0, canvas.width, canvas.height);
		made.push(h("li", {}, h("figure", {}, canvas, h("figcaption", {}, WAYS[way]))));
	}
	$("grid").replaceChildren(h("h2", {}, "Side by side"), h("ul", { className: "cards wide" }, ...made));
	$("grid").hidden = false;
}

/** Draws a way into a canvas. */
async function put(pen, way, x, y, width, height) {
	const { left, top, width: across, height: down } = area(),
		picture = way === "given" ? null : (await answer(current, way)).bitmap;
	pen.imageSmoothingEnabled = Boolean(picture);
	pen.imageSmoothingQuality = "high";
	if (picture) pen.drawImage(picture, x, y, width, height);
	else pen.drawImage(stage.photo, left, top, across, down, x, y, width, height);
}

/** The face that is meant. */
const which = () => (chosen()?.number ? { face: chosen().number } : { box: boxed() });

async function dials(turns) {
	const { file, name } = current,
		asked = { ...which(), seed: shown.seed };
	say("Looking for what differs most among the faces that these pixels could have come from…", true);
	await $("dials").offer(name, turns, dials => {
		if (shown.open.turn) {
			shown.open.turn = dials;
			history.replaceState(null, "", address());
		}
		return insist("explore", file, { ...asked, dials }, hooks());
	});
}

async function lineup() {
	const entry = current,
		{ answers } = memory.get(entry.id),
		face = which(),
		key = JSON.stringify(face);
	say("Asking for eight faces that these pixels could have come from…", true);
	answers[key] ??= (await insist("lineup", entry.file, { ...face, seed: 0, n: 8 }, hooks({ json: true }))).facts;
	const told = answers[key];
	if (current !== entry) return;
	$("cards").replaceChildren(
		h("h2", {}, "Which of them was it?"),
		h(
			"ul",
			{ className: "cards" },
			...told.answers.map(({ seed, number, png }) =>
				card(
					({ currentTarget }) => {
						for (const one of $("cards").querySelectorAll("button")) one.setAttribute("aria-pressed", one === currentTarget);
						Object.assign(shown, { seed, right: told.model === LINEUP ? LINEUP : "auto" });
						stage.scrollIntoView({ block: "center" });
						enhance(["beside", "turn", "invented"]); // the line-up stays, to choose again
					},
					seed === shown.seed && shown.right === LINEUP,
					h("img", { src: `data:image/png;base64,${png}`, alt: "" }),
					h("span", {}, `Number ${number}`),
				),
			),
		),
		h("p", { className: "quiet" }, `${told.sentence}. ${told.says ?? ""} ${told.warning}`),
	);
	$("cards").hidden = false;
	$("cards").scrollIntoView({ block: "nearest" });
	say("Click a card to use that face.");
}

async function invented() {
	say("Measuring what was made up…", true);
	const one = stage.chosen?.number && inside(stage.chosen) ? { face: stage.chosen.number } : {}; // the one that was clicked
	const { blob, facts } = await insist("map", current.file, { model: drawnBy(), seed: shown.seed, box: boxed(), ...one }, hooks());
	for (const sentence of facts.sentences) $("facts").add(sentence);
	if (facts.measured && facts.sentences.length) {
		stage.map = await createImageBitmap(blob);
		$("veil").hidden = false;
		if (stage.split > 0.5) stage.divide(0.3);
		stage.draw();
		say("The brighter, the further a pixel may be from the truth.");
	} else say("Where it was made up cannot be drawn: this network was not measured for that yet.");
}

// To pass on

async function both() {
	const after = shown.right === "given" ? "auto" : shown.right,
		made = {};
	for (const [name, way] of Object.entries({ before: "given", after })) {
		const [canvas, pen] = sheet(1280, (1280 * area().height) / area().width);
		await put(pen, way, 0, 0, canvas.width, canvas.height);
		made[name] = canvas;
	}
	const shape = area().width / area().height;
	return [
		(pen, name, ...place) => {
			pen.imageSmoothingQuality = "high";
			pen.drawImage(made[name], ...place);
		},
		shape,
	];
}
passesOn(both, called, doing);

// The queue: many photos, one after another

function queue(entry) {
	const stopper = new AbortController();
	Object.assign(entry, { state: "waiting" });
	const cancels = ({ detail }) => {
		if (detail !== entry.id) return;
		stopper.abort();
		entry.state = "cancelled";
		keep(entry);
	};
	visit.addEventListener("cancel", cancels);
	const stored = keep(entry);
	turn = turn.then(async () => {
		await stored;
		if (stopper.signal.aborted) return;
		try {
			const bitmap = await opened(entry);
			entry.state = "drawing";
			await keep(entry);
			let box = [0, 0, bitmap.width, bitmap.height];
			if (bitmap.width * bitmap.height > (await limits()).draw_pixels) box = await largest(entry, bitmap, stopper.signal);
			const { blob, facts } = await insist(
				"enhance",
				entry.file,
				{ model: "auto", seed: 0, box: box.join(",") },
				{ signal: stopper.signal },
			);
			const whole = box[2] - box[0] === bitmap.width && box[3] - box[1] === bitmap.height;
			entry.result = { key: `auto 0 ${box.join(",")}`, blob, facts };
			entry.url = `faces?photo=${entry.id}${whole ? "" : `&box=${box.join(",")}`}&seed=0`;
			entry.state = "done";
		} catch (error) {
			entry.state = stopper.signal.aborted ? "cancelled" : error.message;
		} finally {
			visit.removeEventListener("cancel", cancels);
		}
		await keep(entry);
	});
}

/** A photo that is too large to be drawn at once is drawn around its largest face. */
async function largest(entry, bitmap, signal) {
	entry.faces ??= (await insist("faces", entry.file, {}, { json: true, signal })).facts.faces;
	const face = entry.faces.find(one => one.redrawn);
	if (!face) throw new Error("too large to be drawn at once, and without a small face");
	const { left, top, width, height } = around(face.box);
	return [Math.max(0, left), Math.max(0, top), Math.min(bitmap.width, left + width), Math.min(bitmap.height, top + height)].map(Math.round);
}

// Addresses: every state has one

function address() {
	const query = new URLSearchParams({ photo: current.id });
	if (stage.box) query.set("box", boxed());
	if (shown.enhanced) {
		for (const key of ["seed", "left", "right"]) query.set(key, shown[key]);
		for (const [name, state] of Object.entries(shown.open)) query.set(name, state);
		if (stage.chosen?.number) query.set("face", stage.chosen.number);
	}
	return `faces?${query}`.replaceAll("%2C", ",");
}

function go(url) {
	if (url !== `faces${location.search}`) history.pushState(null, "", url);
}

async function restore() {
	const asked = new URLSearchParams(location.search);
	trouble("");
	if (asked.has("queue")) {
		history.replaceState(null, "", "faces");
		for (const name of asked.get("queue").split(",")) {
			const one = await stored(name);
			if (one) queue(one);
		}
		return;
	}
	if (!asked.has("photo")) {
		welcome();
		return;
	}
	const found = await stored(asked.get("photo"));
	if (!found) {
		welcome();
		say("That photo has been forgotten.");
		return;
	}
	stop();
	if (current !== found && !(await load(found))) return;
	current = found;
	const box = asked.get("box")?.split(",").map(Number);
	stage.box = box ? { left: box[0], top: box[1], width: box[2] - box[0], height: box[3] - box[1] } : null;
	stage.view = stage.box ?? stage.all;
	stage.bare();
	reset();
	$("whole").hidden = !box;
	shown = stateOf(asked);
	if (!found.faces) {
		if (!box && !shown.enhanced && found.state === undefined) {
			await open(found);
			return;
		} // it was dropped on another page
		await look(found);
	}
	if (current !== found) return;
	stage.faces = found.faces ?? [];
	if (found.faces) chips(found);
	stage.chosen = stage.faces.find(({ number }) => number === Number(asked.get("face"))) ?? null;
	stage.draw();
	if (shown.enhanced)
		await doing(async () => {
			await compare();
			for (const [name, state] of Object.entries(shown.open)) await show(name, state);
		});
	else say("");
}
function reset() {
	for (const name of ["result", "left-end", "right-end"]) $(name).hidden = true;
	closed();
	press("glass", false);
	$("go").hidden = false;
	$("facts").clear();
	if (!current) $("faces").replaceChildren();
	$("whole").hidden = true;
}

states("faces", restore, ({ type }) => {
	if (type === "forgotten") memory.clear();
	welcome();
});
