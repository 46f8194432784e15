// The page that explains: a toy about edges, the training as a timeline, and the discriminator to be asked.
import "./frame.js";
import { $, h, on, sheet, within } from "./dom.js";
import { insist } from "./service.js";

// The misplaced edge

function edge() {
	const canvas = $("edge"),
		pen = canvas.getContext("2d");
	const { width, height } = canvas,
		low = height - 40,
		high = 50;
	const off = Number($("off").value),
		blur = Number($("blur").value);
	const truth = x => (x < 0 ? 0 : 1);
	const guess = x => (blur ? within((x - off) / (2 * blur) + 0.5) : truth(x - off));
	const X = x => width * (x / 50 + 0.5),
		Y = value => low + (high - low) * value;
	const steps = Array.from({ length: 1001 }, (_, n) => n / 20 - 25);
	pen.clearRect(0, 0, width, height);
	pen.fillStyle = "rgb(226 88 80 / .45)";
	for (const x of steps) pen.fillRect(X(x), Math.min(Y(truth(x)), Y(guess(x))), width / 1000 + 0.5, Math.abs(Y(truth(x)) - Y(guess(x))));
	for (const [line, colour] of [
		[truth, "#fff"],
		[guess, "#f5c451"],
	]) {
		pen.strokeStyle = colour;
		pen.lineWidth = 3;
		pen.beginPath();
		for (const x of steps) pen.lineTo(X(x), Y(line(x)));
		pen.stroke();
	}
	// The place is not known: the mean of the squared error over all places within 8 pixels.
	const charge = (soft, shift) =>
		steps.reduce((sum, x) => {
			const value = soft ? within((x - shift) / (2 * soft) + 0.5) : truth(x - shift);
			return sum + (value - truth(x)) ** 2 / 20;
		}, 0);
	const mean = soft => Array.from({ length: 33 }, (_, n) => charge(soft, n / 2 - 8)).reduce((a, b) => a + b) / 33;
	$("charge").textContent =
		`Here the squared loss is ${charge(blur, off).toFixed(1)}. If the edge may lie anywhere within 8 pixels, ` +
		`this blur costs ${mean(blur).toFixed(1)} on average; no blur ${mean(0).toFixed(1)}.`;
}
on("off", edge, "input");
on("blur", edge, "input");
edge();

// The training

const marks = await (await fetch(new URL("learning/frames.json", import.meta.url))).json();
const strip = new Image();
strip.src = new URL("learning/frames.webp", import.meta.url);
await strip.decode();
$("time").max = marks.length - 1;
function learn() {
	const n = Number($("time").value),
		{ loss, pictures } = marks[n],
		pen = $("learning").getContext("2d");
	pen.drawImage(strip, n * 192, 0, 192, 192, 0, 0, 192, 192);
	const words = `${loss === "pixel" ? "A loss on every pixel" : "Against the discriminator"}, after ${pictures.toLocaleString("en")} pictures`;
	$("when").textContent = words;
	$("time").setAttribute("aria-valuetext", words);
}
on("time", learn, "input");
learn();

// The discriminator

const scene = { photo: null, image: null, box: [60, 10, 120] };

async function show(photo) {
	const image = await createImageBitmap(photo).catch(() => null);
	if (!image) {
		$("verdict").textContent = "This browser cannot show that file; a JPEG or PNG will do.";
		return;
	}
	const side = Math.min(image.width, image.height);
	Object.assign(scene, { photo, image, box: [(image.width - side) / 2, 0, Math.max(side / 2, Math.min(64, side))] });
	const canvas = $("scene");
	canvas.height = Math.round((canvas.width * image.height) / image.width);
	outline();
}

/** Keeps the square inside the photo, and draws it. */
function outline() {
	const { image, box } = scene,
		canvas = $("scene"),
		pen = canvas.getContext("2d"),
		ratio = canvas.width / image.width;
	const most = Math.min(image.width, image.height);
	box[2] = Math.round(within(box[2], most, Math.min(64, most)));
	box[0] = Math.round(within(box[0], image.width - box[2]));
	box[1] = Math.round(within(box[1], image.height - box[2]));
	pen.drawImage(image, 0, 0, canvas.width, canvas.height);
	pen.fillStyle = "rgb(0 0 0 / .45)";
	pen.beginPath();
	pen.rect(0, 0, canvas.width, canvas.height);
	pen.rect(...box.slice(0, 2).map(v => v * ratio), box[2] * ratio, box[2] * ratio);
	pen.fill("evenodd");
	pen.strokeStyle = "#f5c451";
	pen.lineWidth = 2;
	pen.strokeRect(box[0] * ratio, box[1] * ratio, box[2] * ratio, box[2] * ratio);
}

const at = event => {
	const canvas = $("scene"),
		seen = canvas.getBoundingClientRect();
	return [event.clientX - seen.left, event.clientY - seen.top].map(v => (v * scene.image.width) / seen.width);
};
let start = null;
$("scene").addEventListener("pointerdown", event => {
	start = at(event);
	$("scene").setPointerCapture(event.pointerId);
});
$("scene").addEventListener("pointermove", event => {
	if (!start) return;
	const [x, y] = at(event),
		side = Math.max(Math.abs(x - start[0]), Math.abs(y - start[1]));
	scene.box = [x < start[0] ? start[0] - side : start[0], y < start[1] ? start[1] - side : start[1], side];
	outline();
});
$("scene").addEventListener("pointerup", () => {
	if (start) ask();
	start = null;
});
$("scene").addEventListener("keydown", event => {
	const step = scene.box[2] / 8;
	const moves = {
		ArrowLeft: [-step, 0, 0],
		ArrowRight: [step, 0, 0],
		ArrowUp: [0, -step, 0],
		ArrowDown: [0, step, 0],
		"+": [0, 0, step],
		"-": [0, 0, -step],
	};
	if (event.key === "Enter") ask();
	const move = moves[event.key];
	if (!move) return;
	event.preventDefault();
	scene.box = scene.box.map((v, n) => v + move[n]);
	outline();
});

async function ask() {
	const [left, top, side] = scene.box;
	$("verdict").textContent = "Asking…";
	try {
		const {
			facts: { opinions },
		} = await insist("opinion", scene.photo, { box: [left, top, left + side, top + side].join() }, { json: true });
		$("opinions").replaceChildren(...(await Promise.all(opinions.map(one => judged(one, opinions[0])))));
		const order = [...opinions].sort((one, other) => other.mean - one.mean).map(({ name }) => name);
		$("verdict").textContent = `From the most to the least convincing, it says: ${order.join(", ")}.`;
	} catch (error) {
		$("verdict").textContent = error.message;
	}
}

/** A picture with red where the discriminator finds it less convincing than the photograph. */
async function judged({ name, verdicts, mean, png }, photograph) {
	const image = Object.assign(new Image(), { src: `data:image/png;base64,${png}` });
	await image.decode();
	const [canvas, pen] = sheet(image.width, image.height, `${name}: ${mean.toFixed(2)}, the photograph ${photograph.mean.toFixed(2)}`);
	const patch = image.width / verdicts[0].length;
	pen.drawImage(image, 0, 0);
	verdicts.forEach((row, y) =>
		row.forEach((verdict, x) => {
			const less = within(photograph.verdicts[y][x] - verdict);
			pen.fillStyle = `rgb(226 88 80 / ${(0.7 * less).toFixed(3)})`;
			pen.fillRect(x * patch, y * patch, patch, patch);
		}),
	);
	return h("figure", {}, canvas, h("figcaption", {}, `${name} ${mean.toFixed(2)}`));
}

on("ask", ask);
$("another").addEventListener("change", async event => {
	if (event.target.files[0]) await show(event.target.files[0]);
});
await show(await (await fetch(new URL("samples/astronaut.jpg", import.meta.url))).blob());
