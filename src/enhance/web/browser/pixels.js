// Arithmetic on planes {data: Float32Array, width, height}, as OpenCV and Pillow do it.

export const plane = (width, height, data = new Float32Array(width * height)) => ({ data, width, height });

/** Along both axes, each new pixel a weighted sum of old ones; taps(size, target) gives [first, weights] for each. */
function resampled(from, width, height, taps, tapsDown = taps) {
	const across = taps(from.width, width),
		down = tapsDown(from.height, height);
	const wide = plane(width, from.height),
		to = plane(width, height);
	for (let y = 0; y < from.height; y += 1) {
		across.forEach(([first, weights], x) => {
			let sum = 0;
			for (let n = 0; n < weights.length; n += 1) sum += weights[n] * from.data[y * from.width + first + n];
			wide.data[y * width + x] = sum;
		});
	}
	down.forEach(([first, weights], y) => {
		for (let x = 0; x < width; x += 1) {
			let sum = 0;
			for (let n = 0; n < weights.length; n += 1) sum += weights[n] * wide.data[(first + n) * width + x];
			to.data[y * width + x] = sum;
		}
	});
	return to;
}

/** Each pixel the mean of those it covers; to smaller sizes. */
export const reduced = (from, width, height) =>
	resampled(from, width, height, (size, target) =>
		Array.from({ length: target }, (_, n) => {
			const scale = size / target,
				start = n * scale,
				end = Math.min(size, (n + 1) * scale),
				first = Math.floor(start + 1e-9);
			const weights = Array.from(
				{ length: Math.ceil(end - 1e-9) - first },
				(_w, k) => (Math.min(end, first + k + 1) - Math.max(start, first + k)) / (end - start),
			);
			return [first, weights];
		}),
	);

const cubic = x => (x < 1 ? (1.5 * x - 2.5) * x * x + 1 : x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0);
const sinc = x => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));
/** Pillow's kernels and how far they reach. */
const KERNELS = {
	box: [x => Number(x <= 0.5), 0.5],
	bicubic: [cubic, 2],
	bilinear: [x => Math.max(0, 1 - x), 1],
	lanczos: [x => (x < 3 ? sinc(x) * sinc(x / 3) : 0), 3],
};

/** Pillow's resize, antialiased where it reduces; of `across` by `down` pixels from the first on, where not all is meant. */
export const resized = (from, width, height, kind = "bicubic", across = from.width, down = from.height) => {
	const [kernel, reach] = KERNELS[kind],
		taps = extent => (size, target) =>
			Array.from({ length: target }, (_, n) => {
				const scale = extent / target,
					wider = Math.max(scale, 1),
					centre = (n + 0.5) * scale;
				const first = Math.max(0, Math.trunc(centre - reach * wider + 0.5)),
					end = Math.min(size, Math.trunc(centre + reach * wider + 0.5));
				const weights = Array.from({ length: end - first }, (_w, k) => kernel(Math.abs((k + first - centre + 0.5) / wider)));
				const sum = weights.reduce((a, b) => a + b);
				return [first, weights.map(weight => weight / sum)];
			});
	return resampled(from, width, height, taps(across), taps(down));
};

/** Means of squares of so many pixels a side. */
export function areaMean({ data, width, height }, side) {
	const to = plane(Math.floor(width / side), Math.floor(height / side));
	for (let y = 0; y < to.height; y += 1) {
		for (let x = 0; x < to.width; x += 1) {
			let sum = 0;
			for (let v = 0; v < side; v += 1) for (let u = 0; u < side; u += 1) sum += data[(side * y + v) * width + side * x + u];
			to.data[y * to.width + x] = sum / (side * side);
		}
	}
	return to;
}

/** From (left, top) to before (right, bottom); beyond the plane its edge pixels go on. */
export function cut({ data, width, height }, left, top, right, bottom) {
	const to = plane(right - left, bottom - top),
		inside = (n, size) => Math.min(size - 1, Math.max(0, n));
	for (let y = top; y < bottom; y += 1) {
		const row = inside(y, height) * width;
		for (let x = left; x < right; x += 1) to.data[(y - top) * to.width + x - left] = data[row + inside(x, width)];
	}
	return to;
}

/** To the nearest whole number; halves to the even one, as Python does. */
export const rounded = value => (Math.abs(value % 1) === 0.5 ? 2 * Math.round(value / 2) : Math.round(value));

/** A quarter turn counterclockwise, so many times. */
export function turned(from, times) {
	const { data, width, height } = from;
	if (times % 4 === 0) return from;
	const to = plane(height, width);
	for (let y = 0; y < width; y += 1) for (let x = 0; x < height; x += 1) to.data[y * height + x] = data[x * width + width - 1 - y];
	return turned(to, (times % 4) - 1);
}

/** OpenCV's bilinear, to larger sizes. */
export const stretched = (from, width, height) =>
	resampled(from, width, height, (size, target) =>
		Array.from({ length: target }, (_, n) => {
			const at = Math.min(size - 1, Math.max(0, ((n + 0.5) * size) / target - 0.5)),
				first = Math.min(Math.floor(at), Math.max(size - 2, 0));
			return size < 2 ? [0, [1]] : [first, [1 - at + first, at - first]];
		}),
	);

export function blurred(from, sigma) {
	const reach = (Math.round(8 * sigma + 1) | 1) >> 1,
		kernel = Array.from({ length: 2 * reach + 1 }, (_, n) => Math.exp(-((n - reach) ** 2) / (2 * sigma * sigma)));
	const sum = kernel.reduce((a, b) => a + b),
		inside = (n, size) => {
			// mirrored at the edge, which itself comes once
			if (size === 1) return 0;
			const period = 2 * (size - 1),
				k = ((n % period) + period) % period;
			return k < size ? k : period - k;
		};
	const pass = (source, { width, height }, across) => {
		const to = new Float32Array(width * height),
			size = across ? width : height;
		const at = Array.from({ length: size }, (_, n) => kernel.map((_k, k) => inside(n + k - reach, size)));
		for (let y = 0; y < height; y += 1) {
			for (let x = 0; x < width; x += 1) {
				const places = at[across ? x : y],
					start = across ? y * width : x,
					step = across ? 1 : width;
				let total = 0;
				for (let k = 0; k < kernel.length; k += 1) total += kernel[k] * source[start + step * places[k]];
				to[y * width + x] = total / sum;
			}
		}
		return to;
	};
	return plane(from.width, from.height, pass(pass(from.data, from, true), from, false));
}

/** The largest (or, `least`, the smallest) value in a square around each pixel. */
export function squarely(from, side, least = false) {
	const before = side >> 1,
		after = side - 1 - before;
	return dilated(
		dilated(from, [[0, -before, after]], least),
		Array.from({ length: side }, (_, n) => [n - before, 0, 0]),
		least,
	);
}

/** The rows [y, from x, to x] of OpenCV's ellipse. */
export const disc = side =>
	Array.from({ length: side }, (_, n) => {
		const r = side >> 1,
			y = n - r,
			half = Math.round(r * Math.sqrt(Math.max(0, r * r - y * y) / (r * r)));
		return [y, -half, Math.min(half, side - 1 - r)];
	});

/** The largest (or, `least`, the smallest) value under a shape; what is outside of the plane does not count. */
export function dilated({ data, width, height }, shape, least = false) {
	const to = plane(width, height),
		better = least ? Math.min : Math.max;
	for (let y = 0; y < height; y += 1) {
		for (let x = 0; x < width; x += 1) {
			let best = least ? Infinity : -Infinity;
			for (const [dy, from, end] of shape) {
				const row = y + dy;
				if (row < 0 || row >= height) continue;
				const last = Math.min(width - 1, x + end);
				for (let k = Math.max(0, x + from); k <= last; k += 1) best = better(best, data[row * width + k]);
			}
			to.data[y * width + x] = best;
		}
	}
	return to;
}

/** Like numpy's percentile, between the two nearest. */
export function percentile(values, percent) {
	const sorted = Float32Array.from(values).sort(),
		at = (percent / 100) * (sorted.length - 1),
		low = Math.floor(at);
	return sorted[low] + (at - low) * ((sorted[low + 1] ?? sorted[low]) - sorted[low]);
}

/** Three planes from the bytes of a canvas, red, green and blue in [0,1], and their alpha. */
export function planesOf({ data, width, height }) {
	return [0, 1, 2, 3].map(c =>
		plane(
			width,
			height,
			new Float32Array(width * height).map((_, n) => data[4 * n + c] / 255),
		),
	);
}

export const clip = value => Math.min(1, Math.max(0, value));

/** In steps of 1/255, as files hold them. */
export const eightBit = one =>
	plane(
		one.width,
		one.height,
		one.data.map(value => Math.round(255 * clip(value)) / 255),
	);

/** A canvas of three planes in [0,1], or of four, the last of which says how opaque it is. */
export function canvasOf(planes) {
	const [{ width, height }] = planes,
		image = new ImageData(width, height);
	for (let n = 0; n < width * height; n += 1) {
		for (let c = 0; c < 3; c += 1) image.data[4 * n + c] = Math.round(255 * clip(planes[c].data[n]));
		image.data[4 * n + 3] = planes[3] ? Math.round(255 * planes[3].data[n]) : 255;
	}
	const canvas = new OffscreenCanvas(width, height);
	canvas.getContext("2d").putImageData(image, 0, 0);
	return canvas;
}

/** Width and height of a picture whose longer side and shape are known. */
export const canvasSize = (size, aspect) =>
	[Math.min(1, aspect), Math.min(1, 1 / aspect)].map(share => Math.max(1, Math.round(size * share)));
