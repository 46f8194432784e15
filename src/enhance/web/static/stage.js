// <photo-stage>: a photo, its faces, a box that is dragged, the zoom into it, and the sharp face over the blurry one.

const quiet = matchMedia("(prefers-reduced-motion: reduce)");
const ease = (t) => (t < 0.5 ? 4 * t ** 3 : 1 - (-2 * t + 2) ** 3 / 2);

class PhotoStage extends HTMLElement {
  photo = null; // the photo as given, an ImageBitmap
  faces = [];
  view = null; // what is seen: left, top, width, height in the photo's pixels
  box = null; // what the user chose, or null for all of it
  under = null; // picture to the left of the slider; null: the raw pixels
  over = null; // picture to the right of it; both cover `area`
  area = null;
  map = null;
  opacity = 0.6;
  split = 1;
  loupe = null;
  sweep = 0;

  connectedCallback() {
    this.canvas = document.createElement("canvas");
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label",
      "The photo. Drag a box to zoom in. With the keyboard: arrow keys move the box, Shift and arrow keys change its size, Enter zooms, Escape shows all.");
    this.append(this.canvas);
    this.pen = this.canvas.getContext("2d");
    new ResizeObserver(() => this.draw()).observe(this);
    this.canvas.addEventListener("pointerdown", (event) => this.press(event));
    this.canvas.addEventListener("pointermove", (event) => this.move(event));
    this.canvas.addEventListener("pointerup", (event) => this.release(event));
    this.canvas.addEventListener("pointercancel", () => { this.drag = null; this.draw(); });
    this.canvas.addEventListener("pointerleave", () => { if (this.glass) { this.loupe = null; this.draw(); } });
    this.canvas.addEventListener("keydown", (event) => this.key(event));
  }

  show(photo) {
    Object.assign(this, { photo, faces: [], box: null, under: null, over: null, area: null, map: null, split: 1 });
    this.view = { left: 0, top: 0, width: photo.width, height: photo.height };
    this.draw();
  }

  get shown() { // the box in whole pixels, as the service wants it
    const { left, top, width, height } = this.box ?? { left: 0, top: 0, width: this.photo.width, height: this.photo.height };
    return [left, top, left + width, top + height];
  }

  /** Zooms into a box, or out to all of the photo. */
  async zoom(box) {
    this.box = box && this.fitted(box);
    this.over = this.under = this.map = this.area = null;
    const from = this.view;
    const to = this.box ?? { left: 0, top: 0, width: this.photo.width, height: this.photo.height };
    await this.animate(600, (t) => {
      const mix = (a, b) => a + (b - a) * ease(t);
      this.view = Object.fromEntries(Object.keys(to).map((key) => [key, mix(from[key], to[key])]));
    });
    this.dispatchEvent(new CustomEvent("zoomed", { bubbles: true }));
  }

  /** The sharp picture comes out of the blurry one, from left to right. */
  async develop(over, area) {
    Object.assign(this, { over, area, split: 1 });
    await this.animate(1100, (t) => { this.split = 1 - ease(t); this.sweep = t < 1 ? Math.sin(Math.PI * t) : 0; });
    await this.animate(500, (t) => { this.split = ease(t) / 2; });
    this.dispatchEvent(new CustomEvent("split", { bubbles: true }));
  }

  animate(time, step) {
    if (quiet.matches) { step(1); this.draw(); return Promise.resolve(); }
    return new Promise((done) => {
      const start = performance.now();
      const tick = (now) => {
        const t = Math.min(1, Math.max(0, (now - start) / time));
        step(t);
        this.draw();
        if (t < 1) requestAnimationFrame(tick); else done();
      };
      requestAnimationFrame(tick);
    });
  }

  fitted({ left, top, width, height }) {
    width = Math.min(this.photo.width, Math.max(8, Math.round(width)));
    height = Math.min(this.photo.height, Math.max(8, Math.round(height)));
    left = Math.min(Math.max(0, Math.round(left)), this.photo.width - width);
    top = Math.min(Math.max(0, Math.round(top)), this.photo.height - height);
    return { left, top, width, height };
  }

  draw() {
    if (!this.photo || !this.view) return;
    const { view, pen } = this;
    const width = this.clientWidth;
    const height = Math.round(Math.min(width * view.height / view.width, Math.max(300, innerHeight * 0.68)));
    const ratio = Math.min(devicePixelRatio || 1, 2);
    this.canvas.style.height = `${height}px`;
    if (this.canvas.width !== Math.round(width * ratio) || this.canvas.height !== Math.round(height * ratio)) {
      this.canvas.width = Math.round(width * ratio);
      this.canvas.height = Math.round(height * ratio);
    }
    const scale = Math.min(width / view.width, height / view.height);
    this.place = { scale, x: (width - view.width * scale) / 2 - view.left * scale, y: (height - view.height * scale) / 2 - view.top * scale };
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    this.paint(pen, this.place);
    const edge = { left: (width - view.width * scale) / 2, width: view.width * scale, height };
    if (this.over) this.rule(edge);
    if (this.drag?.box) this.outline(this.drag.box, "#f5c451", 2, true);
    if (!this.over) for (const face of this.faces) this.corners(face);
    if (this.loupe && this.glass) this.magnify(width);
  }

  paint(pen, { scale, x, y }) {
    const put = (picture, area, smooth) => {
      pen.imageSmoothingEnabled = smooth;
      pen.imageSmoothingQuality = "high";
      pen.drawImage(picture, x + area.left * scale, y + area.top * scale, area.width * scale, area.height * scale);
    };
    const all = { left: 0, top: 0, width: this.photo.width, height: this.photo.height };
    put(this.photo, all, false);
    if (!this.over) return;
    if (this.under) put(this.under, this.area, true);
    const seen = this.view;
    const from = x + (seen.left + seen.width * this.split) * scale;
    pen.save();
    pen.beginPath();
    pen.rect(from, y + seen.top * scale, 1e5, seen.height * scale);
    pen.clip();
    put(this.over, this.area, true);
    if (this.map) { pen.globalAlpha = this.opacity; put(this.map, this.area, true); }
    pen.restore();
  }

  rule({ left, width, height }) {
    const { pen } = this;
    const x = left + width * this.split;
    if (this.sweep) {
      const light = pen.createLinearGradient(x - 40, 0, x + 40, 0);
      light.addColorStop(0, "rgb(245 196 81 / 0)");
      light.addColorStop(0.5, `rgb(255 236 190 / ${0.5 * this.sweep})`);
      light.addColorStop(1, "rgb(245 196 81 / 0)");
      pen.fillStyle = light;
      pen.fillRect(x - 40, 0, 80, height);
    }
    pen.fillStyle = "#fff";
    pen.fillRect(x - 1, 0, 2, height);
    pen.beginPath();
    pen.arc(x, height / 2, 15, 0, 7);
    pen.fill();
    pen.fillStyle = "#141416";
    for (const side of [-1, 1]) {
      pen.beginPath();
      pen.moveTo(x + side * 10, height / 2);
      pen.lineTo(x + side * 4, height / 2 - 5);
      pen.lineTo(x + side * 4, height / 2 + 5);
      pen.fill();
    }
  }

  outline(box, colour, thick, dashed) {
    const { pen, place: { scale, x, y } } = this;
    pen.setLineDash(dashed ? [6, 4] : []);
    pen.lineWidth = thick;
    pen.strokeStyle = colour;
    pen.strokeRect(x + box.left * scale, y + box.top * scale, box.width * scale, box.height * scale);
    pen.setLineDash([]);
  }

  corners(face) {
    const { pen, place: { scale, x, y } } = this;
    const [l, t, r, b] = face.box.map((edge, n) => (n % 2 ? y : x) + edge * scale);
    const arm = Math.min(18, (r - l) / 4);
    pen.strokeStyle = face.redrawn ? "#f5c451" : "#9a9aa2";
    pen.lineWidth = 2;
    pen.beginPath();
    for (const [cx, cy, dx, dy] of [[l, t, 1, 1], [r, t, -1, 1], [r, b, -1, -1], [l, b, 1, -1]]) {
      pen.moveTo(cx + dx * arm, cy);
      pen.lineTo(cx, cy);
      pen.lineTo(cx, cy + dy * arm);
    }
    pen.stroke();
  }

  magnify(width) {
    const { pen, loupe, place } = this;
    const radius = Math.min(90, width / 4), power = 3;
    pen.save();
    pen.beginPath();
    pen.arc(loupe.x, loupe.y, radius, 0, 7);
    pen.clip();
    pen.fillStyle = "#141416";
    pen.fillRect(loupe.x - radius, loupe.y - radius, 2 * radius, 2 * radius);
    const at = (side, p) => p - (p - side) * power;
    this.paint(pen, { scale: place.scale * power, x: at(place.x, loupe.x), y: at(place.y, loupe.y) });
    pen.restore();
    pen.strokeStyle = "#fff";
    pen.lineWidth = 2;
    pen.beginPath();
    pen.arc(loupe.x, loupe.y, radius, 0, 7);
    pen.stroke();
  }

  at(event) {
    const { left, top } = this.canvas.getBoundingClientRect();
    const x = event.clientX - left, y = event.clientY - top;
    return { x, y, px: (x - this.place.x) / this.place.scale, py: (y - this.place.y) / this.place.scale };
  }

  press(event) {
    if (!this.photo || this.glass || event.button) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.drag = this.over ? { slides: true } : { from: this.at(event) };
    this.move(event);
  }

  move(event) {
    if (!this.photo) return;
    const here = this.at(event);
    if (this.glass) { this.loupe = here; this.draw(); return; }
    if (!this.drag) return;
    if (this.drag.slides) {
      this.split = Math.min(1, Math.max(0, (here.px - this.view.left) / this.view.width));
      this.dispatchEvent(new CustomEvent("split", { bubbles: true }));
    } else {
      const { from } = this.drag;
      const far = Math.hypot(here.x - from.x, here.y - from.y) > 8;
      const clip = (value, most) => Math.min(most, Math.max(0, value));
      const x0 = clip(Math.min(from.px, here.px), this.photo.width), x1 = clip(Math.max(from.px, here.px), this.photo.width);
      const y0 = clip(Math.min(from.py, here.py), this.photo.height), y1 = clip(Math.max(from.py, here.py), this.photo.height);
      this.drag.box = far ? { left: x0, top: y0, width: x1 - x0, height: y1 - y0 } : null;
    }
    this.draw();
  }

  release(event) {
    const drag = this.drag;
    this.drag = null;
    if (!drag || drag.slides) return;
    if (drag.box) { this.zoom(drag.box); return; }
    const { px, py } = this.at(event); // a click on a face is a box around it
    const face = this.faces.find(({ box: [l, t, r, b] }) => l <= px && px <= r && t <= py && py <= b);
    if (face) this.zoom(around(face.box)); else this.draw();
  }

  key(event) {
    if (!this.photo || this.over) return;
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (event.key === "Escape") { this.drag = null; this.zoom(null); return; }
    if (event.key === "Enter" && this.drag?.box) { const { box } = this.drag; this.drag = null; this.zoom(box); return; }
    if (!(event.key in steps)) return;
    event.preventDefault();
    const [dx, dy] = steps[event.key].map((step) => step * Math.max(1, this.view.width / 40));
    const { view } = this;
    const box = this.drag?.box ?? { left: view.left + view.width / 4, top: view.top + view.height / 4, width: view.width / 2, height: view.height / 2 };
    this.drag = { box: this.fitted(event.shiftKey ? { ...box, width: box.width + dx, height: box.height + dy } : { ...box, left: box.left + dx, top: box.top + dy }) };
    this.draw();
  }
}

/** A square with room around a face. */
export function around([l, t, r, b]) {
  const side = 1.7 * Math.max(r - l, b - t);
  return { left: (l + r - side) / 2, top: (t + b - side) / 2, width: side, height: side };
}

customElements.define("photo-stage", PhotoStage);
