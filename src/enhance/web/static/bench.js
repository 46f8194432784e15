// What the pages for stripes and holes have in common: a photo on the stage, one job at a time, a result that is kept and shared.
import { $, base, on, save, say, sheet, trouble } from "./dom.js";
import { doing, hooks, stop } from "./doing.js";
import { states } from "./history.js";
import { opened } from "./photos.js";
import { limits } from "./service.js";
import { passesOn } from "./share.js";
import { entry as stored, fresh, keep } from "./visit.js";

/** Runs a page. `trick` names it; `opens(entry)` is told of a photo on the stage, `leaves()` of an empty one, `shows(entry)` of one whose
 * result was kept. */
export class Bench {
	entry = null;

	constructor(trick, { opens, leaves, shows }) {
		Object.assign(this, { trick, opens, leaves, shows, stage: $("stage") });
		$("drop").addEventListener(
			"photos",
			({
				detail: {
					files: [file],
				},
			}) => this.open(fresh(trick, file.name || "photo", file)),
		);
	}

	/** Shows what the address says. */
	begin() {
		states(
			this.trick,
			() => this.restore(),
			() => this.welcome(),
		);
	}

	async open(entry) {
		stop();
		trouble("");
		if (!(await this.load(entry))) return;
		history.pushState(null, "", `${this.trick}?photo=${entry.id}`);
		await keep(entry);
		await this.opens(entry);
	}

	async load(entry) {
		try {
			const bitmap = await opened(entry, (await limits()).draw_pixels);
			this.entry = entry;
			$("drop").hidden = true;
			$("another").hidden = false;
			this.stage.show(bitmap);
			$("title").textContent = `${entry.name}, ${bitmap.width} × ${bitmap.height} pixels`;
			return true;
		} catch (error) {
			trouble(error.message);
			return false;
		}
	}

	welcome() {
		stop();
		this.entry = null;
		this.stage.bare();
		this.stage.photo = null;
		$("drop").hidden = false;
		$("another").hidden = true;
		$("title").textContent = "";
		$("facts").clear();
		$("result").hidden = true;
		say("");
		trouble("");
		this.leaves();
	}

	async restore() {
		const asked = new URLSearchParams(location.search);
		if (!asked.has("photo")) {
			this.welcome();
			return;
		}
		const found = await stored(asked.get("photo"));
		if (!found) {
			this.welcome();
			say("That photo has been forgotten.");
			return;
		}
		stop();
		if (!(await this.load(found))) return;
		if (asked.has("done") && found.result) await this.shows(found);
		else await this.opens(found);
	}

	/** Does one job, and says how it goes. */
	doing(text, work, waits = true) {
		return doing(
			rested => {
				say(text, true);
				if (waits) this.stage.wait();
				return work(hooks({ json: true }), () => {
					rested();
					say("");
					this.stage.rest();
				});
			},
			() => this.stage.rest(),
		);
	}

	/** Keeps what came of it, under an address of its own. */
	async finished(blob, facts, more = {}) {
		const { entry } = this,
			url = `${this.trick}?photo=${entry.id}&done=1`;
		Object.assign(entry, {
			result: { blob, facts: { ...facts, answers: undefined, mask: undefined }, ...more },
			url,
			state: "done",
			at: Date.now(),
		});
		if (`${this.trick}${location.search}` !== url) history.pushState(null, "", url);
		await keep(entry);
	}

	/** Buttons that save: the file as it came, before beside after, and a loop. */
	keeps(ending) {
		const called = kind => `${base(this.entry.name)}_${ending(this.entry.result)}${kind}`;
		on("save", () => {
			save(this.entry.result.blob, called(".png"));
			say("Saved. The file says in its metadata what was invented.");
		});
		const draw = (pen, name, ...place) => {
			pen.imageSmoothingQuality = "high";
			pen.drawImage(name === "before" ? this.stage.photo : this.stage.over, ...place);
		};
		passesOn(async () => [draw, this.stage.photo.width / this.stage.photo.height], called);
	}
}

/** A mask in grey as a picture in gold, transparent where it is black. */
export function veil(bitmap) {
	const [canvas, pen] = sheet(bitmap.width, bitmap.height);
	pen.drawImage(bitmap, 0, 0);
	const image = pen.getImageData(0, 0, canvas.width, canvas.height),
		{ data } = image;
	for (let n = 0; n < data.length; n += 4) [data[n], data[n + 1], data[n + 2], data[n + 3]] = [245, 196, 81, data[n]];
	pen.putImageData(image, 0, 0);
	return canvas;
}
