// Draws, beside the page, so that the page stays awake. Jobs come one after the other; those that were cancelled are left out.
import { imagine } from "./birds.js";
import { sketch } from "./cats.js";
import { facts, load } from "./networks.js";
import { canvasOf } from "./pixels.js";
import { stamped } from "./stamp.js";

const TRICKS = { sketch: [sketch, "sketch_cat"], imagine: [imagine, "bird"] };
const cancelled = new Set();
let last = Promise.resolve();

onmessage = ({ data: { id, cancel, warm, what, body, options } }) => {
  if (warm) { if (TRICKS[warm]) load(TRICKS[warm][1]).catch(() => {}); return; }
  if (cancel) { cancelled.add(cancel); return; }
  last = last.then(() => (cancelled.has(id) ? null : answer(id, what, body, options)));
};

async function answer(id, what, body, options) {
  const started = performance.now();
  try {
    const [work, model] = TRICKS[what];
    await load(model);
    postMessage({ id, stage: "drawing" });
    const made = await work(body, options), { stamps } = await facts();
    const answers = await Promise.all(made.answers.map(async ({ seed, planes }) => {
      const blob = await canvasOf(planes).convertToBlob({ type: `image/${options.format ?? "png"}`, quality: 0.92 });
      return { seed, type: blob.type, data: blob.type === "image/png" ? await stamped(blob, stamps[what], { seed, words: made.facts.words ?? "" }) : blob };
    }));
    postMessage({ id, made: { ...made.facts, seconds: (performance.now() - started) / 1000, answers } });
  } catch (error) {
    postMessage({ id, error: { code: error.code ?? "broken", message: error.message } });
  }
}
