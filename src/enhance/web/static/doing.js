// One thing at a time: what is begun ends what was begun before, says how far it is, and why it failed.
import { $, on, say, trouble } from "./dom.js";
import { inWords } from "./service.js";

let running = null; // AbortController of what is done

export const stop = () => running?.abort();
export const busy = () => Boolean(running);
if ($("cancel")) on("cancel", stop);

/** For what is asked of the service while a job is done: so it can be cancelled, and it tells how far it is. */
export function hooks(more = {}) {
	const mine = running;
	if (!mine) return more;
	return {
		signal: mine.signal,
		progress: told => {
			const text = inWords(told);
			if (text && running === mine) say(text, true);
		},
		...more,
	};
}

const offers = may => {
	if ($("cancel")) $("cancel").hidden = !may;
};

/** Does a job; `ends(failed)` is told of its end, unless another has begun. */
export async function doing(work, ends) {
	stop();
	trouble("");
	const mine = (running = new AbortController());
	let failed = false;
	offers(true);
	try {
		await work(() => offers(false));
	} catch (error) {
		failed = true;
		if (running === mine) {
			if (error.name === "AbortError" || error.code === "cancelled") say("Cancelled.");
			else trouble(error.message);
		}
	}
	if (running !== mine) return;
	running = null;
	if (say.stays) say("");
	offers(false);
	ends?.(failed);
}
