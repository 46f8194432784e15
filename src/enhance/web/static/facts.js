// <fact-list>: what is true of a result, in a few sentences; numbers for those who want them behind one click.
import { h } from "./dom.js";

/** A note as a sentence: with a capital and a full stop. */
const whole = note => note.charAt(0).toUpperCase() + note.slice(1) + (/[.!?]$/.test(note) ? "" : ".");

class FactList extends HTMLElement {
	/** Shows sentences, and beneath them pairs of name and value. */
	tell(sentences, numbers = []) {
		this.setAttribute("role", "region");
		this.setAttribute("aria-label", "What was invented");
		const told = [...new Set(sentences.filter(Boolean).map(whole))];
		this.replaceChildren(
			h("ul", {}, ...told.map(one => h("li", {}, one))),
			...(numbers.length
				? [
						h(
							"details",
							{},
							h("summary", {}, "Numbers"),
							h("dl", {}, ...numbers.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, String(value))])),
						),
					]
				: []),
		);
	}

	add(note) {
		const sentence = whole(note);
		const list = this.querySelector("ul");
		if (list && ![...list.children].some(one => one.textContent === sentence)) list.append(h("li", {}, sentence));
	}

	clear() {
		this.replaceChildren();
	}
}

customElements.define("fact-list", FactList);
