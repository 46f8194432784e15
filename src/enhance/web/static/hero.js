// A face of 24 pixels that enhances itself. What comes of it was drawn by the shipped network before (benchmarks/wall.py), so that
// nobody waits for it; a test draws it again.
import { clipped, ease, quiet } from "./dom.js";

export const load = async name => {
	const image = new Image();
	image.src = new URL(`wall/${name}`, import.meta.url);
	await image.decode();
	return image;
};
export const between = (t, from, to) => ease(Math.min(1, Math.max(0, (t - from) / (to - from))));
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

export async function faces() {
	const [given, drawn] = await Promise.all([load("face_given.png"), load("face_drawn.webp")]);
	const coarse = new OffscreenCanvas(48, 48);
	coarse.getContext("2d").drawImage(drawn, 0, 0, 48, 48);
	return {
		lasts: 9,
		still: 5.6,
		draw(pen, t, size) {
			square(pen, given, size, false);
			const halfway = between(t, 0.25, 0.6) * size,
				whole = between(t, 0.45, 1) * size,
				back = between(t, 8, 8.8);
			if (t < 4) {
				clipped(pen, 0, 0, size, halfway, () => square(pen, coarse, size, false));
				clipped(pen, 0, 0, size, whole, () => square(pen, drawn, size));
				if (whole > 0 && whole < size) scan(pen, whole, size);
				return;
			}
			const split = size * (0.5 * between(t, 4, 5.2) + 0.28 * Math.sin(Math.max(0, t - 5.2) * 1.6) * (t < 8 ? 1 : 1 - back) + 0.5 * back);
			clipped(pen, split, 0, size, size, () => square(pen, drawn, size));
			line(pen, split, size);
		},
	};
}

function scan(pen, y, size) {
	const light = pen.createLinearGradient(0, y - size / 12, 0, y);
	light.addColorStop(0, "rgb(245 196 81 / 0)");
	light.addColorStop(1, "rgb(255 236 190 / .5)");
	pen.fillStyle = light;
	pen.fillRect(0, y - size / 12, size, size / 12);
}

/** Plays it on a canvas for as long as that is to be seen; where motion is not wanted, it stands still. */
export async function play(canvas) {
	const { lasts, still, draw } = await faces(),
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
