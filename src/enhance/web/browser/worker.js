// Draws, beside the page, so that the page stays awake. Jobs come one after the other; those that were cancelled are left out.
import { facts } from "./files.js";
import { begin } from "./gpu.js";
import { load } from "./networks.js";
import { canvasOf } from "./pixels.js";
import { filled, stamped } from "./stamp.js";

const LOOKING = ["yunet", "estimator"],
	LINEUP = "face_x4_lineup";
const faces = () => import("./faces.js");
/** What draws, fetched when it is first asked for, its name there, and the networks that it needs in any case for some options. Others are
 * fetched when they are known to be needed: which one draws a face depends on the photo. */
const TRICKS = {
	sketch: [() => import("./cats.js"), "sketch", () => ["sketch_cat"]],
	imagine: [() => import("./birds.js"), "imagine", () => ["bird"]],
	faces: [faces, "look", () => ["yunet"]],
	enhance: [faces, "enhance", ({ clean }) => [...LOOKING, "photo_x4_pixel", ...(clean ? ["face_x4_gan"] : [])]],
	prepare: [faces, "prepare", () => LOOKING],
	lineup: [faces, "lineup", () => [...LOOKING, LINEUP]],
	explore: [() => import("./dials.js"), "explore", () => [...LOOKING, LINEUP]],
	map: [faces, "map", () => [...LOOKING, LINEUP]],
	translate: [() => import("./zebras.js"), "translate", ({ to }) => ["animals", ...(to === "zebra" || to === "horse" ? [to] : [])]],
	fill: [() => import("./holes.js"), "fill", () => ["photo_fill", "yunet"]],
};
const MANY = ["lineup", "explore", "map"]; // tricks that draw many times
const TYPES = { jpg: "image/jpeg", webp: "image/webp" };
const cancelled = new Set();
let last = Promise.resolve();

self.onmessage = ({ data: { id, cancel, warm, what, body, options } }) => {
	if (warm) {
		Promise.all([TRICKS[warm][0](), ...TRICKS[warm][2](options).map(load)]).catch(() => {});
		return;
	}
	if (cancel) {
		cancelled.add(cancel);
		return;
	}
	last = last.then(() => (cancelled.has(id) ? null : answer(id, what, body, options)));
};

async function answer(id, what, body, options) {
	const started = performance.now();
	try {
		const [fetched, name, models] = TRICKS[what],
			[{ [name]: work }] = await Promise.all([fetched(), ...models(options).map(load)]);
		postMessage({ id, stage: "drawing" });
		if (MANY.includes(what)) begin();
		const made = await work(body, options, share => postMessage({ id, stage: "drawing", share })),
			{ stamps, networks } = await facts();
		const answers = await Promise.all(
			made.answers.map(async ({ seed, planes }) => {
				const blob = await canvasOf(planes).convertToBlob({ type: TYPES[options.format] ?? "image/png", quality: 0.92 });
				return { seed, type: blob.type, data: await stamped(blob, stampOf(stamps[what] ?? stamps.enhance, seed, made, networks)) };
			}),
		);
		if (made.mask) made.facts.mask = await canvasOf([made.mask, made.mask, made.mask]).convertToBlob();
		if (what === "lineup")
			for (const [n, card] of answers.entries())
				Object.assign(card, { number: n + 1, png: new FileReaderSync().readAsDataURL(card.data).split(",")[1] });
		postMessage({ id, made: { ...made.facts, seconds: (performance.now() - started) / 1000, answers } });
	} catch (error) {
		postMessage({ id, error: { code: error.code ?? "broken", message: error.message } });
	}
}

function stampOf(template, seed, { facts: { words = "" }, stamp, said }, networks) {
	if (said !== undefined)
		return said && filled(template[Math.min(said.BOXES.length, 2) - 1], { SEED: seed, ...said, ...listed(said.BOXES) });
	if (!stamp) return filled(template, { SEED: seed, WORDS: words });
	const { model, rest, agreement, boxes } = stamp,
		drawn = [model, ...rest].filter(Boolean),
		text = drawn.length ? template[Math.min(boxes.length, 2)] : template[3];
	return filled(text, {
		SEED: seed,
		MODEL: drawn.join(" + "),
		DIGITS: drawn.map(name => networks[name].digits).join(" + "),
		AGREEMENT: agreement.toFixed(2),
		...listed(boxes),
	});
}

const listed = boxes => ({ COUNT: boxes.length, BOXES: { raw: boxes.map(box => `<rdf:li>${box}</rdf:li>`).join("") } });
