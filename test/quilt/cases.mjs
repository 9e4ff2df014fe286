// SPDX-License-Identifier: Apache-2.0
// What the scripts here share: the official packages, contents of files, cases.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/// Says why nothing is checked and ends well: the packages or Node are not here.
export function skip(why) {
    console.log(`quilt cross-check skipped: ${why}`);
    process.exit(0);
}

/// The official package from a folder where `npm install @mysten/walrus@1.2.13 @mysten/sui@2.33.1`
/// was run. Parts that the package does not export are imported by path.
export async function official(folder) {
    if (Number(process.versions.node.split('.')[0]) < 20) skip(`Node ${process.version} is older than 20`);
    if (!folder) skip('no --packages DIR');
    const dist = resolve(join(folder, 'node_modules/@mysten/walrus/dist'));
    if (!existsSync(dist)) skip(`${dist} does not exist`);
    const load = (name) => import(pathToFileURL(join(dist, name)).href);
    return {
        ...(await load('utils/quilts.mjs')),
        ...(await load('wasm.mjs')),
        ...(await load('files/readers/blob.mjs')),
        ...(await load('files/blob.mjs')),
        ...(await load('utils/index.mjs')),
    };
}

export function argument(name) {
    const at = process.argv.indexOf(name);
    return at < 0 ? undefined : process.argv[at + 1];
}

/// The generator of the published vectors (spec/encoding.md §11).
export function generated(length) {
    let x = (0x12345678 ^ length) >>> 0;
    const out = new Uint8Array(length);
    for (let i = 0; i < length; i++) {
        x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
        out[i] = x >>> 24;
    }
    return out;
}

export const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

/// Small reproducible random numbers below `limit`.
export function randomness(seed) {
    let x = seed >>> 0;
    return (limit) => {
        x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
        return Math.floor((x / 2 ** 32) * limit);
    };
}

/// Patches {identifier, tags, length} of a random quilt.
export function randomPatches(n, seed, longest) {
    const random = randomness(seed);
    const columns = n - Math.floor((n - 1) / 3);
    const count = 1 + random(columns - 1);
    const patches = [];
    for (let i = 0; i < count; i++) {
        const tags = {};
        for (let t = random(4); t > 0; t--) tags['k'.repeat(random(4)) + t] = 'v'.repeat(random(30));
        patches.push({
            identifier: `${'é'.repeat(random(3))}${random(10 ** 6)}/${i}`,
            tags,
            length: random(4) === 0 ? random(3) : random(longest),
        });
    }
    return patches;
}
