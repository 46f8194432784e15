// Horses become zebras: the photo goes in, the painted photo and the mask of what was painted come out.
import "./frame.js";
import "./drop.js";
import "./facts.js";
import "./stage.js";
import { Bench, veil } from "./bench.js";
import { $, on, press, say, trouble } from "./dom.js";
import { decoded, insist, limits, pictures } from "./service.js";

const stage = $("stage");
let mask = null; // what was painted, as a veil
const wanted = () => document.querySelector("[name=to]:checked").value;
const told = () => {
	for (const one of document.querySelectorAll("[data-to]")) one.hidden = one.dataset.to !== wanted();
};

const bench = new Bench("stripes", {
	opens: () => paint(),
	leaves: () => {
		mask = null;
		$("force").hidden = true;
	},
	shows: async entry => {
		const { to = "zebra", coat = "" } = entry.result;
		document.querySelector(`[name=to][value=${to}]`).checked = true;
		$("coat").value = coat;
		told();
		await lay(entry.result.blob, entry.result.mask, entry.result.facts, false);
	},
});
bench.keeps(({ to = "zebra" }) => to);

const paint = (force = false) =>
	bench.doing("Looking for animals…", async (hooks, rests) => {
		const entry = bench.entry,
			to = wanted(),
			coat = to === "horse" ? $("coat").value : "";
		stage.bare();
		$("result").hidden = $("force").hidden = true;
		$("facts").clear();
		let answer;
		try {
			answer = await insist("translate", entry.file, { to, ...(coat && { coat }), ...(force && { force }) }, hooks);
		} catch (error) {
			if (error.code === "bad_photo") $("force").hidden = false;
			throw error;
		}
		const { facts } = answer,
			[{ blob }] = pictures(facts),
			painted = decoded(facts.mask);
		rests();
		if (facts.drawn === false) {
			say("");
			trouble(facts.sentence);
			$("force").hidden = false;
			return;
		}
		await bench.finished(blob, facts, { mask: painted, to, coat });
		await lay(blob, painted, facts, true);
	});

async function lay(blob, painted, facts, develops) {
	const over = await createImageBitmap(blob);
	mask = painted && veil(await createImageBitmap(painted));
	const count = facts.animals?.length ?? 0,
		other = wanted() === "zebra" ? "horse" : "zebra";
	$("facts").tell(
		[
			count
				? `${count === 1 ? `One ${other}, or several that touch, was` : `${count} ${other}s were`} painted. No ${wanted()} was there: ${wanted() === "zebra" ? "every stripe" : "the coat"} is invented.`
				: "All of the photo was taken for one animal. What was painted is invented.",
			facts.untouched === undefined ? null : `${Math.round(100 * facts.untouched)} % of the photo's pixels are as they were.`,
			bench.entry.note,
			...(facts.notes ?? []),
		],
		[
			["Pixels", `${facts.width} × ${facts.height}`],
			["Model", facts.model],
			["Seconds", facts.seconds?.toFixed?.(1) ?? "?"],
		],
	);
	$("result").hidden = false;
	const [left = 0, , right = stage.photo.width] = facts.animals?.[0]?.box ?? [],
		rest = (left + right) / 2 / stage.photo.width; // half horse, half zebra
	if (develops) await stage.develop(over, null, stage.all, rest);
	else {
		stage.divide(rest);
		stage.compare(over, null, stage.all);
	}
	say(develops ? "Drag the line." : "");
}

on("force", () => paint(true));
$("coat").addEventListener("change", () => {
	if (bench.entry) paint();
});
for (const radio of document.querySelectorAll("[name=to]")) {
	radio.addEventListener("change", () => {
		told();
		if (bench.entry) paint();
		else history.replaceState(null, "", `stripes?to=${wanted()}`);
	});
	if (radio.value === new URLSearchParams(location.search).get("to")) radio.checked = true;
}
told();
on("mask", () => {
	const on = press("mask");
	stage.map = on ? mask : null;
	if (on && stage.split > 0.4) stage.divide(0.1);
	stage.draw();
});
on("glass", () => {
	stage.glass = press("glass");
	stage.draw();
});

limits().then(({ tasks }) => {
	if (tasks.translate?.weights === false) say("The network that paints animals has not been shipped yet.", true);
	const may = tasks.translate?.to;
	for (const radio of document.querySelectorAll("[name=to]")) {
		if (may && !may.includes(radio.value)) {
			radio.disabled = true;
			radio.nextSibling.textContent += " (to come)";
		}
	}
});
bench.begin();
