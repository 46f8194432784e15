// Reads content credentials back with a program that shares no code with the one that wrote them.
//
//     npm install @trustnxt/c2pa-ts@0.9.4
//     node benchmarks/credentials.mjs SIGNED.jpg
//
// Run it where npm installed the package. Prints what was checked; exits with 1 if any of it fails.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

// The package lies in the folder that this is run from, not beside this file.
const here = createRequire(pathToFileURL(`${process.cwd()}/`));
const part = (name) => import(pathToFileURL(here.resolve(`@trustnxt/c2pa-ts/${name}`)));
const [{ JPEG, PNG }, { SuperBox }, { ManifestStore }] = await Promise.all(["asset", "jumbf", "manifest"].map(part));

const bytes = await readFile(process.argv[2]);
const asset = JPEG.canRead(bytes) ? new JPEG(bytes) : new PNG(bytes);
const store = ManifestStore.read(SuperBox.fromBuffer(asset.getManifestJUMBF()));
const found = await store.validate(asset);
for (const { success, code } of found.statusEntries) console.log(success ? "ok  " : "FAIL", code);
process.exit(found.isValid ? 0 : 1);
