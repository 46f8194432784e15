// Reads content credentials back with a program that shares no code with the one that wrote them.
//
//     npm install --no-save --prefix benchmarks @trustnxt/c2pa-ts@0.9.4
//     node benchmarks/credentials.mjs SIGNED.jpg
//
// Prints what was checked; exits with 1 if any of it fails.

import { readFile } from "node:fs/promises";
import { JPEG, PNG } from "@trustnxt/c2pa-ts/asset";
import { SuperBox } from "@trustnxt/c2pa-ts/jumbf";
import { ManifestStore } from "@trustnxt/c2pa-ts/manifest";

const bytes = await readFile(process.argv[2]);
const asset = JPEG.canRead(bytes) ? new JPEG(bytes) : new PNG(bytes);
const store = ManifestStore.read(SuperBox.fromBuffer(asset.getManifestJUMBF()));
const found = await store.validate(asset);
for (const { success, code } of found.statusEntries) console.log(success ? "ok  " : "FAIL", code);
process.exit(found.isValid ? 0 : 1);
