// <photo-stage>: a photo, its faces, the zoom into it, a brush, and one picture over another with a line between them.
// It has one size, whatever is shown in it.
import { animate, circle, clipped, ease, h, light, quiet, sheet, within } from "./dom.js";
import { resized } from "./photos.js";

const LEAST = 24; // pixels of the photo that are seen at least
const ZOOMS =
	"The photo. Drag a box to zoom in, pinch with two fingers, or click a face. " +
	"With the keyboard: arrow keys move the box, Shift and arrow keys change its size, Enter zooms, Escape shows all.";

class PhotoStage extends HTMLElement {
	photo = null; // the photo as given, an ImageBitmap
	faces = [];
	view = null; // what is seen: left, top, width, height in the photo's pixels
	box = null; // what was chosen, or null for all of it
	under = null; // picture left of the line; null: the raw pixels
	over = null; // picture right of it; both cover `area`
	area = null;
	map = null;
	opacity = 0.6;
	split = 1;
	lined = true; // whether the line is shown
	reveal = null; // {from, to, at}: a picture that comes out of another
	glass = false;
	loupe = null;
	waits = null; // when the waiting began
	brush = null; // {size, erases}; null: a drag chooses a box
	strokes = []; // {points: [[x, y]], size, erases} in the photo's pixels
	pointers = new Map();

	connectedCallback() {
		this.canvas = h("canvas", { tabIndex: 0, role: "application", "aria-label": this.getAttribute("what") ?? ZOOMS });
		// The line is moved on the picture itself; the slider is there for the keyboard and for screen readers.
		this.slider = h("input", {
			type: "range",
			id: "split",
			min: 0,
			max: 100,
			value: 100,
			hidden: true,
			"aria-label": "The line between the two pictures",
			oninput: () => {
				this.split = this.slider.value / 100;
				this.draw();
				this.tell("split");
			},
			onfocus: () => this.draw(),
			onblur: () => this.draw(),
		});
		this.prepend(this.canvas, this.slider);
		this.pen = this.canvas.getContext("2d");
		new ResizeObserver(() => this.draw()).observe(this);
		const { canvas } = this;
		canvas.addEventListener("pointerdown", event => this.press(event));
		canvas.addEventListener("pointermove", event => this.move(event));
		canvas.addEventListener("pointerup", event => this.release(event));
		canvas.addEventListener("pointercancel", event => this.release(event, true));
		canvas.addEventListener("pointerleave", () => {
			if (this.glass) {
				this.loupe = null;
				this.draw();
			}
		});
		canvas.addEventListener(
			"touchmove",
			event => {
				if (event.touches.length > 1) event.preventDefault();
			},
			{ passive: false },
		);
		canvas.addEventListener("wheel", event => this.wheel(event), { passive: false });
		canvas.addEventListener("keydown", event => this.key(event));
		canvas.addEventListener("keyup", () => this.draw());
		canvas.addEventListener("blur", () => this.draw());
	}

	tell(what) {
		this.dispatchEvent(new CustomEvent(what, { bubbles: true }));
	}

	show(photo) {
		Object.assign(this, { photo, faces: [], box: null, strokes: [], drag: null });
		this.bare();
		this.view = this.all;
		this.draw();
	}

	/** Takes away what was laid over the photo. */
	bare() {
		Object.assign(this, {
			under: null,
			over: null,
			area: null,
			map: null,
			split: 1,
			lined: true,
			reveal: null,
			waits: null,
			loupe: null,
			glass: false,
		});
		this.slider.hidden = true;
	}

	get all() {
		return { left: 0, top: 0, width: this.photo.width, height: this.photo.height };
	}

	get shown() {
		// the box in whole pixels, as the service wants it
		const { left, top, width, height } = this.box ?? this.all;
		return [left, top, left + width, top + height];
	}

	/** Zooms into a box, or out to all of the photo; `zoomed` tells that the choice is another one. */
	async zoom(box) {
		this.box = box && this.fitted(box);
		this.bare();
		const from = this.view,
			to = this.box ?? this.all;
		const step = t => {
			this.view = Object.fromEntries(Object.keys(to).map(key => [key, from[key] + (to[key] - from[key]) * ease(t)]));
			this.draw();
		};
		await animate(700, step);
		this.tell("zoomed");
	}

	/** Puts the line at a share of the width. */
	divide(share) {
		this.split = share;
		this.slider.value = 100 * share;
	}

	/** Lays two pictures over the photo, with a line in the middle. */
	compare(over, under, area) {
		Object.assign(this, { over, under, area, waits: null, lined: true, reveal: null });
		this.slider.hidden = false;
		this.draw();
	}

	/** The pixels resolve, the finished picture is held, and then the line is offered, at `rest` of the width. */
	async develop(over, under, area, rest = 0.5) {
		const coarse = [1.4, 2].map(share => small(over, area.width * share));
		this.waits = null;
		Object.assign(this, { over, area, under: null, lined: false, split: 0 });
		const mine = this.photo,
			still = () => this.photo === mine && this.over === over;
		const pass = (time, from, to) =>
			animate(time, t => {
				if (still()) {
					this.reveal = t < 1 || to !== over ? { from, to, at: ease(t) } : null;
					this.draw();
				}
			});
		await pass(450, null, coarse[0]);
		await pass(450, coarse[0], coarse[1]);
		await pass(600, coarse[1], over);
		if (!still()) return;
		if (!quiet.matches) await animate(1100, () => {});
		if (!still()) return;
		Object.assign(this, { lined: true, under });
		this.slider.hidden = false;
		await animate(700, t => {
			if (still()) {
				this.split = ease(t) * rest;
				this.draw();
			}
		});
		this.slider.value = 100 * this.split;
		this.tell("split");
	}

	/** While the network is at work: scan lines, and pixels that stir. */
	wait() {
		this.waits = performance.now();
		const step = () => {
			if (this.waits === null) return;
			this.draw();
			if (!quiet.matches) requestAnimationFrame(step);
		};
		step();
	}

	rest() {
		this.waits = null;
		this.draw();
	}

	/** A box inside the photo: no sliver, and of the stage's own shape where the photo has room. */
	fitted({ left, top, width, height }) {
		const shape = (this.clientWidth || 4) / (this.clientHeight || 3),
			x = left + width / 2,
			y = top + height / 2;
		height = Math.max(LEAST, height, width / shape);
		width = Math.max(LEAST, width, height * shape);
		width = Math.min(this.photo.width, Math.round(width));
		height = Math.min(this.photo.height, Math.round(height));
		left = within(Math.round(x - width / 2), this.photo.width - width);
		top = within(Math.round(y - height / 2), this.photo.height - height);
		return { left, top, width, height };
	}

	// Drawing

	draw() {
		if (!this.photo || !this.view) return;
		const { view, pen } = this,
			width = this.clientWidth,
			height = this.clientHeight,
			ratio = Math.min(devicePixelRatio || 1, 2);
		if (!width || !height) return;
		if (this.canvas.width !== Math.round(width * ratio) || this.canvas.height !== Math.round(height * ratio)) {
			this.canvas.width = Math.round(width * ratio);
			this.canvas.height = Math.round(height * ratio);
		}
		const [least, most] = [width / view.width, height / view.height].sort((a, b) => a - b),
			scale = least * (most / least) ** within(2 - Math.min(view.width, view.height) * (most / least - 1)); // filled, where that costs a pixel
		const held = (side, part, start, all) =>
			within((side - part * scale) / 2 - start * scale, Math.max(0, side - all * scale), Math.min(0, side - all * scale));
		this.place = {
			scale,
			x: held(width, view.width, view.left, this.photo.width),
			y: held(height, view.height, view.top, this.photo.height),
		};
		pen.setTransform(ratio, 0, 0, ratio, 0, 0);
		pen.clearRect(0, 0, width, height);
		this.paint(pen, this.place);
		if (this.strokes.length) this.brushed();
		if (this.waits !== null) this.stir();
		if (this.over && this.lined) this.rule();
		if (this.drag?.box) this.outline(this.drag.box);
		if (!this.over && this.waits === null && !this.brush) for (const face of this.faces) this.corners(face);
		if (this.loupe && this.glass) this.magnify(width);
		if (this.cursor && document.activeElement === this.canvas) this.ring(...this.cursor);
	}

	/** Where the compared pictures are on the stage: left, top, width, height. */
	get frame() {
		const { scale, x, y } = this.place,
			area = this.area ?? this.all;
		const left = Math.max(0, x + area.left * scale),
			right = Math.min(this.clientWidth, x + (area.left + area.width) * scale);
		const top = Math.max(0, y + area.top * scale),
			bottom = Math.min(this.clientHeight, y + (area.top + area.height) * scale);
		return { left, top, width: right - left, height: bottom - top };
	}

	paint(pen, { scale, x, y }) {
		const put = (picture, area, smooth) => {
			pen.imageSmoothingEnabled = smooth;
			pen.imageSmoothingQuality = "high";
			pen.drawImage(picture, x + area.left * scale, y + area.top * scale, area.width * scale, area.height * scale);
		};
		put(this.photo, this.all, scale < 1);
		const { area, reveal } = this;
		if (!this.over) return;
		const seen = { left: x + area.left * scale, top: y + area.top * scale, width: area.width * scale, height: area.height * scale };
		if (reveal) {
			if (reveal.from) put(reveal.from, area, false);
			const edge = seen.height * reveal.at;
			clipped(pen, seen.left, seen.top, seen.width, edge, () => put(reveal.to, area, reveal.to === this.over));
			light(pen, seen, seen.top + edge);
			return;
		}
		if (this.under) put(this.under, area, true);
		const frame = this.frame,
			share = (frame.left + frame.width * this.split - this.place.x) / this.place.scale;
		clipped(pen, x + share * scale, seen.top, 1e5, seen.height, () => {
			put(this.over, area, true);
			if (this.map) {
				pen.globalAlpha = this.opacity;
				put(this.map, area, true);
			}
		});
	}

	rule() {
		const {
				pen,
				frame: { left, top, width, height },
			} = this,
			x = left + width * this.split,
			y = top + height / 2;
		pen.fillStyle = "#fff";
		pen.shadowColor = "rgb(0 0 0 / .5)";
		pen.shadowBlur = 6;
		pen.fillRect(x - 1, top, 2, height);
		circle(pen, x, y, 17);
		pen.fill();
		pen.shadowBlur = 0;
		pen.fillStyle = "#141416";
		pen.fill(new Path2D(`M${x - 11} ${y}l6-5v10zM${x + 11} ${y}l-6-5v10z`));
		if (document.activeElement === this.slider) {
			Object.assign(pen, { strokeStyle: "#f5c451", lineWidth: 3 });
			circle(pen, x, y, 21);
			pen.stroke();
		}
	}

	stir() {
		const {
				pen,
				place: { scale, x, y },
			} = this,
			area = this.box ?? this.all;
		const left = x + area.left * scale,
			top = y + area.top * scale,
			width = area.width * scale,
			height = area.height * scale;
		if (quiet.matches) {
			Object.assign(pen, { strokeStyle: "#f5c451", lineWidth: 3 });
			pen.strokeRect(left + 1.5, top + 1.5, width - 3, height - 3);
			return;
		}
		const time = (performance.now() - this.waits) / 1000,
			beat = Math.floor(time * 9),
			cell = within(width / 26, 22, 6);
		pen.save();
		pen.globalAlpha = Math.min(1, time * 3);
		for (let row = 0; row * cell < height; row += 1) {
			for (let column = 0; column * cell < width; column += 1) {
				const noise = Math.abs(Math.sin(12.9898 * column + 78.233 * row + 37.719 * beat) * 43758.5453) % 1;
				if (noise < 0.86) continue;
				pen.fillStyle = noise > 0.93 ? "rgb(255 240 205 / .13)" : "rgb(0 0 0 / .16)";
				pen.fillRect(left + column * cell, top + row * cell, cell, cell);
			}
		}
		light(pen, { left, top, width, height }, top + height * ((time / 1.4) % 1));
		pen.restore();
	}

	outline(box) {
		const {
			pen,
			place: { scale, x, y },
		} = this;
		pen.setLineDash([6, 4]);
		pen.lineWidth = 2;
		pen.strokeStyle = "#f5c451";
		pen.strokeRect(x + box.left * scale, y + box.top * scale, box.width * scale, box.height * scale);
		pen.setLineDash([]);
	}

	corners(face) {
		const {
				pen,
				place: { scale, x, y },
			} = this,
			[l, t, r, b] = face.box.map((edge, n) => (n % 2 ? y : x) + edge * scale),
			arm = Math.min(18, (r - l) / 4);
		Object.assign(pen, { strokeStyle: face.redrawn ? "#f5c451" : "#9a9aa2", lineWidth: face === this.chosen ? 3 : 2, lineDashOffset: arm });
		pen.setLineDash([2 * arm, r - l - 2 * arm, 2 * arm, b - t - 2 * arm]);
		pen.strokeRect(l, t, r - l, b - t);
		pen.setLineDash([]);
	}

	magnify(width) {
		const { pen, loupe, place } = this,
			radius = Math.min(90, width / 4),
			power = 3;
		pen.save();
		circle(pen, loupe.x, loupe.y, radius);
		pen.clip();
		pen.fillStyle = "#141416";
		pen.fillRect(loupe.x - radius, loupe.y - radius, 2 * radius, 2 * radius);
		const at = (side, p) => p - (p - side) * power;
		this.paint(pen, { scale: place.scale * power, x: at(place.x, loupe.x), y: at(place.y, loupe.y) });
		pen.restore();
		pen.strokeStyle = "#fff";
		pen.lineWidth = 2;
		circle(pen, loupe.x, loupe.y, radius);
		pen.stroke();
	}

	ring(px, py) {
		const {
			pen,
			place: { scale, x, y },
		} = this;
		pen.strokeStyle = "#fff";
		pen.lineWidth = 2;
		circle(pen, x + px * scale, y + py * scale, (this.brush.size * scale) / 2);
		pen.stroke();
	}

	// The brush

	/** What was brushed, white on black, as large as the photo. */
	mask() {
		const [canvas, pen] = sheet(this.photo.width, this.photo.height);
		pen.fillRect(0, 0, canvas.width, canvas.height);
		this.trace(pen, "#fff", "source-over");
		return canvas;
	}

	/** Draws the strokes; the eraser is black, or takes away, as `erasing` says. */
	trace(pen, colour, erasing) {
		Object.assign(pen, { lineCap: "round", lineJoin: "round" });
		for (const { points, size, erases } of this.strokes) {
			pen.globalCompositeOperation = erases ? erasing : "source-over";
			pen.strokeStyle = erases ? "#000" : colour;
			pen.lineWidth = size;
			pen.beginPath();
			pen.moveTo(points[0][0], points[0][1]);
			for (const [px, py] of points.length > 1 ? points.slice(1) : [[points[0][0], points[0][1] + 0.01]]) pen.lineTo(px, py);
			pen.stroke();
		}
	}

	/** What was brushed, as it lies over the photo: hatched, so that it is seen on any colour. */
	brushed() {
		const {
				pen,
				canvas,
				place: { scale, x, y },
			} = this,
			ratio = canvas.width / this.clientWidth;
		this.layer ??= h("canvas");
		if (this.layer.width !== canvas.width || this.layer.height !== canvas.height)
			Object.assign(this.layer, { width: canvas.width, height: canvas.height });
		const layer = this.layer.getContext("2d");
		layer.setTransform(1, 0, 0, 1, 0, 0);
		layer.globalCompositeOperation = "source-over";
		layer.clearRect(0, 0, canvas.width, canvas.height);
		layer.setTransform(ratio * scale, 0, 0, ratio * scale, ratio * x, ratio * y);
		this.trace(layer, "#f5c451", "destination-out");
		layer.setTransform(1, 0, 0, 1, 0, 0);
		layer.globalCompositeOperation = "source-atop";
		layer.strokeStyle = "#1a1402";
		layer.lineWidth = 2.5 * ratio;
		layer.beginPath();
		for (let n = -canvas.height; n < canvas.width; n += 9 * ratio) {
			layer.moveTo(n, canvas.height);
			layer.lineTo(n + canvas.height, 0);
		}
		layer.stroke();
		pen.save();
		pen.globalAlpha = 0.86;
		pen.drawImage(this.layer, 0, 0, this.clientWidth, this.clientHeight);
		pen.restore();
	}

	// Fingers, mouse and keys

	at(event) {
		const { left, top } = this.canvas.getBoundingClientRect(),
			x = event.clientX - left,
			y = event.clientY - top;
		return { x, y, px: (x - this.place.x) / this.place.scale, py: (y - this.place.y) / this.place.scale };
	}

	press(event) {
		if (!this.photo || event.button || this.waits !== null) return;
		const here = this.at(event);
		this.pointers.set(event.pointerId, here);
		if (this.pointers.size === 2) {
			this.drag = { pinches: true, view: { ...this.view }, scale: this.place.scale, from: [...this.pointers.values()] };
			if (this.stroke) {
				this.strokes.pop();
				this.stroke = null;
			}
			return;
		}
		if (this.pointers.size > 2 || this.glass) return;
		this.canvas.setPointerCapture(event.pointerId);
		if (this.brush) {
			this.stroke = { points: [[here.px, here.py]], ...this.brush };
			this.strokes.push(this.stroke);
			this.drag = { brushes: true };
			this.draw();
		} else if (this.over) {
			this.drag = { slides: true };
			if (event.pointerType === "mouse") this.move(event);
		} else {
			this.drag = { from: here, touch: event.pointerType === "touch", view: { ...this.view } };
		}
	}

	move(event) {
		if (!this.photo) return;
		const here = this.at(event),
			{ drag } = this;
		if (this.pointers.has(event.pointerId)) this.pointers.set(event.pointerId, here);
		if (this.glass && this.pointers.size < 2) {
			this.loupe = here;
			this.draw();
			return;
		}
		if (!drag) return;
		if (drag.pinches) this.pinch();
		else if (drag.brushes) this.stroke.points.push([here.px, here.py]);
		else if (drag.slides) {
			const { left, width } = this.frame;
			this.divide(within((here.x - left) / width));
			this.tell("split");
		} else if (drag.touch) {
			// one finger moves the photo sideways; up and down it scrolls the page
			drag.far ||= Math.abs(here.x - drag.from.x) > 8;
			if (drag.far) this.view = this.held({ ...drag.view, left: drag.view.left - (here.x - drag.from.x) / this.place.scale });
		} else {
			const { from } = drag,
				far = Math.hypot(here.x - from.x, here.y - from.y) > 8,
				[x0, x1] = [Math.min(from.px, here.px), Math.max(from.px, here.px)].map(x => within(x, this.photo.width)),
				[y0, y1] = [Math.min(from.py, here.py), Math.max(from.py, here.py)].map(y => within(y, this.photo.height));
			drag.box = far ? { left: x0, top: y0, width: x1 - x0, height: y1 - y0 } : null;
		}
		this.draw();
	}

	pinch() {
		const {
				view,
				scale,
				from: [a, b],
			} = this.drag,
			[c, d] = [...this.pointers.values()];
		const apart = (one, other) => Math.max(20, Math.hypot(one.x - other.x, one.y - other.y));
		const closer = apart(c, d) / apart(a, b),
			width = view.width / closer,
			height = view.height / closer;
		const held = { x: (a.px + b.px) / 2, y: (a.py + b.py) / 2 },
			now = { x: (c.x + d.x) / 2, y: (c.y + d.y) / 2 };
		this.view = this.held({
			width,
			height,
			left: held.x - width / 2 - (now.x - this.clientWidth / 2) / (scale * closer),
			top: held.y - height / 2 - (now.y - this.clientHeight / 2) / (scale * closer),
		});
	}

	/** A view that is no sliver and shows no more than there is. */
	held({ left, top, width, height }) {
		const least = LEAST / Math.min(width, height),
			most = Math.max(this.photo.width / width, this.photo.height / height);
		const factor = within(1, most, least),
			x = left + width / 2,
			y = top + height / 2;
		width = Math.min(this.photo.width, width * factor);
		height = Math.min(this.photo.height, height * factor);
		return {
			width,
			height,
			left: within(x - width / 2, this.photo.width - width),
			top: within(y - height / 2, this.photo.height - height),
		};
	}

	release(event, cancelled = false) {
		const { drag } = this;
		this.pointers.delete(event.pointerId);
		if (!drag) return;
		if (drag.pinches) {
			if (this.pointers.size < 2) {
				this.drag = null;
				this.pointers.clear();
				this.settled();
			}
			return;
		}
		this.drag = null;
		if (drag.brushes) {
			this.stroke = null;
			this.draw();
			this.tell("brushed");
			return;
		}
		if (drag.slides) {
			if (!cancelled && event.pointerType !== "mouse") {
				this.drag = drag;
				this.move(event);
				this.drag = null;
			}
			return;
		}
		if (cancelled) {
			if (drag.touch) this.view = drag.view;
			this.draw();
			return;
		}
		if (drag.box) {
			this.zoom(drag.box);
			return;
		}
		if (drag.far) {
			this.settled();
			return;
		}
		const { px, py } = this.at(event); // a click on a face is a box around it
		const face = this.faces.find(({ box: [l, t, r, b] }) => l <= px && px <= r && t <= py && py <= b);
		if (face) {
			this.chosen = face;
			this.zoom(around(face.box));
		} else this.draw();
	}

	/** Fingers have let go: what is seen is what is chosen, unless a result is looked at or a hole is brushed. */
	settled() {
		this.draw();
		if (this.over || this.brush) return;
		const { width, height } = this.view;
		const whole = width >= this.photo.width - 0.5 && height >= this.photo.height - 0.5;
		this.box = whole ? null : this.fitted(this.view);
		if (this.box) this.view = { ...this.box };
		this.draw();
		this.tell("zoomed");
	}

	wheel(event) {
		if (!this.photo || !(event.ctrlKey || event.metaKey) || this.waits !== null) return; // pinching on a touchpad
		event.preventDefault();
		const { px, py } = this.at(event),
			closer = Math.exp(-event.deltaY / 200),
			{ left, top, width, height } = this.view;
		this.view = this.held({
			width: width / closer,
			height: height / closer,
			left: px - (px - left) / closer,
			top: py - (py - top) / closer,
		});
		this.draw();
		clearTimeout(this.wheeled);
		this.wheeled = setTimeout(() => this.settled(), 250);
	}

	key(event) {
		if (!this.photo || this.over || this.waits !== null) return;
		const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
		if (this.brush) {
			this.keyed(event, steps);
			return;
		}
		if (event.key === "Escape") {
			this.drag = null;
			this.zoom(null);
			return;
		}
		if (event.key === "Enter" && this.drag?.box) {
			event.preventDefault(); // or the button that takes the focus would be pressed by the same key
			const { box } = this.drag;
			this.drag = null;
			this.zoom(box);
			return;
		}
		if (!(event.key in steps)) return;
		event.preventDefault();
		const { view } = this,
			[dx, dy] = steps[event.key].map(step => step * Math.max(1, view.width / 40));
		const box = this.drag?.box ?? {
			left: view.left + view.width / 4,
			top: view.top + view.height / 4,
			width: view.width / 2,
			height: view.height / 2,
		};
		const moved = event.shiftKey
			? { ...box, width: Math.max(LEAST, box.width + dx), height: Math.max(LEAST, box.height + dy) }
			: { ...box, left: box.left + dx, top: box.top + dy };
		moved.left = within(moved.left, this.photo.width - moved.width);
		moved.top = within(moved.top, this.photo.height - moved.height);
		this.drag = { box: moved };
		this.draw();
	}

	/** The brush by keyboard: arrow keys move it, Space dabs. */
	keyed(event, steps) {
		this.cursor ??= [this.photo.width / 2, this.photo.height / 2];
		const far = Math.max(1, this.view.width / 50);
		if (event.key in steps)
			this.cursor = this.cursor.map((place, n) => within(place + far * steps[event.key][n], n ? this.photo.height : this.photo.width));
		else if (event.key === " ") {
			this.strokes.push({ points: [[...this.cursor]], ...this.brush });
			this.tell("brushed");
		} else return;
		event.preventDefault();
		this.draw();
	}
}

/** A square with room around a face. */
export function around([l, t, r, b]) {
	const side = 1.9 * Math.max(r - l, b - t);
	return { left: (l + r - side) / 2, top: (t + b - side) / 2, width: side, height: side };
}

function small(picture, across) {
	const width = Math.min(picture.width, Math.round(across));
	return resized(picture, width, (width * picture.height) / picture.width);
}

customElements.define("photo-stage", PhotoStage);
