// Unpacks LZMA, in the form that Python's lzma calls FORMAT_ALONE, with the size in its head. What runs the networks is 1.7 MB in it
// and 2.9 in gzip, the one that browsers unpack themselves; it takes half a second, once. (Pavlov, "LZMA specification".)

const FULL = 2048, // a probability of one half is 1024
	TURN = 5, // how slowly probabilities learn
	LEAST = 2 ** 24,
	STATES = 12,
	PLACES = 16, // positions that are told apart, at most
	SHORTEST = 2, // bytes that are copied, at least
	FAR = 4, // lengths that tell distances apart
	ALIGNED = 16;

/** The bytes of a file. */
export function unpack(from) {
	const lc = from[0] % 9,
		lp = Math.floor(from[0] / 9) % 5,
		pb = Math.floor(from[0] / 45),
		head = new DataView(from.buffer, from.byteOffset, 13),
		size = Number(head.getBigUint64(5, true)),
		to = new Uint8Array(size);

	let count = 0;
	const room = many => {
		count += many;
		return count - many;
	};
	const lengths = () => ({ choice: room(2), low: room(PLACES * 8), middle: room(PLACES * 8), high: room(256) });
	const isMatch = room(STATES * PLACES),
		isAgain = room(STATES),
		isOlder = room(STATES),
		isOldest = room(2 * STATES),
		isLong = room(STATES * PLACES),
		slots = room(FAR * 64),
		special = room(128),
		aligned = room(ALIGNED),
		fresh = lengths(),
		again = lengths(),
		literals = room(0x300 << (lc + lp)),
		odds = new Uint16Array(count).fill(FULL / 2);

	let at = 18,
		range = 0xffffffff,
		code = new DataView(from.buffer, from.byteOffset + 14, 4).getUint32(0),
		n = 0,
		state = 0,
		[near, second, third, fourth] = [0, 0, 0, 0];

	const bit = place => {
		const odd = odds[place],
			bound = (range >>> 11) * odd;
		let one = 0;
		if (code < bound) {
			range = bound;
			odds[place] = odd + ((FULL - odd) >> TURN);
		} else {
			range -= bound;
			code -= bound;
			odds[place] = odd - (odd >> TURN);
			one = 1;
		}
		if (range < LEAST) {
			range = (range << 8) >>> 0;
			code = ((code << 8) | from[at++]) >>> 0;
		}
		return one;
	};
	const tree = (place, bits) => {
		let found = 1;
		for (let k = 0; k < bits; k += 1) found = (found << 1) | bit(place + found);
		return found - (1 << bits);
	};
	const backwards = (place, bits) => {
		let found = 1,
			value = 0;
		for (let k = 0; k < bits; k += 1) {
			const one = bit(place + found);
			found = (found << 1) | one;
			value |= one << k;
		}
		return value;
	};
	const straight = bits => {
		let value = 0;
		for (let k = 0; k < bits; k += 1) {
			range >>>= 1;
			const one = code >= range ? 1 : 0;
			if (one) code -= range;
			value = 2 * value + one;
			if (range < LEAST) {
				range = (range << 8) >>> 0;
				code = ((code << 8) | from[at++]) >>> 0;
			}
		}
		return value;
	};
	const length = (coder, place) => {
		if (!bit(coder.choice)) return tree(coder.low + 8 * place, 3);
		if (!bit(coder.choice + 1)) return 8 + tree(coder.middle + 8 * place, 3);
		return 16 + tree(coder.high, 8);
	};
	const distance = long => {
		const slot = tree(slots + 64 * Math.min(long, FAR - 1), 6);
		if (slot < 4) return slot;
		const bits = (slot >> 1) - 1,
			base = (2 | (slot & 1)) * 2 ** bits;
		if (slot < 14) return base + backwards(special + base - slot, bits);
		return base + straight(bits - 4) * ALIGNED + backwards(aligned, 4);
	};

	while (n < size) {
		const place = n & ((1 << pb) - 1);
		if (!bit(isMatch + state * PLACES + place)) {
			const before = n ? to[n - 1] : 0,
				table = literals + 0x300 * (((n & ((1 << lp) - 1)) << lc) + (before >> (8 - lc)));
			let found = 1;
			if (state >= 7) {
				let like = to[n - near - 1];
				while (found < 0x100) {
					const wanted = (like >> 7) & 1,
						one = bit(table + ((1 + wanted) << 8) + found);
					like <<= 1;
					found = (found << 1) | one;
					if (one !== wanted) break;
				}
			}
			while (found < 0x100) found = (found << 1) | bit(table + found);
			to[n++] = found;
			state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
			continue;
		}
		let long;
		if (bit(isAgain + state)) {
			if (!bit(isOlder + state)) {
				if (!bit(isLong + state * PLACES + place)) {
					to[n] = to[n - near - 1];
					n += 1;
					state = state < 7 ? 9 : 11;
					continue;
				}
			} else if (!bit(isOldest + state)) [near, second] = [second, near];
			else if (!bit(isOldest + STATES + state)) [near, second, third] = [third, near, second];
			else [near, second, third, fourth] = [fourth, near, second, third];
			long = length(again, place);
			state = state < 7 ? 8 : 11;
		} else {
			[second, third, fourth] = [near, second, third];
			long = length(fresh, place);
			state = state < 7 ? 7 : 10;
			near = distance(long);
		}
		const end = Math.min(size, n + long + SHORTEST);
		if (near >= n) throw new Error("a file did not arrive whole; load the page again");
		for (let back = n - near - 1; n < end; ) to[n++] = to[back++];
	}
	return to;
}
