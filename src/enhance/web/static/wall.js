// The wall: five small pictures that do what their pages do. They rest where nobody looks, and where motion is not wanted.
import "./frame.js";
import "./history.js";
import { $, clipped, h, on, press, quiet, trouble } from "./dom.js";
import { DRAWINGS } from "./drawings.js";
import { watch } from "./drop.js";
import { between, faces, line, load, square } from "./hero.js";
import { keep, fresh } from "./visit.js";

// Each tile: how many seconds it takes, the time at which it stands still, and how it is drawn at a time.

const TILES = {
	faces,
	async sketch() {
		const cat = await load("cat.webp"),
			[, strokes] = DRAWINGS[0];
		const paths = strokes.map(d => [
			new Path2D(d),
			h("div", { innerHTML: `<svg><path d="${d}"/></svg>` })
				.querySelector("path")
				.getTotalLength(),
		]);
		const all = paths.reduce((sum, [, length]) => sum + length, 0);
		return {
			lasts: 9,
			still: 4.4,
			draw(pen, t, size) {
				pen.fillStyle = "#fdfcf8";
				pen.fillRect(0, 0, size, size);
				pen.save();
				pen.scale(size / 100, size / 100);
				Object.assign(pen, { lineWidth: 1.3, lineCap: "round", lineJoin: "round", strokeStyle: "#26242a" });
				let left = all * Math.min(1, t / 3.6);
				for (const [path, length] of paths) {
					if (left <= 0) break;
					pen.setLineDash([left, 1e4]);
					pen.stroke(path);
					left -= length;
				}
				pen.restore();
				const split = size * (1 - between(t, 3.8, 5.2) + between(t, 8, 8.9));
				clipped(pen, split, 0, size, size, () => square(pen, cat, size));
				if (split > 0 && split < size) line(pen, split, size);
			},
		};
	},
	async birds() {
		const strip = await load("birds.webp"),
			count = strip.width / strip.height,
			side = strip.height;
		const one = (pen, n, size) => pen.drawImage(strip, (n % count) * side, 0, side, side, 0, 0, size, size);
		return {
			lasts: 2 * count,
			still: 0,
			draw(pen, t, size) {
				pen.imageSmoothingQuality = "high";
				one(pen, Math.floor(t / 2), size);
				pen.globalAlpha = between(t % 2, 1.4, 2);
				one(pen, Math.floor(t / 2) + 1, size);
				pen.globalAlpha = 1;
			},
		};
	},
	async holes() {
		const [given, filled] = await Promise.all([load("hole_given.webp"), load("hole_filled.webp")]);
		const blob = new Path2D("M38 56C38 47 44 41 51 41C58 41 65 47 65 55C65 64 58 69 51 69C44 69 38 64 38 56z");
		const strokes = new Path2D("M40 50L62 46L40 56L64 54L41 62L62 62L48 67");
		return {
			lasts: 8,
			still: 2.4,
			draw(pen, t, size) {
				square(pen, given, size);
				pen.save();
				pen.globalAlpha = between(t, 3, 4.4) * (1 - between(t, 7, 7.8));
				square(pen, filled, size);
				pen.globalAlpha = 0.85 * (1 - between(t, 3, 3.8));
				pen.translate(-0.135 * size, -0.015 * size);
				pen.scale(size / 100, size / 100);
				if (t < 4) {
					Object.assign(pen, { lineWidth: 9, lineCap: "round", lineJoin: "round", strokeStyle: "#f5c451" });
					pen.setLineDash([170 * between(t, 0.6, 2.2), 1e4]);
					pen.stroke(strokes);
					if (t > 2.2) {
						pen.fillStyle = "#f5c451";
						pen.fill(blob);
					}
				}
				pen.restore();
			},
		};
	},
	async stripes() {
		const [given, drawn] = await Promise.all([load("horse_given.webp"), load("horse_drawn.webp")]);
		return {
			lasts: 8,
			still: 2.2,
			draw(pen, t, size) {
				const split = size * (1 - between(t, 1, 3) + between(t, 6, 7.6));
				square(pen, given, size);
				clipped(pen, split, 0, size, size, () => square(pen, drawn, size));
				if (split > 0 && split < size) line(pen, split, size);
			},
		};
	},
};

// All of them on one clock

const seen = new Map();
const eye = new IntersectionObserver(changes => {
	for (const { target, isIntersecting } of changes) seen.get(target).shown = isIntersecting;
});

for (const canvas of document.querySelectorAll("[data-tile]")) {
	TILES[canvas.dataset.tile](canvas).then(tile => {
		seen.set(canvas, { ...tile, began: performance.now(), shown: true });
		eye.observe(canvas);
		new ResizeObserver(() => show(canvas)).observe(canvas);
	});
}

function show(canvas, now = performance.now()) {
	const tile = seen.get(canvas),
		size = Math.round(canvas.clientWidth * Math.min(devicePixelRatio || 1, 2));
	if (!size) return;
	if (canvas.width !== size) canvas.width = canvas.height = size;
	tile.draw(canvas.getContext("2d"), halted ? tile.still : ((now - tile.began) / 1000) % tile.lasts, size);
}

document.querySelector("[data-tile=faces]")?.addEventListener("live", ({ target }) => {
	target.closest("a").querySelector("small").textContent = "24 pixels, drawn here just now. She does not exist.";
	if (halted && seen.has(target)) show(target);
});

let last = 0,
	halted = quiet.matches;
requestAnimationFrame(function tick(now) {
	if (!halted && now - last > 30) {
		last = now;
		for (const [canvas, { shown }] of seen) if (shown) show(canvas, now);
	}
	requestAnimationFrame(tick);
});
$("still").hidden = quiet.matches;
on("still", () => {
	halted = !halted;
	press("still", halted);
	for (const canvas of seen.keys()) show(canvas);
});
quiet.addEventListener("change", () => {
	halted = quiet.matches;
	for (const canvas of seen.keys()) show(canvas);
});

// A photo that is dropped here goes to the faces, where they are (a site without a server may lack them).

if (document.querySelector("[data-tile=faces]"))
	watch(async files => {
		try {
			const entries = files.map(file => fresh("faces", file.name, file));
			for (const entry of entries) await keep(entry);
			location.href = entries.length === 1 ? `faces?photo=${entries[0].id}` : `faces?queue=${entries.map(({ id }) => id).join()}`;
		} catch (error) {
			trouble(error.message);
		}
	});
