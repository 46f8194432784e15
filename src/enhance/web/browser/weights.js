// Unpacks networks as enhance/web/packing.py packs them, with its names: what was learnt by asymmetric numeral systems, the rest by LZMA;
// what is a product of something else is multiplied.
import { unpack } from "./lzma.js";

export const NETWORK = 0x4e;
const BLOCK = 512,
	LANES = 256,
	PRECISION = 14;

/** The bytes of an ONNX file. */
export function weights(file) {
	const large = new DataView(file.buffer, file.byteOffset).getUint32(1, true),
		plain = unpack(file.subarray(5, 5 + large)),
		[size, count, blocks, many] = new Uint32Array(plain.buffer, 0, 4),
		arrays = new Uint32Array(plain.buffer, 16, 5 * count),
		factors = new Float32Array(plain.buffer, 16, 5 * count),
		tables = 16 + 20 * count,
		chosen = plain.subarray(tables + 512 * many, tables + 512 * many + blocks),
		rest = plain.subarray(tables + 512 * many + blocks),
		coded = file.slice(5 + large).buffer;
	const numbers = decoded(
			new Uint32Array(coded, 0, LANES),
			new Uint16Array(coded, 4 * LANES),
			Array.from({ length: many }, (_, n) => table(new Uint16Array(plain.buffer, tables + 512 * n, 256))),
			chosen,
		),
		to = new Uint8Array(size),
		floats = new DataView(to.buffer);
	let [at, from, read] = [0, 0, 0];
	for (let n = 0; n < arrays.length; n += 5) {
		const [start, length, width] = arrays.subarray(n, n + 3);
		to.set(rest.subarray(from, from + start - at), at);
		from += start - at;
		at = start + length;
		for (let k = 0; k < width; k += 1) for (let place = start + k; place < at; place += width) to[place] = numbers[read++];
	}
	to.set(rest.subarray(from), at);
	for (let n = 0; n < arrays.length; n += 5) {
		const [start, length, width, other] = arrays.subarray(n, n + 4);
		if (!width) for (let k = 0; k < length; k += 4) floats.setFloat32(start + k, floats.getFloat32(other + k, true) * factors[n + 4], true);
	}
	return to;
}

/** Of each part of a state: which number it means; how often that comes, and how much lies before it. */
function table(often) {
	const before = new Uint16Array(256),
		means = new Uint8Array(1 << PRECISION);
	let sum = 0;
	for (const [number, times] of often.entries()) {
		before[number] = sum;
		means.fill(number, sum, (sum += times));
	}
	return { often, before, means };
}

function decoded(states, words, tables, chosen) {
	const to = new Uint8Array(BLOCK * chosen.length),
		part = (1 << PRECISION) - 1;
	let read = 0;
	for (let n = 0; n < to.length; ) {
		const { often, before, means } = tables[chosen[n / BLOCK]];
		for (const end = n + BLOCK; n < end; n += 1) {
			const lane = n % LANES,
				state = states[lane],
				slot = state & part,
				number = means[slot];
			let next = often[number] * (state >>> PRECISION) + slot - before[number];
			if (next < 65536) next = 65536 * next + words[read++];
			states[lane] = next;
			to[n] = number;
		}
	}
	return to;
}
