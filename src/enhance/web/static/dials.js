// <face-dials>: a face, turned along the three directions in which its answers differ most. Made small again, it stays the same.
import { base, h, save, say, sheet, trouble } from "./dom.js";

const SCALE = 4,
	FARTHEST = 3; // standard deviations

class FaceDials extends HTMLElement {
	/** Offers a face of a photo, turned so. `ask(dials)` draws it: {blob, facts}. */
	async offer(name, turns, ask) {
		const at = turns.split(",");
		this.ask = ask;
		this.pair = h("div", { className: "pair" });
		this.told = h("p", { className: "quiet" });
		this.dials = [0, 1, 2].map(n =>
			h("input", {
				type: "range",
				min: -FARTHEST,
				max: FARTHEST,
				step: 0.1,
				value: at[n] ?? 0,
				"aria-label": `Dial ${n + 1}`,
				oninput: () => this.turn(),
			}),
		);
		const button = (text, onclick, className = "") => h("button", { type: "button", className, onclick }, text);
		this.replaceChildren(
			h("h2", {}, "Turn what is not known"),
			this.pair,
			...this.dials.map((dial, n) => h("label", { className: "slide" }, h("span", {}, `Dial ${n + 1}`), dial)),
			h(
				"div",
				{ className: "row" },
				button("Back to the middle", () => {
					for (const dial of this.dials) dial.value = 0;
					this.turn();
				}),
				button("Download this face", () => {
					save(this.blob, `${base(name)}_turned.png`);
					say("Saved. The file says in its metadata that detail was invented.");
				}),
			),
			this.told,
		);
		await this.draw();
		this.hidden = false;
		this.scrollIntoView({ block: "nearest" });
	}

	/** Draws it where the dials stand; while that takes its time, only their last place counts. */
	async turn() {
		this.turned = true;
		if (this.busy) return;
		this.busy = true;
		try {
			while (this.turned) {
				this.turned = false;
				await this.draw();
			}
		} catch (error) {
			if (error.name !== "AbortError") trouble(error.message);
		}
		this.busy = false;
	}

	async draw() {
		const { blob, facts } = await this.ask(this.dials.map(dial => dial.value).join()),
			bitmap = await createImageBitmap(blob),
			[face, pen] = sheet(bitmap.width, bitmap.height, "A face that the pixels could have come from");
		pen.drawImage(bitmap, 0, 0);
		this.blob = blob;
		this.pair.replaceChildren(
			h("figure", {}, face, h("figcaption", {}, "One of many")),
			h("figure", {}, reduced(face, pen), h("figcaption", {}, "Made small again")),
		);
		this.told.textContent =
			`The small picture agrees with the ${facts.restored ? "restored photo" : "photo"} (here to ${Math.round(facts.lr_psnr_db)} dB) wherever the dials stand. ` +
			"They have no names, for what they do differs from face to face.";
	}
}

/** Each pixel the mean of those that were made of it. */
function reduced({ width, height }, pen) {
	const { data } = pen.getImageData(0, 0, width, height),
		[canvas, small] = sheet(width / SCALE, height / SCALE, "The face made small again"),
		means = small.createImageData(canvas.width, canvas.height),
		sums = new Float32Array(means.data.length);
	for (let n = 0; n < data.length; n += 1) {
		const x = (n >> 2) % width,
			y = Math.floor((n >> 2) / width);
		sums[4 * (Math.floor(y / SCALE) * canvas.width + Math.floor(x / SCALE)) + (n & 3)] += data[n];
	}
	means.data.set(sums.map(sum => Math.round(sum / SCALE ** 2)));
	small.putImageData(means, 0, 0);
	return canvas;
}

customElements.define("face-dials", FaceDials);
