// Keeps the files, so that the pages work without the internet after the first visit. The program writes
// the version and the list of small files at the top; files.js keeps the large ones under the same
// name when they are first used.
const NAME = `enhance-${VERSION}`,
	root = new URL("./", self.location).href;

self.addEventListener("install", event => {
	event.waitUntil(
		caches
			.open(NAME)
			.then(kept => kept.addAll(FILES.map(file => new Request(root + file, { cache: "no-cache" }))))
			.then(() => self.skipWaiting()),
	);
});

self.addEventListener("activate", event => {
	event.waitUntil(
		(async () => {
			for (const name of await caches.keys()) if (name.startsWith("enhance-") && name !== NAME) await caches.delete(name);
			await self.clients.claim();
		})(),
	);
});

self.addEventListener("fetch", event => {
	const url = new URL(event.request.url);
	if (event.request.method !== "GET" || !url.href.startsWith(root)) return;
	const page = event.request.mode === "navigate",
		path = url.pathname.slice(new URL(root).pathname.length);
	event.respondWith(
		(async () => {
			if (page && path && !/[./]/.test(path)) return Response.redirect(`${root}${path}/${url.search}`); // as servers do
			return (await caches.match(root + path)) ?? fetch(event.request);
		})(),
	);
});
