// A hole is brushed into a photo, and filled four times.
import "./frame.js";
import "./drop.js";
import "./facts.js";
import "./stage.js";
import { Bench } from "./bench.js";
import { $, card, h, on, press, say, sheet, within } from "./dom.js";
import { insist, pictures } from "./service.js";
import { keep } from "./visit.js";

const stage = $("stage");
let answers = []; // {seed, blob, bitmap}
let first = 0; // seed of the first of them

const bench = new Bench("holes", {
	opens: entry => {
		stage.strokes = [...(entry.strokes ?? [])];
		brushing();
	},
	leaves: () => {
		stage.brush = null;
		stage.classList.remove("brushes");
		stage.strokes = [];
		for (const name of ["tools", "go", "edit", "answers"]) $(name).hidden = true;
	},
	shows: async entry => {
		first = entry.result.first ?? 0;
		answers = [{ seed: entry.result.seed, blob: entry.result.blob, bitmap: await createImageBitmap(entry.result.blob) }];
		tell(entry.result.facts);
		await choose(answers[0], false);
	},
});
bench.keeps(() => "filled");

function brushing() {
	stage.bare();
	tools();
	$("tools").hidden = $("go").hidden = false;
	$("result").hidden = $("answers").hidden = $("edit").hidden = true;
	$("facts").clear();
	changed();
	say("Paint over what should go.");
}

function tools() {
	const erases = document.querySelector("[name=tool]:checked").value === "eraser";
	const side = stage.photo ? Math.min(stage.photo.width, stage.photo.height) : 100;
	stage.brush = { size: Math.max(2, (side * Number($("size").value) ** 1.4) / 2400), erases };
	stage.classList.add("brushes");
}

function changed() {
	stage.draw();
	$("go").disabled = $("undo").disabled = $("clear").disabled = !stage.strokes.length;
}

const fill = () =>
	bench.doing(
		"Filling it four times…",
		async (hooks, rests) => {
			const { entry } = bench,
				form = new FormData();
			form.append("photo", entry.file, "photo");
			form.append("mask", await new Promise(done => stage.mask().toBlob(done, "image/png")), "mask.png");
			entry.strokes = stage.strokes;
			const { facts } = await insist("fill", form, { n: 4, seed: first, format: "png" }, hooks);
			answers = await Promise.all(pictures(facts).map(async one => ({ ...one, bitmap: await createImageBitmap(one.blob) })));
			rests();
			tell(facts);
			await bench.finished(answers[0].blob, facts, { seed: answers[0].seed, first });
			await choose(answers[0], true);
		},
		false,
	);

function tell(facts) {
	const { width, height } = stage.photo,
		share = (100 * facts.hole_pixels) / (width * height);
	$("facts").tell(
		[
			`Invented pixels: ${facts.hole_pixels.toLocaleString("en")} (${share.toFixed(1)} %). Every other pixel is as it was.`,
			facts.faces?.length
				? `${facts.faces.length === 1 ? "A face was" : `${facts.faces.length} faces were`} completed. It is not the person.`
				: null,
			"What was really there cannot be known from the photo.",
			bench.entry.note,
			...(facts.notes ?? []),
		],
		[
			["Model", facts.model],
			["Seconds", facts.seconds?.toFixed?.(1) ?? "?"],
		],
	);
}

/** Shows one of the answers beside the photo with its hole. */
async function choose(one, develops) {
	stage.brush = null;
	stage.classList.remove("brushes");
	const strokes = bench.entry.strokes ?? [];
	$("tools").hidden = $("go").hidden = true;
	$("edit").hidden = $("result").hidden = false;
	$("answers").hidden = answers.length < 2;
	$("answers")
		.querySelector("ul")
		.replaceChildren(
			...answers.map(each =>
				card(
					async () => {
						await bench.finished(each.blob, bench.entry.result.facts, { seed: each.seed, first });
						await choose(each, false);
					},
					each === one,
					around(each.bitmap, strokes),
					h("span", {}, `Answer ${each.seed + 1}`),
				),
			),
		);
	differing(false);
	stage.strokes = [];
	const least = Math.min(...strokes.flatMap(({ points, size }) => points.map(([x]) => x - size)), stage.photo.width);
	const rest = within(least / stage.photo.width, 0.5, 0.05); // left of the hole, so that what fills it is seen
	if (develops) await stage.develop(one.bitmap, null, stage.all, rest);
	else {
		if (stage.split === 1) stage.divide(rest);
		stage.compare(one.bitmap, null, stage.all);
	}
	await keep(bench.entry);
}

/** The part of an answer around the hole. */
function around(bitmap, strokes) {
	const all = strokes.flatMap(({ points, size }) => points.map(([x, y]) => [x - size, y - size, x + size, y + size]));
	const edges = [0, 1, 2, 3].map(n =>
		(n < 2 ? Math.min : Math.max)(...all.map(box => box[n]), ...(all.length ? [] : [n < 2 ? 0 : Math.min(bitmap.width, bitmap.height)])),
	);
	const side = Math.min(bitmap.width, bitmap.height, Math.max(edges[2] - edges[0], edges[3] - edges[1]) * 1.2);
	const left = within((edges[0] + edges[2] - side) / 2, bitmap.width - side),
		top = within((edges[1] + edges[3] - side) / 2, bitmap.height - side);
	const [canvas, pen] = sheet(200, 200);
	pen.drawImage(bitmap, left, top, side, side, 0, 0, 200, 200);
	return canvas;
}

/** Where the answers differ from one another: the brighter, the more. */
function difference() {
	const { width, height } = stage.photo,
		canvas = h("canvas", { width, height }),
		pen = canvas.getContext("2d", { willReadFrequently: true });
	const all = answers.map(({ bitmap }) => {
		pen.drawImage(bitmap, 0, 0, width, height);
		return pen.getImageData(0, 0, width, height).data;
	});
	const made = pen.createImageData(width, height);
	for (let n = 0; n < made.data.length; n += 4) {
		let spread = 0;
		for (let c = 0; c < 3; c += 1) {
			let least = 255,
				most = 0;
			for (const data of all) {
				least = Math.min(least, data[n + c]);
				most = Math.max(most, data[n + c]);
			}
			spread = Math.max(spread, most - least);
		}
		made.data.set([255, 220 - spread, 60, Math.min(255, 5 * spread)], n);
	}
	pen.putImageData(made, 0, 0);
	return canvas;
}

function differing(on) {
	press("differ", on);
	$("differ").disabled = answers.length < 2;
	stage.map = on ? difference() : null;
	stage.opacity = on ? 0.9 : 0.6;
	if (on && stage.split > 0.3) stage.divide(0);
	stage.draw();
}

stage.addEventListener("brushed", changed);
on("go", () => {
	first = 0;
	fill();
});
on("more", () => {
	first += 4;
	stage.strokes = [...bench.entry.strokes];
	fill();
});
on("edit", () => {
	stage.strokes = [...(bench.entry.strokes ?? [])];
	history.pushState(null, "", `holes?photo=${bench.entry.id}`);
	brushing();
});
on("undo", () => {
	stage.strokes.pop();
	changed();
});
on("clear", () => {
	stage.strokes = [];
	changed();
});
on("size", tools, "input");
for (const radio of document.querySelectorAll("[name=tool]")) radio.addEventListener("change", tools);
on("differ", () => differing($("differ").getAttribute("aria-pressed") !== "true"));
bench.begin();
