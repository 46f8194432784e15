// The networks, each loaded once, in onnxruntime-web: WASM with SIMD, one thread. What is drawn many times goes to the GPU, once it is
// known to be faster.
import * as ort from "../ort/ort.wasm.min.mjs";
import { here, unpacked } from "./files.js";
import { floats } from "./floats.js";
import { compare, drawn } from "./gpu.js";

const FLOATS = ["yunet"]; // fetched with weights of 8 bits, but computing with floats
let runtime = null;
const sessions = new Map();

export function load(name) {
	if (!sessions.has(name)) {
		runtime ??= unpacked("ort/ort-wasm-simd-threaded.wasm").then(binary => {
			Object.assign(ort.env.wasm, { numThreads: 1, wasmBinary: binary, wasmPaths: { mjs: here("ort/ort-wasm-simd-threaded.mjs") } });
		});
		const loaded = Promise.all([unpacked(`data/${name}.onnx`), runtime]).then(([bytes]) =>
			ort.InferenceSession.create(FLOATS.includes(name) ? floats(bytes) : bytes, { executionProviders: ["wasm"], logSeverityLevel: 3 }),
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
export async function run(name, numbers) {
	const given = Object.fromEntries(
			Object.entries(numbers).map(([input, [data, shape]]) => [
				input,
				[data instanceof Float32Array ? data : Float32Array.from(data), shape],
			]),
		),
		quick = await drawn(name, given);
	if (quick) return quick;
	const session = await load(name),
		tensors = Object.fromEntries(Object.entries(given).map(([input, [data, shape]]) => [input, new ort.Tensor("float32", data, shape)])),
		started = performance.now(),
		answer = await session.run(tensors),
		made = Object.fromEntries(Object.entries(answer).map(([output, tensor]) => [output, tensor.data]));
	compare(name, given, made, performance.now() - started);
	return made;
}
