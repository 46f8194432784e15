// The paper: strokes of a pen and an eraser, which can be taken back. All places are in a square of 100 by 100.

import { circle, sheet, within } from "./dom.js";

const INK = "#211f24";

export class Paper extends EventTarget {
	tool = "pen";
	width = 1.4;
	mirrored = false;
	strokes = []; // {tool, points: [[x, y, width]], mirrored} or {path}
	stroke = null; // the one that is being drawn
	cursor = [50, 50]; // of the keyboard

	constructor(canvas) {
		super();
		this.canvas = canvas;
		this.pen = canvas.getContext("2d");
		canvas.addEventListener("pointerdown", event => this.press(event));
		canvas.addEventListener("pointermove", event => this.move(event));
		for (const kind of ["pointerup", "pointercancel"]) canvas.addEventListener(kind, event => this.lift(event));
		canvas.addEventListener("keydown", event => this.key(event));
		canvas.addEventListener("blur", () => {
			this.end();
			this.draw();
		});
		this.draw();
	}

	get empty() {
		return !this.strokes.length;
	}

	at(event) {
		const { left, top, width, height } = this.canvas.getBoundingClientRect();
		// A pen and some fingers tell how hard they press; a mouse says 0.5, a plain finger 0 or 1.
		const tells =
			event.pointerType === "pen" || (event.pointerType === "touch" && event.pressure > 0 && event.pressure < 1 && event.pressure !== 0.5);
		const pressed = tells ? 0.4 + 1.2 * event.pressure : 1;
		const thick = this.tool === "eraser" ? 4 * this.width : this.width * pressed;
		return [(100 * (event.clientX - left)) / width, (100 * (event.clientY - top)) / height, thick];
	}

	press(event) {
		if (event.button || this.finger !== undefined) return;
		event.preventDefault();
		this.canvas.focus({ preventScroll: true });
		this.finger = event.pointerId;
		this.canvas.setPointerCapture(event.pointerId);
		this.stroke = { tool: event.buttons === 32 ? "eraser" : this.tool, points: [this.at(event)], mirrored: this.mirrored };
		this.draw();
		this.dispatchEvent(new Event("begin"));
	}

	move(event) {
		if (event.pointerId !== this.finger || !this.stroke) return;
		const all = event.getCoalescedEvents?.() ?? [];
		for (const one of all.length ? all : [event]) {
			const here = this.at(one),
				[x, y] = this.stroke.points.at(-1);
			if (Math.hypot(here[0] - x, here[1] - y) > 0.3) this.stroke.points.push(here);
		}
		this.draw();
	}

	lift(event) {
		if (event.pointerId !== this.finger) return;
		this.finger = undefined;
		this.end();
	}

	end() {
		if (!this.stroke) return;
		this.strokes.push(this.stroke);
		this.stroke = null;
		this.changed();
	}

	key(event) {
		const steps = { ArrowLeft: [-2, 0], ArrowRight: [2, 0], ArrowUp: [0, -2], ArrowDown: [0, 2] };
		if (event.key === " ") {
			event.preventDefault();
			if (this.stroke) this.end();
			else {
				this.stroke = { tool: this.tool, points: [[...this.cursor, this.width]], mirrored: this.mirrored };
				this.dispatchEvent(new Event("begin"));
			}
		} else if (event.key in steps) {
			event.preventDefault();
			this.cursor = this.cursor.map((place, n) => within(place + steps[event.key][n], 98, 2));
			this.stroke?.points.push([...this.cursor, this.width]);
		} else if (event.key === "z" && (event.ctrlKey || event.metaKey)) this.undo();
		else return;
		this.draw();
		if (document.activeElement === this.canvas) this.cross();
	}

	undo() {
		this.strokes.pop();
		this.changed();
	}
	clear() {
		this.strokes = [];
		this.changed();
	}
	use(paths) {
		this.strokes = paths.map(path => ({ path }));
		this.changed();
	}
	changed() {
		this.draw();
		this.dispatchEvent(new Event("change"));
	}

	draw(pen = this.pen, side = this.canvas.width) {
		pen.setTransform(side / 100, 0, 0, side / 100, 0, 0);
		pen.fillStyle = "#fdfcf8";
		pen.fillRect(0, 0, 100, 100);
		Object.assign(pen, { lineCap: "round", lineJoin: "round", strokeStyle: INK, fillStyle: INK });
		for (const one of this.strokes) this.put(pen, one);
		if (this.stroke) this.put(pen, this.stroke);
	}

	put(pen, { path, tool, points, mirrored }) {
		pen.strokeStyle = pen.fillStyle = tool === "eraser" ? "#fdfcf8" : INK;
		if (path) {
			pen.lineWidth = 1.4;
			pen.stroke(new Path2D(path));
			return;
		}
		for (const side of mirrored ? [1, -1] : [1]) {
			pen.save();
			if (side < 0) pen.transform(-1, 0, 0, 1, 100, 0);
			const [first] = points;
			circle(pen, first[0], first[1], first[2] / 2);
			pen.fill();
			for (let n = 1; n < points.length; n += 1) {
				// through the middles, so that corners are round
				const [x0, y0] = n > 1 ? middle(points[n - 2], points[n - 1]) : points[0],
					[x1, y1] = middle(points[n - 1], points[n]);
				pen.lineWidth = points[n][2];
				pen.beginPath();
				pen.moveTo(x0, y0);
				pen.quadraticCurveTo(points[n - 1][0], points[n - 1][1], ...(n === points.length - 1 ? points[n].slice(0, 2) : [x1, y1]));
				pen.stroke();
			}
			pen.restore();
		}
	}

	cross() {
		const {
			pen,
			cursor: [x, y],
		} = this;
		pen.strokeStyle = "#b7791f";
		pen.lineWidth = 0.6;
		pen.stroke(new Path2D(`M${x - 3} ${y}h6M${x} ${y - 3}v6`));
	}

	/** The drawing as a PNG, so many pixels across. */
	file(side = 512) {
		const [canvas, pen] = sheet(side, side);
		this.draw(pen, side);
		return new Promise(done => canvas.toBlob(done, "image/png"));
	}
}

const middle = (a, b) => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
