// The head and the foot of every page, so that they are written once.
import { h } from "./dom.js";

const TRICKS = [
	["faces", "Faces"],
	["stripes", "Stripes"],
	["sketch", "Sketch"],
	["birds", "Birds"],
	["holes", "Holes"],
];
const here = location.pathname.split("/").pop();
const link = ([path, name]) => h("a", { href: path, "aria-current": here === path ? "page" : null }, name);

document
	.querySelector("main")
	.before(
		h(
			"header",
			{},
			h("a", { href: "./", className: "name", "aria-current": here ? null : "page" }, "enhance", h("span", {}, "!")),
			h("nav", { "aria-label": "Tricks" }, ...TRICKS.map(link)),
		),
	);
document.querySelector("main").after(
	h(
		"footer",
		{},
		h(
			"p",
			{},
			"All detail is invented. It will not help to identify anyone, and must not be used to try. " +
				"Pictures go to the program on the machine that serves this page, and nowhere else.",
		),
		h(
			"nav",
			{ "aria-label": "More" },
			...[
				["how", "How it works"],
				["api", "For programs"],
			].map(link),
		),
	),
);
