// Files in one: a zip without compression, since pictures are compressed already; and marks inside of PNG and WebP files.

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
	for (let k = 0; k < 8; k += 1) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
	return n;
});

export function crc32(bytes) {
	let sum = 0xffffffff;
	for (const byte of bytes) sum = TABLE[(sum ^ byte) & 255] ^ (sum >>> 8);
	return (sum ^ 0xffffffff) >>> 0;
}

export const bytesOf = text => new TextEncoder().encode(text);

/** Whole numbers of 2 or 4 bytes, [value, length] each, little end first. */
export function little(...numbers) {
	return Uint8Array.from(numbers.flatMap(([value, length]) => Array.from({ length }, (_, n) => (value / 2 ** (8 * n)) & 255)));
}

/** A zip of [name, bytes] pairs (names in UTF-8). */
export function zipped(files) {
	const parts = [],
		directory = [];
	let offset = 0;
	for (const [name, content] of files) {
		const called = bytesOf(name),
			sum = crc32(content);
		const common = [
			[20, 2],
			[0x0800, 2],
			[0, 2],
			[0, 2],
			[33, 2],
			[sum, 4],
			[content.length, 4],
			[content.length, 4],
			[called.length, 2],
			[0, 2],
		];
		const head = little([0x04034b50, 4], ...common);
		parts.push(head, called, content);
		directory.push(little([0x02014b50, 4], [20, 2], ...common, [0, 2], [0, 2], [0, 2], [0, 4], [offset, 4]), called);
		offset += head.length + called.length + content.length;
	}
	const size = directory.reduce((sum, part) => sum + part.length, 0);
	const end = little([0x06054b50, 4], [0, 2], [0, 2], [files.length, 2], [files.length, 2], [size, 4], [offset, 4], [0, 2]);
	return new Blob([...parts, ...directory, end], { type: "application/zip" });
}
