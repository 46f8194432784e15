// The same calls as those of the page of `enhance serve`, answered by a worker in this browser: nothing is sent.
import { say } from "./dom.js";

export class Refused extends Error {
	constructor(code, message) {
		super(message);
		this.code = code;
	}
}

const jobs = new Map(),
	name = new URLSearchParams(location.search).get("gpu") ?? "", // see gpu.js
	page = document.querySelector("script[src$='.js']").src.split("/").pop(),
	warm = { "sketch.js": "sketch", "birds.js": "imagine", "faces.js": "enhance", "stripes.js": "translate", "holes.js": "fill" }[page];
let count = 0,
	loaded = false,
	begun = null,
	looked = null; // the photo in which faces were looked for

/** Draws beside the page; on the wall it begins only where it is asked. */
function worker() {
	if (begun) return begun;
	begun = new Worker(new URL("browser/worker.js", import.meta.url), { type: "module", name });
	begun.onmessage = answered;
	begun.onerror = event => {
		for (const { failed } of jobs.values())
			failed(new Refused("broken", event.message || "this browser cannot run the networks; a newer one can"));
	};
	return begun;
}
const answered = ({ data: { id, stage, share, made, error } }) => {
	const job = jobs.get(id);
	if (!job) return;
	if (stage) {
		if (!loaded && !job.silent) say("");
		loaded = true;
		if (job.what === "faces" && share) say(`Looking for faces… ${Math.round(100 * share)} %`, true);
		job.progress?.({ stage, share });
		return;
	}
	if (error) job.failed(new Refused(error.code, error.message));
	else job.done({ blob: made.answers[0]?.data ?? null, facts: made });
	if (made?.answers.length) dispatchEvent(new Event("drawn"));
};

// Fetched at once is what the page needs in any case; the rest when it is known to be needed, by what the visitor turns to.
const fetches = options => worker().postMessage({ warm, options });
if (warm) fetches({ to: new URLSearchParams(location.search).get("to") });
for (const kind of ["pointerover", "focusin", "dragenter", "click"])
	document.addEventListener(kind, ({ target }) => {
		const sample = target.closest?.("[data-sample], #hero"); // which are clean
		if (warm === "enhance" && sample) fetches({ clean: true });
		if (warm === "translate" && (sample || kind === "dragenter" || target.id === "pick"))
			fetches({ to: document.querySelector("[name=to]:checked").value });
	});
document.getElementById("stage")?.addEventListener("zoomed", ({ target: { box, shown } }) => {
	if (box && looked) worker().postMessage({ what: "prepare", body: looked, options: { box: shown.join(",") } });
});

/** Whether it draws without fetching what may not be needed. */
export const live = async () => Boolean(await self.caches?.match(new URL("data/face_x4_gan.onnx.packed", import.meta.url)));

export const limits = async () => ({
	upload_bytes: 40e6,
	look_pixels: 50e6,
	draw_pixels: page === "faces.js" ? 1e6 : 4e6,
	tasks: { translate: { to: ["zebra", "horse"] } },
});

/** Asks for pictures; {blob, facts}, blob the first of them. A call whose signal aborts is given up at once. */
export function insist(what, body, options = {}, { progress, signal, silent } = {}) {
	const id = (count += 1);
	if (what === "faces") looked = body;
	if (!loaded && !silent) say("Fetching the network, once. After that it works without the internet…", true);
	return new Promise((done, failed) => {
		signal?.throwIfAborted();
		jobs.set(id, { what, done, failed, progress, silent });
		signal?.addEventListener(
			"abort",
			() => {
				worker().postMessage({ cancel: id });
				failed(signal.reason);
			},
			{ once: true },
		);
		worker().postMessage({ id, what, body: body instanceof FormData ? Object.fromEntries(body) : body, options });
	}).finally(() => jobs.delete(id));
}
export const send = insist;

export const pictures = facts => facts.answers.map(({ seed, data }) => ({ seed, blob: data }));
/** In the service pictures come as text; here they are files already. */
export const decoded = blob => blob;
export const inWords = ({ stage, share }) =>
	stage !== "drawing" ? "Waiting…" : share > 0.02 && share < 1 ? `Drawing… ${Math.round(100 * share)} %` : "Drawing…";
