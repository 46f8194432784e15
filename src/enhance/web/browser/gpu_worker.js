// Runs networks of floats on the GPU, in onnxruntime-web. It fetches nothing before it has one.
import { here, kept, unpacked } from "./files.js";
import { floats } from "./floats.js";

const RUNTIME = "ort/ort.webgpu.bundle.min.mjs";
const sessions = new Map();
let runtime = null,
	fetched = false; // what fails afterwards is no matter of the network

async function start() {
	const adapter = await navigator.gpu.requestAdapter({ powerPreference: "high-performance" }),
		software = adapter && (adapter.info?.isFallbackAdapter ?? adapter.isFallbackAdapter);
	if (!adapter || (software && !["any", "always"].includes(self.name))) throw new Error("there is no GPU");
	const [ort, wasmBinary] = await Promise.all([import(here(RUNTIME)), unpacked("ort/ort-wasm-simd-threaded.jsep.wasm"), keep(RUNTIME)]);
	Object.assign(ort.env.wasm, { numThreads: 1, wasmBinary });
	ort.env.webgpu.adapter = adapter;
	return ort;
}

/** The service worker keeps scripts before anybody asks for them; this one only where it is used. */
async function keep(script) {
	const store = await kept().catch(() => null);
	if (store && !(await store.match(here(script)))) await store.add(here(script)).catch(() => {});
}

async function load(name) {
	runtime ??= start();
	const [ort, bytes] = await Promise.all([runtime, unpacked(`data/${name}.onnx`)]);
	fetched = true;
	const session = await ort.InferenceSession.create(floats(bytes), { executionProviders: ["webgpu"], logSeverityLevel: 3 });
	ort.env.webgpu.device.lost.then(() => failed(new Error("the GPU was lost")));
	return session;
}

const failed = error => postMessage({ error: error.message, lasting: fetched });

async function answer({ id, name, given, twice }) {
	const session = await sessions.get(name),
		{ Tensor } = await runtime,
		tensors = Object.fromEntries(Object.entries(given).map(([input, [data, shape]]) => [input, new Tensor("float32", data, shape)]));
	if (twice) await session.run(tensors);
	const started = performance.now(),
		made = await session.run(tensors),
		milliseconds = performance.now() - started;
	postMessage({ id, milliseconds, made: Object.fromEntries(Object.entries(made).map(([output, { data }]) => [output, data])) });
}

let last = Promise.resolve();
self.onmessage = ({ data }) => {
	if (!sessions.has(data.name)) sessions.set(data.name, load(data.name));
	last = last.then(() => answer(data)).catch(failed);
};
