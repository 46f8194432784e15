// The page: takes photos in, lets a part be chosen, has it enhanced, and shows what came of it.
import { insist } from "/static/service.js";
import { around } from "/static/stage.js";

const $ = (id) => document.getElementById(id);
const stage = $("stage");
const STAGES = { receiving: "Sending to the program…", reading: "Reading…", drawing: "Drawing…", writing: "Nearly there…", done: "" };
const NAMES = { auto: "GAN", face_x4_pixel: "pixel loss", bicubic: "bicubic" };
const PIXELS = 4_000_000; // as many as the service draws at a time
const visit = []; // the photos of this visit, newest first
let current = null; // {name, file, bitmap, answers, seed}
let running = null; // AbortController of what is being done
let turn = Promise.resolve(); // photos of a queue go one after another

// Photos in

for (const kind of ["dragenter", "dragover"]) addEventListener(kind, (event) => { event.preventDefault(); document.body.classList.add("over"); });
addEventListener("dragleave", (event) => { if (!event.relatedTarget) document.body.classList.remove("over"); });
addEventListener("drop", (event) => {
  event.preventDefault();
  document.body.classList.remove("over");
  take([...event.dataTransfer.files]);
});
addEventListener("paste", (event) => take([...event.clipboardData.files]));
$("pick").addEventListener("change", (event) => { take([...event.target.files]); event.target.value = ""; });
for (const button of document.querySelectorAll("[data-sample]")) {
  button.addEventListener("click", async () => {
    const blob = await (await fetch(`/static/samples/${button.dataset.sample}`)).blob();
    take([new File([blob], button.dataset.sample)]);
  });
}
$("webcam").addEventListener("click", snapshot);

async function snapshot() {
  const camera = $("camera");
  if (!camera.srcObject) {
    try {
      camera.srcObject = await navigator.mediaDevices.getUserMedia({ video: true });
    } catch {
      $("webcam").textContent = "No webcam may be used";
      return;
    }
    camera.hidden = false;
    await camera.play();
    $("webcam").textContent = "Take the picture";
    return;
  }
  const canvas = new OffscreenCanvas(camera.videoWidth, camera.videoHeight);
  canvas.getContext("2d").drawImage(camera, 0, 0);
  for (const track of camera.srcObject.getTracks()) track.stop();
  camera.srcObject = null;
  camera.hidden = true;
  $("webcam").textContent = "Use the webcam";
  take([new File([await canvas.convertToBlob({ type: "image/png" })], "webcam.png")]);
}

function take(files) {
  if (!files.length) return;
  if (files.length === 1) open({ name: files[0].name, file: files[0], answers: {}, seed: 0 });
  else for (const file of files) queue({ name: file.name, file, answers: {}, seed: 0 });
}

async function open(entry) {
  stop();
  trouble("");
  try {
    entry.bitmap ??= await createImageBitmap(entry.file);
  } catch {
    show(false);
    trouble(`${entry.name} is not a picture that this browser can show; give a JPEG, PNG or WebP.`);
    return;
  }
  current = entry;
  show(true);
  stage.show(entry.bitmap);
  $("title").textContent = `${entry.name}, ${entry.bitmap.width} × ${entry.bitmap.height} pixels`;
  reset();
  remember(entry);
  if (entry.area) { // it was enhanced before
    const { area, answers } = entry;
    await stage.zoom(entry.box);
    Object.assign(entry, { area, answers });
    await doing(() => reveal(entry.way ?? "auto"));
    return;
  }
  look(entry);
}

async function look(entry) {
  say("Looking for faces…");
  try {
    entry.faces ??= JSON.parse(await (await insist("faces", entry.file)).blob.text()).faces;
  } catch (error) {
    if (current === entry) trouble(error.message);
    return;
  }
  if (current !== entry) return;
  stage.faces = entry.faces;
  stage.draw();
  const reachable = entry.faces.filter((face) => face.redrawn);
  $("faces").replaceChildren(...entry.faces.slice(0, 8).map((face, n) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = `Zoom to face ${n + 1}: ${face.pixels_across} pixels`;
    button.addEventListener("click", () => stage.zoom(around(face.box)));
    return button;
  }));
  if (entry.faces[0]?.pixels_across >= 28 && !entry.original) offerShrinking(entry);
  say(!entry.faces.length ? "No face found. Drag a box anyway: it will be enlarged without inventing anything."
    : !reachable.length ? "This face is sharp already: nothing needs inventing."
      : `${entry.faces.length === 1 ? "One face" : `${entry.faces.length} faces`} found. Drag a box around it, or click it.`);
}

function offerShrinking(entry) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "See it from afar first";
  button.addEventListener("click", async () => {
    const ratio = 20 / entry.faces[0].pixels_across;
    const size = [entry.bitmap.width, entry.bitmap.height].map((side) => Math.max(16, Math.round(side * ratio)));
    const canvas = new OffscreenCanvas(...size);
    const pen = canvas.getContext("2d");
    pen.imageSmoothingQuality = "high";
    pen.drawImage(entry.bitmap, 0, 0, ...size);
    const blob = await canvas.convertToBlob({ type: "image/png" });
    open({ name: `small ${entry.name}`, file: blob, answers: {}, seed: 0, original: entry.bitmap });
  });
  $("faces").append(button);
}

// Enhance

$("go").addEventListener("click", () => enhance());
$("again").addEventListener("click", async () => { current.seed += 1; current.answers = {}; await enhance(); });
$("cancel").addEventListener("click", stop);
stage.addEventListener("zoomed", () => {
  current.area = null;
  current.answers = {};
  current.box = stage.box;
  reset();
  $("whole").hidden = !stage.box;
  const [left, top, right, bottom] = stage.shown;
  if (stage.box) say(`${right - left} × ${bottom - top} raw pixels. That is all there is.`);
  $("go").focus({ preventScroll: true });
});

function options(entry, way) {
  const [left, top, right, bottom] = stage.shown;
  return { model: way, seed: entry.seed, box: [left, top, right, bottom].join(",") };
}

async function answer(entry, way) {
  const key = `${way} ${entry.seed}`;
  if (!entry.answers[key]) {
    const { blob, facts } = await insist("enhance", entry.file, options(entry, way), hooks());
    entry.answers[key] = { blob, facts, bitmap: await createImageBitmap(blob) };
  }
  return entry.answers[key];
}

async function enhance() {
  const entry = current;
  const [left, top, right, bottom] = stage.shown;
  if ((right - left) * (bottom - top) > PIXELS) {
    trouble("That is a lot of pixels at a time. Drag a box around a face first.");
    return;
  }
  await doing(async () => {
    await answer(entry, "auto");
    entry.box = stage.box;
    entry.area = { left, top, width: right - left, height: bottom - top };
    remember(entry);
    await reveal("auto", true);
  });
}

async function reveal(way, develops = false) {
  const entry = current;
  const drawn = await answer(entry, way);
  if (current !== entry) return;
  entry.way = way;
  document.querySelector(`input[name=way][value=${way}]`).checked = true;
  $("result").hidden = false;
  $("sliding").hidden = false;
  $("go").hidden = true;
  stage.map = null;
  $("invented").setAttribute("aria-pressed", "false");
  $("veil").hidden = true;
  words(entry, drawn.facts, way);
  if (develops) await stage.develop(drawn.bitmap, entry.area);
  else { Object.assign(stage, { over: drawn.bitmap, area: entry.area, split: stage.over ? stage.split : 0.5 }); stage.draw(); }
  $("split").value = 100 * stage.split;
  if (!$("grid").hidden) await beside();
  say("Drag the line: raw pixels to the left, enhanced to the right.");
}

function words(entry, facts, way) {
  const drawn = facts.faces.filter((face) => face.redrawn);
  const lines = [];
  if (way === "bicubic") lines.push("Nothing was invented: this is what the pixels say, smoothly joined.");
  else if (drawn.length) {
    lines.push(`${drawn.length === 1 ? "A face was" : `${drawn.length} faces were`} redrawn from ${drawn.map((face) => face.pixels_across).join(", ")} pixels across. `
      + "Every pixel became sixteen; what differs among the sixteen was imagined.");
  } else lines.push("No face was redrawn here.");
  lines.push(`Made small again, it is the photo you gave, to ${Math.round(facts.lr_psnr_db)} dB (50 is hardly a grey level off).`);
  if (drawn.length && way !== "bicubic") lines.push("It agrees with the photo. So would countless other faces. It is not the person.");
  lines.push(`${facts.width} × ${facts.height} pixels, in ${facts.seconds.toFixed(1)} seconds on this machine.`);
  list(lines);
  for (const note of facts.notes) add(note);
}

// What can be done with a result

$("split").addEventListener("input", (event) => { stage.split = event.target.value / 100; stage.draw(); });
stage.addEventListener("split", () => { $("split").value = Math.round(100 * stage.split); });
$("ways").addEventListener("change", (event) => doing(() => reveal(event.target.value)));
$("whole").addEventListener("click", () => { stage.zoom(null).then(() => look(current)); });
$("back").addEventListener("click", () => { stop(); show(false); });
$("glass").addEventListener("click", () => { stage.glass = toggled("glass"); stage.loupe = null; stage.draw(); });
$("png").addEventListener("click", () => download("png"));
$("jpg").addEventListener("click", () => download("jpg"));
$("opacity").addEventListener("input", (event) => { stage.opacity = event.target.value / 100; stage.draw(); });
$("beside").addEventListener("click", () => {
  $("grid").hidden = !toggled("beside");
  if (!$("grid").hidden) doing(beside);
});
$("lineup").addEventListener("click", () => doing(lineup));
$("invented").addEventListener("click", () => doing(invented));

async function download(format) {
  await doing(async () => {
    const { blob } = await insist("enhance", current.file, { ...options(current, current.way), format }, hooks());
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = `${current.name.replace(/\.[^.]*$/, "")}_x4.${format}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    say("Saved. The file says in its metadata that detail was invented.");
  });
}

async function beside() {
  const entry = current, area = entry.area;
  const shown = [];
  for (const way of ["bicubic", "face_x4_pixel", "auto"]) shown.push([NAMES[way], (await answer(entry, way)).bitmap, null, true]);
  shown.push(entry.original ? ["original", entry.original, entry.original.width / entry.bitmap.width, true] : ["given", entry.bitmap, 1, false]);
  $("grid").replaceChildren(...shown.map(([name, picture, ratio, smooth]) => {
    const figure = document.createElement("figure"), canvas = document.createElement("canvas"), caption = document.createElement("figcaption");
    canvas.width = 480;
    canvas.height = Math.round(480 * area.height / area.width);
    const pen = canvas.getContext("2d");
    pen.imageSmoothingEnabled = smooth;
    const part = ratio === null ? [0, 0, picture.width, picture.height] : [area.left, area.top, area.width, area.height].map((side) => side * ratio);
    pen.drawImage(picture, ...part, 0, 0, canvas.width, canvas.height);
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", name);
    caption.textContent = name;
    figure.append(canvas, caption);
    return figure;
  }));
}

async function lineup() {
  const entry = current;
  say("Asking for eight faces that these pixels could have come from…");
  const { blob } = await insist("lineup", entry.file, { ...options(entry, "auto"), seed: 0, n: 8 }, hooks());
  const told = JSON.parse(await blob.text());
  const heading = document.createElement("h2"), cards = document.createElement("ul"), said = document.createElement("p");
  heading.textContent = "Which of them was it?";
  cards.replaceChildren(...told.answers.map((card) => {
    const item = document.createElement("li"), button = document.createElement("button"), face = new Image();
    face.src = `data:image/png;base64,${card.png}`;
    face.alt = "";
    button.type = "button";
    button.append(face, `Number ${card.number}`);
    button.addEventListener("click", () => { entry.seed = card.seed; doing(() => reveal("auto", true)); stage.scrollIntoView({ block: "center" }); });
    item.append(button);
    return item;
  }));
  said.className = "quiet";
  said.textContent = `${told.sentence}. ${told.warning}`;
  $("cards").replaceChildren(heading, cards, said);
  $("cards").hidden = false;
  say("Click a card to use that face.");
}

async function invented() {
  if (!toggled("invented")) { stage.map = null; $("veil").hidden = true; stage.draw(); return; }
  const { blob, facts } = await insist("map", current.file, options(current, current.way === "bicubic" ? "auto" : current.way), hooks());
  for (const sentence of facts.sentences) add(sentence);
  if (facts.measured && facts.sentences.length) {
    stage.map = await createImageBitmap(blob);
    $("veil").hidden = false;
    stage.draw();
    say("The brighter, the further a pixel may be from the truth.");
  } else say("Where it was made up cannot be drawn: this network was not measured for that yet.");
}

// The visit and its queue

function queue(entry) {
  entry.progress = { stage: "waiting", value: 0 };
  entry.stop = new AbortController();
  remember(entry);
  turn = turn.then(async () => {
    try {
      entry.bitmap = await createImageBitmap(entry.file);
      entry.progress = { stage: "drawing", value: 0.4 };
      history();
      const all = [0, 0, entry.bitmap.width, entry.bitmap.height];
      const { blob, facts } = await insist("enhance", entry.file, { model: "auto", seed: 0, box: all.join(",") }, { signal: entry.stop.signal });
      entry.answers["auto 0"] = { blob, facts, bitmap: await createImageBitmap(blob) };
      entry.area = { left: 0, top: 0, width: all[2], height: all[3] };
      entry.box = null;
      entry.seed = 0;
      entry.progress = { stage: "done", value: 1 };
    } catch (error) {
      entry.progress = { stage: error.name === "AbortError" ? "cancelled" : error.message || "not a picture", value: 1 };
    }
    history();
  });
}

function remember(entry) {
  if (!visit.includes(entry)) visit.unshift(entry);
  entry.thumb ??= entry.file && URL.createObjectURL(entry.file);
  history();
}

function history() {
  $("history").hidden = !visit.length;
  $("history").querySelector("ul").replaceChildren(...visit.map((entry) => {
    const item = document.createElement("li"), button = document.createElement("button"), image = new Image();
    const name = document.createElement("span"), state = document.createElement("small");
    button.type = "button";
    image.src = entry.thumb;
    image.alt = "";
    name.textContent = entry.name;
    state.textContent = entry.progress?.stage ?? (entry.area ? "enhanced" : "opened");
    button.append(image, name, state);
    button.addEventListener("click", () => open(entry));
    item.append(button);
    if (entry.progress && entry.progress.value < 1) {
      const bar = document.createElement("progress"), cancel = document.createElement("button");
      if (entry.progress.stage === "waiting") bar.value = 0;
      bar.setAttribute("aria-label", `Progress of ${entry.name}`);
      cancel.textContent = "Cancel";
      cancel.setAttribute("aria-label", `Cancel ${entry.name}`);
      cancel.addEventListener("click", () => entry.stop.abort());
      item.append(bar, cancel);
    }
    return item;
  }));
}

// Small things

async function doing(work) {
  stop();
  trouble("");
  const mine = running = new AbortController();
  $("cancel").hidden = false;
  $("go").disabled = true;
  try {
    await work();
  } catch (error) {
    if (error.name === "AbortError" || error.code === "cancelled") say("Cancelled.");
    else { say(""); trouble(error.message); }
  } finally {
    if (running === mine) { running = null; $("cancel").hidden = true; $("go").disabled = false; }
  }
}

function hooks() {
  return {
    signal: running?.signal,
    progress: ({ stage: now, before }) => say(now === "waiting" && before ? `${before} before you…` : STAGES[now] ?? "Waiting…"),
  };
}

function stop() { running?.abort(); }
function say(text) { $("status").textContent = text; }
function trouble(text) { $("trouble").textContent = text; $("trouble").hidden = !text; }
function toggled(id) {
  const on = $(id).getAttribute("aria-pressed") !== "true";
  $(id).setAttribute("aria-pressed", String(on));
  return on;
}
function list(lines) { $("words").replaceChildren(); lines.forEach(add); }
function add(line) {
  if ([...$("words").children].some((item) => item.textContent === line)) return;
  const item = document.createElement("li");
  item.textContent = line;
  $("words").append(item);
}
function show(working) { $("welcome").hidden = working; $("work").hidden = !working; if (!working) { $("grid").hidden = $("cards").hidden = true; } }
function reset() {
  for (const id of ["result", "sliding", "grid", "cards", "veil"]) $(id).hidden = true;
  for (const id of ["beside", "glass", "invented"]) $(id).setAttribute("aria-pressed", "false");
  stage.glass = false;
  $("go").hidden = false;
  $("faces").replaceChildren();
  $("whole").hidden = true;
}

