// What was shown during this visit. It lies in the browser's own store (IndexedDB) until it is forgotten; where that may not be
// used, in memory. An entry: {id, trick, name, file, thumb, url, state, answers}; answers: {key: {blob, facts}}.

const MOST = 40;
const memory = new Map();
export const visit = new EventTarget();

export const id = () => [...crypto.getRandomValues(new Uint8Array(16))].map(byte => byte.toString(16).padStart(2, "0")).join("");
export const fresh = (trick, name, file) => ({ id: id(), trick, name, file, url: `${trick}?photo=`, answers: {}, at: Date.now() });

const store = new Promise(done => {
	try {
		const asked = indexedDB.open("enhance", 1);
		asked.onupgradeneeded = () => asked.result.createObjectStore("visit", { keyPath: "id" });
		asked.onsuccess = () => done(asked.result);
		asked.onerror = asked.onblocked = () => done(null);
	} catch {
		done(null);
	}
});

async function within(mode, work) {
	const base = await store;
	if (!base) return null;
	return new Promise((done, failed) => {
		const transaction = base.transaction("visit", mode),
			asked = work(transaction.objectStore("visit"));
		transaction.oncomplete = () => done(asked.result);
		transaction.onerror = transaction.onabort = () => failed(transaction.error);
	});
}

/** Puts an entry, or its newest state. A store that is full, or refuses, costs only the memory of it after a reload. */
export async function keep(entry) {
	memory.set(entry.id, entry);
	const plain = Object.fromEntries(Object.entries(entry).filter(([key]) => !key.startsWith("_")));
	try {
		await within("readwrite", all => all.put(plain));
	} catch {
		/* it stays in memory */
	}
	for (const old of (await entries()).slice(MOST)) await drop(old.id);
	visit.dispatchEvent(new Event("change"));
}

export async function entry(name) {
	return memory.get(name) ?? (await within("readonly", all => all.get(name)).catch(() => null)) ?? null;
}

/** All of them, the newest first. */
export async function entries() {
	const stored = (await within("readonly", all => all.getAll()).catch(() => null)) ?? [];
	const all = new Map([...stored.map(one => [one.id, one]), ...memory]);
	return [...all.values()].sort((a, b) => b.at - a.at);
}

async function drop(name) {
	memory.delete(name);
	await within("readwrite", all => all.delete(name)).catch(() => null);
}

export async function forget() {
	memory.clear();
	await within("readwrite", all => all.clear()).catch(() => null);
	visit.dispatchEvent(new Event("change"));
}
