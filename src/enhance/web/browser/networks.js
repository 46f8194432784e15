// The networks, each loaded once, in onnxruntime-web: WASM with SIMD, one thread. Large files lie here packed.
import * as ort from "../ort/ort.wasm.min.mjs";
import { unpack } from "./lzma.js";

const here = name => new URL(`../${name}`, import.meta.url).href;
let runtime = null,
	told = null;
const sessions = new Map();

/** A file, from what this browser keeps, or else fetched and kept. Gzip (networks) begins with 1f; else it is LZMA (the runtime),
 * which is kept as it was before, for unpacking takes half a second. */
export async function unpacked(name) {
	const url = here(`${name}.packed`),
		kept = self.caches && (await caches.open(`enhance-${(await facts()).version}`)),
		keep = answer => kept?.put(url, answer).catch(() => {}), // a full disk costs only the next visit
		there = await kept?.match(url),
		answer = there ?? (await fetch(url));
	if (!answer.ok) throw new Error(`${name}: the server answered ${answer.status}`);
	const bytes = new Uint8Array(await answer.arrayBuffer());
	if (bytes[0] === 0x1f) {
		if (!there) await keep(new Response(bytes));
		return new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer());
	}
	if (bytes[0] === 0) return bytes; // a runtime as it was kept
	const runtime = unpack(bytes);
	await keep(new Response(runtime));
	return runtime;
}

/** What the program wrote down about its networks. */
export function facts() {
	told ??= fetch(here("data/facts.json")).then(answer => answer.json());
	return told;
}

export function load(name) {
	if (!sessions.has(name)) {
		runtime ??= unpacked("ort/ort-wasm-simd-threaded.wasm").then(binary => {
			Object.assign(ort.env.wasm, { numThreads: 1, wasmBinary: binary, wasmPaths: { mjs: here("ort/ort-wasm-simd-threaded.mjs") } });
		});
		const loaded = Promise.all([unpacked(`data/${name}.onnx`), runtime]).then(([bytes]) =>
			ort.InferenceSession.create(bytes, { executionProviders: ["wasm"], logSeverityLevel: 3 }),
		);
		loaded.catch(() => {
			sessions.delete(name);
			runtime = null;
		}); // asked again, it is tried again
		sessions.set(name, loaded);
	}
	return sessions.get(name);
}

/** Runs a network on {input: [numbers, shape]}; {output: Float32Array}. */
export async function run(name, given) {
	const session = await load(name);
	const tensors = Object.fromEntries(
		Object.entries(given).map(([input, [data, shape]]) => [
			input,
			new ort.Tensor("float32", data instanceof Float32Array ? data : Float32Array.from(data), shape),
		]),
	);
	const made = await session.run(tensors);
	return Object.fromEntries(Object.entries(made).map(([output, tensor]) => [output, tensor.data]));
}
