// The files beside the scripts. Large ones lie here packed, and are kept once they were used.
import { unpack } from "./lzma.js";
import { NETWORK, weights } from "./weights.js";

export const here = name => new URL(`../${name}`, import.meta.url).href;
let told = null;

/** A file that was given and cannot be used. */
export class Unreadable extends Error {
	code = "bad_photo";
}

/** What the program wrote down about its networks. */
export function facts() {
	told ??= fetch(here("data/facts.json")).then(answer => answer.json());
	return told;
}

/** What this browser keeps of this version; nothing, where it may keep nothing. */
export const kept = async () => self.caches && caches.open(`enhance-${(await facts()).version}`);

/** A file, from what this browser keeps, or else fetched and kept. It begins with 1f where it is gzip; what is neither that nor a network
 * is LZMA (a runtime), which is kept as it was before, for unpacking takes half a second. */
export async function unpacked(name) {
	const url = here(`${name}.packed`),
		store = await kept(),
		keep = answer => store?.put(url, answer).catch(() => {}), // a full disk costs only the next visit
		there = await store?.match(url),
		answer = there ?? (await fetch(url));
	if (!answer.ok) throw new Error(`${name}: the server answered ${answer.status}`);
	const bytes = new Uint8Array(await answer.arrayBuffer());
	if (bytes[0] === 0x1f || bytes[0] === NETWORK) {
		if (!there) await keep(new Response(bytes));
		if (bytes[0] === NETWORK) return weights(bytes);
		return new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer());
	}
	if (bytes[0] === 0) return bytes; // a runtime as it was kept
	const runtime = unpack(bytes);
	await keep(new Response(runtime));
	return runtime;
}

/** What lies in a file of tables. */
export const tables = async name => JSON.parse(new TextDecoder().decode(await unpacked(`data/${name}.json`)));
