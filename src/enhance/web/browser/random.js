// The random numbers of numpy: default_rng(seed), so that a seed gives the same picture here and in Python.
// SeedSequence and PCG64 (O'Neill, "PCG: a family of simple fast space-efficient statistically good algorithms", 2014), bounded
// integers after Lemire (2019), normal numbers by the ziggurat of Marsaglia & Tsang (2000) with 256 layers.

const U64 = (1n << 64n) - 1n,
	U128 = (1n << 128n) - 1n,
	MULTIPLIER = 0x2360ed051fc65da44385df649fccf645n;
const R = 3.654152885361009,
	V = 0.004928673233974652; // where the tail begins, and the area of a layer
const STEPS = 2 ** 23;

const K = new Float64Array(256),
	W = new Float32Array(256),
	F = new Float32Array(256);
{
	const density = x => Math.exp(-0.5 * x * x),
		q = V / density(R);
	let x = R,
		wider = R;
	[K[0], K[1], W[0], W[255], F[0], F[255]] = [Math.floor((R / q) * STEPS), 0, q / STEPS, R / STEPS, 1, density(R)];
	for (let n = 254; n >= 1; n -= 1) {
		x = Math.sqrt(-2 * Math.log(V / x + density(x)));
		K[n + 1] = Math.floor((x / wider) * STEPS);
		wider = x;
		F[n] = density(x);
		W[n] = x / STEPS;
	}
}

/** Eight words of 32 bits from whole numbers below 2**32. */
function seeded(entropy) {
	let constant = 0x43b0d7e5;
	const hashed = value => {
		value ^= constant;
		constant = Math.imul(constant, 0x931e8875);
		value = Math.imul(value, constant);
		return value ^ (value >>> 16);
	};
	const mixed = (x, y) => {
		const both = (Math.imul(0xca01f9dd, x) - Math.imul(0x4973f715, y)) | 0;
		return both ^ (both >>> 16);
	};
	const pool = [0, 1, 2, 3].map(n => hashed(entropy[n] ?? 0));
	for (let from = 0; from < 4; from += 1) {
		for (let to = 0; to < 4; to += 1) if (from !== to) pool[to] = mixed(pool[to], hashed(pool[from]));
	}
	constant = 0x8b51f9dd;
	return Array.from({ length: 8 }, (_, n) => {
		let value = pool[n % 4] ^ constant;
		constant = Math.imul(constant, 0x58f38ded);
		value = Math.imul(value, constant);
		return (value ^ (value >>> 16)) >>> 0;
	});
}

export class Random {
	/** Of one seed, or of a seed and the numbers of a part. */
	constructor(...entropy) {
		const words = seeded(entropy).map(BigInt),
			long = n => (words[n + 1] << 32n) | words[n];
		this.increment = ((((long(4) << 64n) | long(6)) << 1n) | 1n) & U128;
		this.state = (this.increment + ((long(0) << 64n) | long(2))) & U128;
		this.step();
		this.half = null; // of 64 bits those that 32 were not asked of yet
	}

	step() {
		this.state = (this.state * MULTIPLIER + this.increment) & U128;
	}

	bits64() {
		this.step();
		const folded = (this.state >> 64n) ^ (this.state & U64),
			turn = this.state >> 122n;
		return ((folded >> turn) | (folded << (64n - turn))) & U64;
	}

	bits32() {
		if (this.half !== null) {
			const kept = this.half;
			this.half = null;
			return kept;
		}
		const both = this.bits64();
		this.half = Number(both >> 32n);
		return Number(both & 0xffffffffn);
	}

	/** From 0 to below 1, with 53 bits. */
	number() {
		return Number(this.bits64() >> 11n) / 2 ** 53;
	}

	uniform(least, most) {
		return least + (most - least) * this.number();
	}

	/** A whole number from 0 to below `count`. */
	below(count) {
		if (count === 1) return 0;
		const refused = 2 ** 32 % count;
		for (;;) {
			const product = BigInt(this.bits32()) * BigInt(count);
			if (Number(product & 0xffffffffn) >= refused) return Number(product >> 32n);
		}
	}

	float() {
		return (this.bits32() >>> 8) / 2 ** 24;
	}

	normal() {
		for (;;) {
			const bits = this.bits32(),
				layer = bits & 255,
				step = (bits >>> 9) & 0x7fffff,
				sign = (bits >>> 8) & 1 ? -1 : 1;
			const x = sign * Math.fround(step * W[layer]);
			if (step < K[layer]) return x;
			if (layer === 0) {
				for (;;) {
					const beyond = -Math.log1p(-this.float()) / R,
						y = -Math.log1p(-this.float());
					if (2 * y > beyond * beyond) return (step >>> 8) & 1 ? -(R + beyond) : R + beyond;
				}
			} else if ((F[layer - 1] - F[layer]) * this.float() + F[layer] < Math.exp(-0.5 * x * x)) return x;
		}
	}

	normals(count) {
		return Float32Array.from({ length: count }, () => this.normal());
	}
}
