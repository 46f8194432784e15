// The page that explains: a toy about edges, the training as a timeline, and a badge that becomes a face.
import { insist } from "/static/service.js";

const $ = (id) => document.getElementById(id);

// The misplaced edge

function edge() {
  const canvas = $("edge"), pen = canvas.getContext("2d");
  const { width, height } = canvas, low = height - 40, high = 50;
  const off = Number($("off").value), blur = Number($("blur").value);
  const truth = (x) => (x < 0 ? 0 : 1);
  const guess = (x) => (blur ? Math.min(1, Math.max(0, (x - off) / (2 * blur) + 0.5)) : truth(x - off));
  const X = (x) => width * (x / 50 + 0.5), Y = (value) => low + (high - low) * value;
  const steps = Array.from({ length: 1001 }, (_, n) => n / 20 - 25);
  pen.clearRect(0, 0, width, height);
  pen.fillStyle = "rgb(226 88 80 / .45)";
  for (const x of steps) pen.fillRect(X(x), Math.min(Y(truth(x)), Y(guess(x))), width / 1000 + 0.5, Math.abs(Y(truth(x)) - Y(guess(x))));
  for (const [line, colour] of [[truth, "#fff"], [guess, "#f5c451"]]) {
    pen.strokeStyle = colour;
    pen.lineWidth = 3;
    pen.beginPath();
    for (const x of steps) pen.lineTo(X(x), Y(line(x)));
    pen.stroke();
  }
  // The place is not known: the mean of the squared error over all places within 8 pixels.
  const charge = (soft, shift) => steps.reduce((sum, x) => {
    const value = soft ? Math.min(1, Math.max(0, (x - shift) / (2 * soft) + 0.5)) : truth(x - shift);
    return sum + (value - truth(x)) ** 2 / 20;
  }, 0);
  const mean = (soft) => Array.from({ length: 33 }, (_, n) => charge(soft, n / 2 - 8)).reduce((a, b) => a + b) / 33;
  $("charge").textContent = `Here the squared loss is ${charge(blur, off).toFixed(1)}. If the edge may lie anywhere within 8 pixels, `
    + `this blur costs ${mean(blur).toFixed(1)} on average; no blur ${mean(0).toFixed(1)}.`;
}
$("off").addEventListener("input", edge);
$("blur").addEventListener("input", edge);
edge();

// The training

const marks = await (await fetch("/static/learning/frames.json")).json();
const strip = new Image();
strip.src = "/static/learning/frames.webp";
await strip.decode();
$("time").max = marks.length - 1;
function learn() {
  const n = Number($("time").value), { loss, pictures } = marks[n], pen = $("learning").getContext("2d");
  pen.drawImage(strip, n * 192, 0, 192, 192, 0, 0, 192, 192);
  const words = `${loss === "pixel" ? "A loss on every pixel" : "Against the discriminator"}, after ${pictures.toLocaleString("en")} pictures`;
  $("when").textContent = words;
  $("time").setAttribute("aria-valuetext", words);
}
$("time").addEventListener("input", learn);
learn();

// The badge

let seed = 0;
async function become() {
  $("said").textContent = "Drawing…";
  try {
    const badge = await (await fetch("/static/samples/logo.png")).blob();
    const { blob, facts } = await insist("enhance", badge, { aligned: "true", force: "true", seed });
    $("logo").getContext("2d").drawImage(await createImageBitmap(blob), 0, 0);
    $("said").textContent = `Made small again, it is the badge to ${Math.round(facts.lr_psnr_db)} dB.`;
  } catch (error) {
    $("said").textContent = error.message;
  }
}
$("turn").addEventListener("click", become);
$("other").addEventListener("click", () => { seed += 1; become(); });
