// <visit-history>: what was done during this visit, by all tricks; one button takes the results home, one forgets them.
import { $, base, h, save, trouble } from "./dom.js";
import { entries, forget, visit } from "./visit.js";
import { zipped } from "./zip.js";

const urls = new Map(); // of thumbnails, so that none is made twice

class VisitHistory extends HTMLElement {
	connectedCallback() {
		this.list = h("ul", { className: "cards" });
		this.zip = h("button", { id: "zip", type: "button", onclick: () => this.download() }, "Download all results");
		const forgets = h(
			"button",
			{
				id: "forget",
				type: "button",
				onclick: () => {
					this.dispatchEvent(new Event("forgotten"));
					forget();
				},
			},
			"Forget this visit",
		);
		this.append(
			h("h2", {}, "This visit"),
			h("div", { className: "row" }, this.zip, forgets, h("small", {}, "Kept in this browser only.")),
			this.list,
		);
		this.hidden = true;
		visit.addEventListener("change", () => this.show());
		this.show();
	}

	async show() {
		const all = await entries();
		this.hidden = !all.length;
		this.zip.hidden = !all.some(one => one.result);
		this.list.replaceChildren(...all.map(one => this.card(one)));
	}

	card(one) {
		const picture = one.result?.blob ?? one.thumb ?? one.file;
		if (picture && urls.get(one.id)?.picture !== picture) {
			if (urls.has(one.id)) URL.revokeObjectURL(urls.get(one.id).url);
			urls.set(one.id, { picture, url: URL.createObjectURL(picture) });
		}
		const busy = one.state === "waiting" || one.state === "drawing";
		return h(
			"li",
			{},
			h(
				"a",
				{ href: one.url.endsWith("=") ? one.url + one.id : one.url, "data-id": one.id },
				picture ? h("img", { src: urls.get(one.id).url, alt: "" }) : null,
				h("span", {}, one.name),
				h("small", {}, one.state ?? (one.result ? "done" : "opened")),
			),
			busy && h("progress", { "aria-label": `Progress of ${one.name}`, ...(one.state === "waiting" ? { value: 0 } : {}) }),
			busy &&
				h(
					"button",
					{
						type: "button",
						"aria-label": `Cancel ${one.name}`,
						onclick: () => visit.dispatchEvent(new CustomEvent("cancel", { detail: one.id })),
					},
					"Cancel",
				),
		);
	}

	async download() {
		try {
			const done = (await entries()).filter(one => one.result);
			const files = await Promise.all(
				done.map(async ({ name, trick, result: { blob } }, n) => {
					const kind = blob.type.split("/")[1]?.replace("jpeg", "jpg") || "png";
					return [
						`${String(n + 1).padStart(2, "0")}_${base(name)
							.replace(/[^\p{L}\p{N}_-]+/gu, "_")
							.slice(0, 60)}_${trick}.${kind}`,
						new Uint8Array(await blob.arrayBuffer()),
					];
				}),
			);
			save(zipped(files), "enhance.zip");
		} catch (error) {
			trouble(error.message);
		}
	}
}

/** Back, forward, a click on what was done before and "Another photo" lead to states of this page. */
export function states(trick, restore, anew) {
	const list = document.querySelector("visit-history"),
		go = url => history.pushState(null, "", url),
		fresh = event => {
			event.preventDefault();
			go(trick);
			anew(event);
		};
	addEventListener("popstate", restore);
	list.addEventListener("forgotten", fresh);
	$("another")?.addEventListener("click", fresh);
	list.addEventListener("click", event => {
		const link = event.target.closest?.(`a[href^=${trick}]`);
		if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
		event.preventDefault();
		go(link.getAttribute("href"));
		restore();
	});
	restore();
}

customElements.define("visit-history", VisitHistory);
