// Talks to the service that this page came from, and to nothing else.

export class Refused extends Error {
  constructor(code, message, retry) {
    super(message);
    this.code = code;
    this.retry = retry;
  }
}

/** Sends a photo. Answers {blob, facts}; calls progress({stage, before}) on the way; signal cancels. */
export async function send(what, photo, options = {}, { progress = () => {}, signal } = {}) {
  const job = crypto.randomUUID();
  const query = new URLSearchParams({ ...options, job });
  const events = new EventSource(`/v1/jobs/${job}/events`);
  events.onmessage = (event) => progress(JSON.parse(event.data));
  events.addEventListener("end", () => events.close());
  events.onerror = () => events.close();
  const cancel = () => fetch(`/v1/jobs/${job}`, { method: "DELETE" }).catch(() => {});
  signal?.addEventListener("abort", cancel, { once: true });
  try {
    const answer = await fetch(`/v1/${what}?${query}`, {
      method: "POST", body: photo, headers: { "content-type": "application/octet-stream" }, signal,
    }).catch((error) => {
      if (error.name === "AbortError") throw error;
      throw new Refused("away", "the service does not answer; is `enhance serve` still running?");
    });
    if (!answer.ok) {
      const { error } = await answer.json();
      throw new Refused(error.code, error.message, Number(answer.headers.get("retry-after")));
    }
    const facts = JSON.parse(answer.headers.get("enhance-facts") ?? "null");
    return { blob: await answer.blob(), facts };
  } finally {
    events.close();
    signal?.removeEventListener("abort", cancel);
  }
}

/** Like send, but waits politely while the queue is full. */
export async function insist(what, photo, options, hooks = {}) {
  for (;;) {
    try {
      return await send(what, photo, options, hooks);
    } catch (error) {
      if (error.code !== "queue_full" || hooks.signal?.aborted) throw error;
      hooks.progress?.({ stage: "waiting", before: 8 });
      await new Promise((done) => setTimeout(done, 1000 * (error.retry || 2)));
    }
  }
}
