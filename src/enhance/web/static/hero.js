// A face of 24 pixels that enhances itself. What comes of it was drawn by the shipped network before (benchmarks/wall.py), so that
// nobody waits for it; a test draws it again. Meanwhile it is drawn anew, from another seed.
import { clipped, ease, light, quiet, within } from "./dom.js";
import { live, send } from "./service.js";

export const load = async name => {
	const image = new Image();
	image.src = new URL(`wall/${name}`, import.meta.url);
	await image.decode();
	return image;
};
export const between = (t, from, to) => ease(within((t - from) / (to - from)));
export const square = (pen, image, size, smooth = true) => {
	pen.imageSmoothingEnabled = smooth;
	pen.imageSmoothingQuality = "high";
	const side = Math.min(image.width, image.height);
	pen.drawImage(image, (image.width - side) / 2, (image.height - side) / 2, side, side, 0, 0, size, size);
};
export const line = (pen, x, size) => {
	pen.fillStyle = "#fff";
	pen.fillRect(x - size / 400, 0, size / 200, size);
};

export async function faces(canvas) {
	const next = drawnNow(),
		[given, before] = await Promise.all([load("face_given.png"), load("face_drawn.webp")]),
		coarse = new OffscreenCanvas(48, 48);
	let drawn = null,
		other = null,
		last = 0;
	const take = (picture, seed) => {
		drawn = picture;
		other = null;
		coarse.getContext("2d").drawImage(drawn, 0, 0, 48, 48);
		if (seed) canvas.dataset.seed = seed;
		canvas.dispatchEvent(new Event(seed ? "live" : "before"));
	};
	take(before);
	next
		.then(made => {
			if (quiet.matches) take(...made);
			else other = made;
		})
		.catch(() => {}); // busy, or away: it stays as it is
	return {
		lasts: 9,
		still: 5.6,
		draw(pen, t, size) {
			if (other && (t < 0.25 || t < last)) take(...other); // never in the midst of it
			last = t;
			square(pen, given, size, false);
			const halfway = between(t, 0.25, 0.6) * size,
				whole = between(t, 0.45, 1) * size,
				back = between(t, 8, 8.8);
			if (t < 4) {
				clipped(pen, 0, 0, size, halfway, () => square(pen, coarse, size, false));
				clipped(pen, 0, 0, size, whole, () => square(pen, drawn, size));
				if (whole > 0 && whole < size) light(pen, { left: 0, top: 0, width: size, height: size }, whole);
				return;
			}
			const split = size * (0.5 * between(t, 4, 5.2) + 0.28 * Math.sin(Math.max(0, t - 5.2) * 1.6) * (t < 8 ? 1 : 1 - back) + 0.5 * back);
			clipped(pen, split, 0, size, size, () => square(pen, drawn, size));
			line(pen, split, size);
		},
	};
}

/** The face as whoever answers the page draws it now, and the seed. */
async function drawnNow() {
	if (!(await live())) throw new Error("it would have to be fetched first");
	const seed = 1 + Math.floor(1e6 * Math.random()),
		given = await (await fetch(new URL("wall/face_given.png", import.meta.url))).blob(),
		{ blob } = await send("enhance", given, { seed, format: "png" }, { silent: true });
	return [await createImageBitmap(blob), seed];
}

/** Plays it on a canvas for as long as that is to be seen; where motion is not wanted, it stands still. */
export async function play(canvas) {
	const { lasts, still, draw } = await faces(canvas),
		began = performance.now();
	const tick = now => {
		const size = Math.round(canvas.clientWidth * Math.min(devicePixelRatio || 1, 2));
		if (size) {
			if (canvas.width !== size) canvas.width = canvas.height = size;
			draw(canvas.getContext("2d"), quiet.matches ? still : ((now - began) / 1000) % lasts, size);
		}
		requestAnimationFrame(tick);
	};
	tick(began);
}
