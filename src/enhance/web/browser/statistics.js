// What the pixels of a picture are like, as some three hundred numbers: enhance/photos/statistics.py, with its names.
import { areaMean, plane, resized } from "./pixels.js";

const SMALLEST = 24,
	SCALES = 3,
	QUANTILES = [0.03, 0.1, 0.25, 0.5, 0.75, 0.95],
	CALM = [0.12, 0.5, 1],
	NEIGHBOURS = [
		[0, 1],
		[1, 0],
		[1, 1],
		[0, 2],
		[2, 0],
		[0, 3],
		[3, 0],
	],
	TONES = [
		[0, 60],
		[60, 120],
		[120, 190],
		[190, 245],
	],
	STEEPEST = [0.9, 0.97, 0.995],
	GRID = 8,
	SPECTRUM = 256;
const LUMA = [0.299, 0.587, 0.114],
	weights = Array.from({ length: 17 }, (_, n) => Math.exp(-((n - 8) ** 2) / 8)),
	GAUSSIAN = weights.map(value => value / weights.reduce((a, b) => a + b)),
	MEAN = Array(8).fill(1 / 8);

const mean = values => values.reduce((a, b) => a + b, 0) / values.length;
const share = (values, test) => values.reduce((sum, value) => sum + Number(test(value)), 0) / values.length;
const sorted = values => Float64Array.from(values).sort();
/** Like numpy's quantile of sorted values. */
const quantile = (values, at) => {
	const place = at * (values.length - 1),
		low = Math.floor(place);
	return values[low] + (place - low) * ((values[low + 1] ?? values[low]) - values[low]);
};
const quantiles = (values, all, more) => {
	const ordered = sorted(values);
	return all.map(at => Math.log2(quantile(ordered, at) + more));
};
/** A plane of another size, each pixel computed from its place. */
const made = (width, height, of) => {
	const to = plane(width, height);
	for (let y = 0; y < height; y += 1) for (let x = 0; x < width; x += 1) to.data[y * width + x] = of(x, y);
	return to;
};
const mirrored = (n, size) => (n < 0 ? -1 - n : n >= size ? 2 * size - 1 - n : n); // the edge twice
const reflected = (n, size) => (n < 0 ? -n : n >= size ? 2 * size - 2 - n : n); // the edge once
const transposed = ({ data, width, height }) => made(height, width, (x, y) => data[x * width + y]);
const log = value => Math.log2(value + 1e-2);

/** The numbers of three planes in [0,1]. */
export function statistics(rgb) {
	const [{ width, height }] = rgb,
		[wide, high] = [width, height].map(side => Math.max(side, SMALLEST)),
		levels = rgb.map(one => made(wide, high, (x, y) => Math.round(255 * one.data[mirrored(y, height) * width + mirrored(x, width)]))),
		luma = made(wide, high, (x, y) => levels.reduce((sum, one, c) => sum + LUMA[c] * one.data[y * wide + x], 0)),
		less = one =>
			plane(
				wide,
				high,
				one.data.map((value, n) => value - luma.data[n]),
			);
	return Float32Array.from([
		...energies([luma, less(levels[0]), less(levels[2])]),
		...agreement(luma),
		...grid(luma),
		...grid(transposed(luma)),
		...tones(luma),
		...edges(luma),
		Math.log2(Math.min(width, height)),
		Math.log2(Math.max(width, height)),
	]);
}

function energies(planes) {
	const found = [];
	let now = planes;
	for (let scale = 0; scale < SCALES; scale += 1) {
		if (scale) now = now.map(halved);
		const all = now.flatMap(one => highPasses(one).map(energy => cells(energy).map(log))),
			ordered = all.map(sorted);
		for (const at of QUANTILES) for (const values of ordered) found.push(quantile(values, at));
		const rough = all[0].map((value, n) => Math.max(value, all[1][n], all[2][n])),
			order = Array.from(rough.keys()).sort((a, b) => rough[a] - rough[b]),
			some = Math.max(1, Math.floor(order.length / 8)),
			middle = Math.floor((order.length - some) / 2);
		for (const part of [order.slice(0, some), order.slice(-some), order.slice(middle, middle + some)])
			for (const values of all) found.push(mean(part.map(n => values[n])));
	}
	return found;
}

/** Squares of three filters that keep the variance of white noise. */
function highPasses({ data, width, height }) {
	const at = (x, y) => data[y * width + x],
		squared = of => made(width - 2, height - 2, of);
	return [
		squared((x, y) => ((at(x + 1, y + 1) - at(x, y + 1) - at(x + 1, y) + at(x, y)) / 2) ** 2),
		squared((x, y) => (at(x + 2, y + 1) - 2 * at(x + 1, y + 1) + at(x, y + 1)) ** 2 / 6),
		squared((x, y) => (at(x + 1, y + 2) - 2 * at(x + 1, y + 1) + at(x + 1, y)) ** 2 / 6),
	];
}

/** Means of squares of eight pixels that overlap by half; of four in the smallest pictures. */
function cells(energy) {
	if (Math.min(energy.width, energy.height) < 4) return [mean(energy.data)];
	const { data, width, height } = areaMean(energy, 4);
	if (Math.min(width, height) < 3) return Array.from(data);
	return Array.from(
		made(
			width - 1,
			height - 1,
			(x, y) => (data[y * width + x] + data[y * width + x + 1] + data[(y + 1) * width + x] + data[(y + 1) * width + x + 1]) / 4,
		).data,
	);
}

/** Weighted sums along both axes of a mirrored plane. */
function filtered(from, kernel, before) {
	const down = ({ data, width, height }) =>
		made(width, height, (x, y) => kernel.reduce((sum, weight, k) => sum + weight * data[reflected(y + k - before, height) * width + x], 0));
	return transposed(down(transposed(down(from))));
}

function agreement(luma) {
	const { width, height } = luma,
		smooth = filtered(luma, GAUSSIAN, 8),
		detail = luma.data.map((value, n) => value - smooth.data[n]),
		energy = filtered(
			plane(
				width,
				height,
				detail.map(value => value ** 2),
			),
			MEAN,
			4,
		).data,
		ordered = sorted(energy),
		found = [];
	for (const calm of CALM) {
		const bound = quantile(ordered, calm),
			inside = energy.map(value => Number(calm === 1 || value <= bound)),
			kept = detail.map((value, n) => value * inside[n]),
			count = inside.reduce((a, b) => a + b, 0),
			variance = kept.reduce((sum, value) => sum + value ** 2, 0) / count + 1e-2;
		found.push(Math.log2(variance));
		for (const [down, across] of NEIGHBOURS) {
			let sum = 0;
			for (let y = 0; y + down < height; y += 1)
				for (let x = 0; x + across < width; x += 1) sum += kept[(y + down) * width + x + across] * kept[y * width + x];
			found.push(sum / count / variance);
		}
		found.push(log(kept.reduce((sum, value) => sum + Math.abs(value), 0) / count / Math.sqrt(variance)));
	}
	return found;
}

/** Whether rows differ more at every eighth, or at any other even distance. */
function grid({ data, width, height }) {
	const found = [];
	for (const most of [30, 4]) {
		const lines = Array.from({ length: height - 3 }, (_, y) => {
			let sum = 0;
			for (let x = 0; x < width; x += 1) {
				const at = n => data[(y + n) * width + x];
				sum += Math.min(most, Math.abs(3 * at(2) - 3 * at(1) + at(0) - at(3)));
			}
			return sum / width;
		});
		const blocks = Math.floor(lines.length / GRID),
			phases = sorted(
				Array.from({ length: GRID }, (_, phase) => mean(Array.from({ length: blocks }, (_b, n) => lines[GRID * n + phase])) + 0.05),
			).reverse(),
			middle = (phases[3] + phases[4]) / 2;
		const waves = sorted(spectrum(lines));
		found.push(
			Math.log2(phases[0] / middle),
			Math.log2(phases[1] / middle),
			Math.log2(phases[GRID / 2] / phases[GRID - 1]),
			Math.log2((waves.at(-1) + 0.01) / (quantile(waves, 0.5) + 0.01)),
		);
	}
	return found;
}

/** How strong waves along lines are, but for the longest. */
function spectrum(lines) {
	const { length } = lines,
		shown = lines.slice(0, SPECTRUM).map((value, n) => {
			let around = 0;
			for (let k = -7; k <= 7; k += 1) around += lines[reflected(n + k, length)] / 15;
			return (value - around) * (0.5 - 0.5 * Math.cos((2 * Math.PI * n) / (length - 1)));
		});
	return Array.from({ length: SPECTRUM / 2 - GRID + 1 }, (_, n) => {
		let [real, imaginary] = [0, 0];
		shown.forEach((value, k) => {
			const angle = (2 * Math.PI * (n + GRID) * k) / SPECTRUM;
			real += value * Math.cos(angle);
			imaginary += value * Math.sin(angle);
		});
		return Math.hypot(real, imaginary);
	});
}

/** Shares of small and large steps, and the noise of dark, middling and bright parts. */
function tones(luma) {
	const { data, width, height } = luma,
		steps = made(width - 1, height, (x, y) => Math.abs(data[y * width + x + 1] - data[y * width + x])).data,
		inner = (n, size) => Math.min(n, size - 2),
		diagonal = made(width, height, (u, v) => {
			const at = inner(v, height) * width + inner(u, width);
			return (data[at + width + 1] - data[at + width] - data[at + 1] + data[at]) ** 2 / 4;
		}),
		[energy, tone] = [diagonal, luma].map(one => areaMean(one, 4).data),
		found = [share(steps, value => value < 0.5), share(steps, value => value < 1.5), share(steps, value => value > 20)];
	for (const [least, most] of TONES) {
		const inside = energy.filter((_, n) => tone[n] >= least && tone[n] < most);
		found.push(inside.length >= 16 ? log(quantile(sorted(inside), 0.15)) : -7, inside.length / energy.length);
	}
	const middle = mean(data),
		variance = data.reduce((sum, value) => sum + (value - middle) ** 2, 0) / data.length;
	found.push(
		share(data, value => value < 3),
		share(data, value => value > 252),
		middle / 255,
		Math.log2(Math.sqrt(variance) + 1),
	);
	return found;
}

/** The steepest edges at three scales, and how much steeper they are at each than at the finer one. */
function edges(luma) {
	const half = halved(luma),
		[fine, middle, coarse] = [luma, half, halved(half)].map(({ data, width, height }) => {
			const at = (x, y) => data[reflected(y, height) * width + reflected(x, width)],
				slope = (x, y, u, v) =>
					at(x + u - v, y + v - u) +
					2 * at(x + u, y + v) +
					at(x + u + v, y + v + u) -
					at(x - u - v, y - v - u) -
					2 * at(x - u, y - v) -
					at(x - u + v, y - v + u);
			return quantiles(made(width, height, (x, y) => Math.hypot(slope(x, y, 1, 0), slope(x, y, 0, 1)) / 8).data, STEEPEST, 0.1);
		}),
		{ data, width, height } = luma,
		at = (x, y) => data[reflected(y, height) * width + reflected(x, width)],
		curves = made(width, height, (x, y) => Math.abs(at(x, y - 1) + at(x, y + 1) + at(x - 1, y) + at(x + 1, y) - 4 * at(x, y)));
	return [
		...fine,
		...middle.map((value, n) => value - fine[n]),
		...coarse.map((value, n) => value - middle[n]),
		...quantiles(curves.data, STEEPEST, 0.1),
	];
}

/** A plane at half its size, but not smaller than filters need it. */
function halved(from) {
	const least = SMALLEST / 3;
	if (Math.min(from.width, from.height) >= 2 * least) return areaMean(from, 2);
	const [width, height] = [from.width, from.height].map(side => Math.max(least, side >> 1));
	return resized(from, width, height, "box");
}
