// The head and the foot of every page of the folder, and what makes them work without the internet. The program writes
// `tricks` at the top.
import { h } from "./dom.js";

const here = location.pathname.replace(/\/$/, "").split("/").pop();
const link = ([path, name]) => h("a", { href: path, "aria-current": here === path ? "page" : null }, name);

document
	.querySelector("main")
	.before(
		h(
			"header",
			{},
			h(
				"a",
				{ href: "./", className: "name", "aria-current": document.querySelector(".wall") ? "page" : null },
				"enhance",
				h("span", {}, "!"),
			),
			h("nav", { "aria-label": "Tricks" }, ...tricks.map(link)),
		),
	);
document
	.querySelector("main")
	.after(
		h(
			"footer",
			{},
			h(
				"p",
				{},
				"All detail is invented. It will not help to identify anyone, and must not be used to try. " +
					"The networks run in this browser; nothing is sent anywhere.",
			),
		),
	);

// It keeps all pages, after the first picture, which shall not wait for them; on the first page nobody waits. Without it all works on line.
const keep = () => navigator.serviceWorker?.register(new URL("../sw.js", import.meta.url)).catch(() => {});
if (isSecureContext) {
	if (document.querySelector(".wall") || navigator.serviceWorker?.controller) keep();
	else addEventListener("drawn", keep, { once: true });
}
