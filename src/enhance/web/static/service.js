// Talks to the service that this page came from, and to nothing else.
import { pause, say } from "./dom.js";
import { id } from "./visit.js"; // crypto.randomUUID does not exist over plain http on a name of the local network

export class Refused extends Error {
	constructor(code, message, retry) {
		super(message);
		this.code = code;
		this.retry = retry;
	}
}

const BUSY = { queue_full: "waiting", client_busy: "waiting", took_too_long: "busy" };
const AWAY = "the service does not answer; is `enhance serve` still running?";
const UNKNOWN = { upload_bytes: 40e6, look_pixels: 50e6, draw_pixels: 4e6, result_pixels: 64e6, seconds: 120, places: 8, tasks: {} };
let asked = null;

/** What the service takes, asked once. */
export function limits() {
	asked ??= fetch("v1/limits")
		.then(answer => (answer.ok ? answer.json() : {}))
		.catch(() => ({}))
		.then(told => ({ ...UNKNOWN, ...told }));
	return asked;
}

/** Whether it draws at once. */
export const live = async () => true;

/** Sends a picture, a form or words. Answers {blob, facts}: where JSON was asked for (`json`), blob is null and facts is all of
 * it. Calls progress({stage, before}) on the way; signal cancels; nothing is waited for much longer than the service may take. */
export async function send(what, body, options = {}, { progress, signal, json = false } = {}) {
	const { seconds } = await limits();
	const job = id(),
		secret = id(),
		query = new URLSearchParams({ ...options, job });
	const own = new AbortController(),
		stop = () => own.abort(signal.reason);
	const late = setTimeout(
		() => own.abort(new Refused("too_slow", "the service took too long; try a smaller part")),
		1000 * (2 * seconds + 15),
	);
	signal?.addEventListener("abort", stop, { once: true });
	if (signal?.aborted) stop();
	const events = progress && follow(job, progress);
	const cancel = () => fetch(`v1/jobs/${job}`, { method: "DELETE", headers: { "job-secret": secret }, keepalive: true }).catch(() => {});
	signal?.addEventListener("abort", cancel, { once: true });
	try {
		const headers = { "job-secret": secret, accept: json ? "application/json" : "image/png" };
		if (typeof body === "string") headers["content-type"] = "text/plain;charset=utf-8";
		else if (body instanceof Blob) headers["content-type"] = "application/octet-stream";
		const answer = await fetch(`v1/${what}?${query}`, { method: "POST", body, headers, signal: own.signal });
		if (!answer.ok) {
			const { error } = await answer.json().catch(() => ({ error: { code: "broken", message: `the service answered ${answer.status}` } }));
			throw new Refused(error.code, error.message, Number(answer.headers.get("retry-after")));
		}
		if (json || answer.headers.get("content-type")?.startsWith("application/json")) return { blob: null, facts: await answer.json() };
		return { blob: await answer.blob(), facts: JSON.parse(answer.headers.get("enhance-facts") ?? "null") };
	} catch (error) {
		if (error instanceof Refused || error.name === "AbortError") throw error;
		throw new Refused("away", AWAY);
	} finally {
		events?.close();
		clearTimeout(late);
		signal?.removeEventListener("abort", stop);
		signal?.removeEventListener("abort", cancel);
	}
}

function follow(job, progress) {
	const events = new EventSource(`v1/jobs/${job}/events`);
	events.onmessage = event => progress(JSON.parse(event.data));
	events.addEventListener("end", () => events.close());
	events.onerror = () => events.close();
	return events;
}

/** Like send, but waits politely while the queue is full or the machine has too much to do, for as long as anybody may wait. */
export async function insist(what, body, options, hooks = {}) {
	const until = performance.now() + 5 * 60_000,
		tell = hooks.progress ?? (told => say(inWords(told), true));
	for (let again = false; ; again = true) {
		try {
			const answer = await send(what, body, options, hooks);
			if (again && !hooks.progress) say("");
			return answer;
		} catch (error) {
			if (!(error.code in BUSY) || hooks.signal?.aborted || performance.now() > until) throw error;
			tell({ stage: BUSY[error.code], before: (await limits()).places });
			await pause(1000 * Math.min(10, error.retry || 2));
		}
	}
}

/** The pictures of an answer in JSON: {seed, blob} each. */
export const pictures = facts => facts.answers.map(({ seed, type, data }) => ({ seed, blob: decoded(data, type) }));

export function decoded(data, type = "image/png") {
	return new Blob([Uint8Array.from(atob(data), letter => letter.charCodeAt(0))], { type });
}

const STAGES = {
	receiving: "Sending to the program…",
	reading: "Reading…",
	drawing: "Drawing…",
	writing: "Nearly there…",
	busy: "The program has too much to do. Asking it again…",
	done: "",
};
export function inWords({ stage, before, share }) {
	if (stage === "waiting" && before) return `${before} before you…`;
	return stage === "drawing" && share > 0.02 && share < 1 ? `Drawing… ${Math.round(100 * share)} %` : (STAGES[stage] ?? "Waiting…");
}
