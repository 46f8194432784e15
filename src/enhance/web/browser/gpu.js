// Whether the GPU draws what is drawn many times. Nobody waits for it: beside what WebAssembly draws, it shows in a worker of its own
// that it draws the same, and faster. Where it does not, or fails, it is not asked again.
import { here, kept } from "./files.js";

/** What is drawn many times: line-ups, dials, the answers behind a map. */
const OFTEN = ["face_x4_lineup", "face_x4_grainy", "face_x4_grainy_lineup"],
	LEAST = 30; // dB between its drawing and that of WebAssembly, which rounds to 8 bits
/** What an address says of it, as in faces?gpu=never; workers are named so. "any" lets software try, too, "always" looks at no clock. */
const SETTING = self.name,
	VERDICT = here("gpu"); // where it is kept that the GPU is not asked
const jobs = new Map(),
	networks = new Map(), // whether one is tried (a promise), and then whether the GPU draws it
	least = new Map(); // milliseconds that WebAssembly took for a network and a size
let worker = null,
	off = SETTING === "never" || !navigator.gpu || !self.Worker;

/** Lets it try what is drawn from now on. */
export async function begin() {
	if (off || worker) return;
	if (!SETTING && (await (await kept())?.match(VERDICT))) off = true;
	if (off || worker) return;
	worker = new Worker(new URL("gpu_worker.js", import.meta.url), { type: "module", name: SETTING });
	worker.onmessage = ({ data: { id, error, lasting, ...told } }) => {
		if (error) end(lasting);
		else jobs.get(id)?.done(told);
		jobs.delete(id);
	};
	worker.onerror = () => end(false);
}

/** It is not asked again, `lasting`: in no later visit either. */
async function end(lasting) {
	off = true;
	worker?.terminate();
	for (const { failed } of jobs.values()) failed(new Error("the GPU draws nothing"));
	jobs.clear();
	if (lasting) await (await kept())?.put(VERDICT, new Response("no")).catch(() => {});
}

const ask = order =>
	new Promise((done, failed) => {
		const id = jobs.size ? Math.max(...jobs.keys()) + 1 : 1;
		jobs.set(id, { done, failed });
		worker.postMessage({ id, ...order });
	});

/** What a network makes, drawn by the GPU; null where WebAssembly is to draw it. */
export async function drawn(name, given) {
	if (off || networks.get(name) !== true) return null;
	return (await ask({ name, given }).catch(() => null))?.made ?? null;
}

/** Hears what WebAssembly made, and how long it took. */
export function compare(name, given, made, milliseconds) {
	if (off || !worker || !OFTEN.includes(name) || networks.get(name) === true) return;
	const size = `${name} ${given.lr[1]}`;
	least.set(size, Math.min(milliseconds, least.get(size) ?? Number.POSITIVE_INFINITY));
	if (networks.has(name)) return;
	networks.set(
		name,
		attempt(name, given, made, size).catch(() => {}),
	);
}

async function attempt(name, given, made, size) {
	const told = await ask({ name, given, twice: true }), // the first time it compiles
		faster = SETTING === "always" || told.milliseconds < least.get(size),
		alike = Object.keys(made).every(output => agreement(told.made[output], made[output]) > LEAST);
	if (faster && alike) networks.set(name, true);
	else await end(true);
}

/** Whether the GPU draws a network, as soon as that is known. */
export const settled = async name => {
	await networks.get(name);
	return !off && networks.get(name) === true;
};

function agreement(one, other) {
	const clip = value => Math.min(1, Math.max(0, value));
	let sum = 0;
	for (let n = 0; n < one.length; n += 1) sum += (clip(one[n]) - clip(other[n])) ** 2;
	return -10 * Math.log10(sum / one.length);
}
