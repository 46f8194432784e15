// Small things that every page needs.

export const $ = id => document.getElementById(id);
export const quiet = matchMedia("(prefers-reduced-motion: reduce)");
export const ease = t => (t < 0.5 ? 4 * t ** 3 : 1 - (-2 * t + 2) ** 3 / 2);
export const pause = milliseconds => new Promise(done => setTimeout(done, milliseconds));

/** An element with properties (`data` and names with a dash become attributes, `on…` listeners) and children. */
export function h(name, given = {}, ...children) {
	const made = document.createElement(name);
	for (const [key, value] of Object.entries(given)) {
		if (value === undefined || value === null || value === false) continue;
		if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
		else if (key in made && !key.includes("-")) made[key] = value;
		else made.setAttribute(key, value === true ? "" : value);
	}
	made.append(...children.filter(child => child !== null && child !== undefined && child !== false));
	return made;
}

/** Listens to what has this name on the page. */
export const on = (name, work, kind = "click") => $(name).addEventListener(kind, work);

/** An item of a list to choose from. */
export const card = (onclick, pressed, ...inside) =>
	h("li", {}, h("button", { type: "button", "aria-pressed": pressed === undefined ? null : String(pressed), onclick }, ...inside));

export const picture = (blob, alt = "") => h("img", { src: URL.createObjectURL(blob), alt });

/** A canvas, and its pen; what it shows, for who does not see it. */
export function sheet(width, height, shows) {
	const about = shows && { role: "img", "aria-label": shows },
		canvas = h("canvas", { width: Math.max(1, Math.round(width)), height: Math.max(1, Math.round(height)), ...about }),
		pen = canvas.getContext("2d");
	pen.imageSmoothingQuality = "high";
	return [canvas, pen];
}

export const within = (value, most = 1, least = 0) => Math.min(most, Math.max(least, value));

/** Presses a button, or lets it go; whether it is pressed now. */
export function press(name, on = $(name).getAttribute("aria-pressed") !== "true") {
	$(name).setAttribute("aria-pressed", on);
	return on;
}

/** Says what happens now. A sentence that only tells what has happened goes by itself. */
export function say(text, stays = false) {
	const line = $("status");
	clearTimeout(say.timer);
	say.stays = stays;
	line.textContent = text;
	if (text && !stays)
		say.timer = setTimeout(() => {
			line.textContent = "";
		}, 7000);
}

export function trouble(text) {
	const line = $("trouble");
	line.textContent = text;
	line.hidden = !text;
	if (text) {
		say("");
		line.scrollIntoView({ block: "nearest" });
	}
}

/** Saves a file to where the browser saves files. */
export function save(blob, name) {
	const link = h("a", { href: URL.createObjectURL(blob), download: name });
	link.click();
	setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Calls step(t) with t from 0 to 1; at once where motion is not wanted. Ends early when signal says so. */
export function animate(milliseconds, step, signal) {
	if (quiet.matches) {
		step(1);
		return Promise.resolve();
	}
	return new Promise(done => {
		const start = performance.now();
		const tick = now => {
			const t = within((now - start) / milliseconds);
			step(t);
			if (t < 1 && !signal?.aborted) requestAnimationFrame(tick);
			else done();
		};
		requestAnimationFrame(tick);
	});
}

export const base = name => name.replace(/\.[^.]*$/, "");

/** Draws within a rectangle alone. */
export const clipped = (pen, left, top, width, height, draw) => {
	pen.save();
	pen.beginPath();
	pen.rect(left, top, width, height);
	pen.clip();
	draw();
	pen.restore();
};

/** A glow above a line that runs down a picture. */
export function light(pen, { left, top, width, height }, y) {
	const reach = Math.min(70, height / 5),
		glow = pen.createLinearGradient(0, y - reach, 0, y);
	glow.addColorStop(0, "rgb(245 196 81 / 0)");
	glow.addColorStop(1, "rgb(255 236 190 / .42)");
	pen.fillStyle = glow;
	pen.fillRect(left, Math.max(top, y - reach), width, Math.min(reach, y - top));
}

export const circle = (pen, x, y, radius) => {
	pen.beginPath();
	pen.arc(x, y, radius, 0, 7);
};
