// SPDX-License-Identifier: Apache-2.0
// Quilts made by the official package are read by ours, and the other way round, on a local network:
//   node test/quilt/check.mjs --packages DIR --walrus build/release/walrus
// DIR is where `npm install @mysten/walrus@1.2.13 @mysten/sui@2.33.1` was run. Without it, or without
// Node 20, nothing is checked, and the output says so.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { argument, generated, official, randomPatches, randomness, skip } from './cases.mjs';

const QUILTS = 25;
const sdk = await official(argument('--packages'));
if (!argument('--walrus')) skip('no --walrus PROGRAM');
const program = resolve(argument('--walrus'));

const folder = mkdtempSync(join(tmpdir(), 'walrus-quilts-'));
const home = join(folder, 'network');
const walrus = (...args) =>
    JSON.parse(
        execFileSync(program, [...args, '--network', join(home, 'network.json'), '--json'], {
            env: { ...process.env, WALRUS_HOME: join(folder, 'home') },
            maxBuffer: 1 << 28,
        }),
    );
const up = (...args) => execFileSync(program, args, { env: { ...process.env, WALRUS_HOME: join(folder, 'home') } });

let checks = 0;
const counts = { quilts: 0, patches: 0, defects: 0 };
function same(what, got, wanted) {
    checks++;
    const equal = got instanceof Uint8Array ? Buffer.compare(got, wanted) === 0 : got === wanted;
    if (!equal) throw new Error(`${what}: ${String(got).slice(0, 200)} is not ${String(wanted).slice(0, 200)}`);
}

/// What the package's readers ask their client for, answered by the network's nodes.
function client(blobId, nodes, shards) {
    const fetchFrom = async (path) => {
        for (const { url } of nodes) {
            const answer = await fetch(url.replace('https:', 'http:') + path);
            if (answer.ok) return new Uint8Array(await answer.arrayBuffer());
        }
        throw new Error(`no node has ${path}`);
    };
    return {
        getBlobMetadata: async () => {
            // BlobMetadataWithId: id 32, version 1, encoding type 1, length u64.
            const bytes = await fetchFrom(`/v1/blobs/${blobId}/metadata`);
            const length = Buffer.from(bytes).readBigUInt64LE(34);
            return { metadata: { V1: { unencoded_length: length } } };
        },
        getSecondarySliver: ({ index }) =>
            fetchFrom(`/v1/blobs/${blobId}/slivers/${shards - 1 - index}/secondary`),
        readBlob: async () => Buffer.from(walrus('read', blobId).blob, 'base64'),
    };
}

const utf8 = (text) => new TextEncoder().encode(text).length;
const serialized = (bytes) => bytes + (bytes < 0x80 ? 1 : bytes < 0x4000 ? 2 : 3);

/// The package's reader of slivers takes as many columns as a field's length needs, one too few when
/// the field's place makes it cross one more; and after a field that begins in the second half of a
/// column it skips bytes of the next one. Does that happen to a field of this patch?
function fieldsCross({ identifier, tags, length }, column) {
    const fields = [6, 2, serialized(utf8(identifier))];
    const entries = Object.entries(tags);
    if (entries.length > 0)
        fields.push(2, serialized(0) + entries.flat().reduce((sum, text) => sum + serialized(utf8(text)), 0));
    let at = 0;
    return [...fields, length].some((bytes) => {
        const start = at % column;
        const needed = Math.ceil((start + bytes) / column);
        at += bytes;
        return bytes > 0 && (needed > Math.ceil(bytes / column) || (needed > 1 && 2 * start > column));
    });
}

async function readOfficially(blobId, patches, nodes, n) {
    const listed = walrus('list-patches-in-quilt', blobId).V1.index.quiltPatches;
    for (const whole of [true, false]) {
        const reader = new sdk.BlobReader({ client: client(blobId, nodes, n), blobId, numShards: n });
        if (whole) await reader.getBytes();
        const column = await reader.getColumnSize();
        const quilt = reader.getQuiltReader();
        for (const entry of listed) {
            const patch = patches.find((p) => p.identifier === entry.identifier);
            if (!whole && fieldsCross(patch, column)) {
                counts.defects++;
                continue;
            }
            const file = quilt.readerForPatchId(entry.quiltPatchId);
            same('identifier', await file.getIdentifier(), patch.identifier);
            same('tags', JSON.stringify(sorted(await file.getTags())), JSON.stringify(sorted(patch.tags)));
            same(`bytes of ${patch.identifier}`, new Uint8Array(await file.getBytes()), generated(patch.length));
            counts.patches++;
        }
        if (!whole) continue;
        const index = await quilt.readIndex();
        same('patches', index.length, listed.length);
        for (const [i, entry] of index.entries()) {
            same('identifier in the index', entry.identifier, listed[i].identifier);
            // It forgets the index's first five bytes when it counts the index's columns.
            if (i > 0) same('patch id', entry.patchId, listed[i].quiltPatchId);
        }
    }
}

const sorted = (tags) => Object.entries(tags).sort();

function readOurs(blobId, patches, ids) {
    const { retrievedBlobs } = walrus('read-quilt', '--quilt-id', blobId);
    same('patches', retrievedBlobs.length, patches.length);
    for (const entry of retrievedBlobs) {
        const patch = patches.find((p) => p.identifier === entry.identifier);
        same(`bytes of ${patch.identifier}`, new Uint8Array(Buffer.from(entry.blob, 'base64')), generated(patch.length));
        same('tags', JSON.stringify(sorted(entry.tags)), JSON.stringify(sorted(patch.tags)));
        same('patch id', entry.quiltPatchId, ids.get(entry.identifier));
        counts.patches++;
    }
    const [name, id] = [...ids][patches.length >> 1];
    same('one patch', walrus('read-quilt', '--patch-ids', id).retrievedBlobs[0].identifier, name);
}

async function checkNetwork(n, nodeCount) {
    rmSync(home, { recursive: true, force: true });
    up('up', '--background', '--home', home, '--nodes', `${nodeCount}`, '--shards', `${n}`, '--port-base', '0');
    try {
        const { nodes } = JSON.parse(readFileSync(join(home, 'network.json')));
        for (let i = 0; i < QUILTS; i++) {
            const seed = randomness(n * 1000 + i)(2 ** 31);
            const patches = randomPatches(n, seed, i % 5 === 0 ? 20000 : 2000);
            const blobs = patches.map((p) => ({ ...p, contents: generated(p.length) }));
            const { quilt, index } = sdk.encodeQuilt({ blobs, numShards: n, encodingType: 'RS2' });

            // Theirs as a plain blob, read by us.
            const path = join(folder, 'quilt');
            writeFileSync(path, quilt);
            const [{ blobStoreResult }] = walrus('store', path, '--epochs', '1');
            const blobId = blobStoreResult.newlyCreated.blobObject.blobId;
            const ids = new Map(
                index.patches.map(({ identifier, startIndex, endIndex }) => [
                    identifier,
                    sdk.encodeQuiltPatchId({ quiltId: blobId, patchId: { version: 1, startIndex, endIndex } }),
                ]),
            );
            readOurs(blobId, patches, ids);

            // Ours, made from the same files in another order, is the same blob; they read it.
            mkdirSync(join(folder, 'files'), { recursive: true });
            const arguments_ = [...patches].reverse().map(({ identifier, tags, length }, at) => {
                const file = join(folder, 'files', `${at}`);
                writeFileSync(file, generated(length));
                return JSON.stringify({ path: file, identifier, tags });
            });
            const ours = walrus('store-quilt', '--blobs', ...arguments_, '--epochs', '1', '--force');
            same('blob id', ours.blobStoreResult.newlyCreated.blobObject.blobId, blobId);
            for (const { identifier, quiltPatchId } of ours.storedQuiltBlobs)
                same('patch id', quiltPatchId, ids.get(identifier));
            await readOfficially(blobId, patches, nodes, n);
            counts.quilts++;
        }
    } finally {
        up('down', '--home', home);
    }
}

try {
    for (const [n, nodeCount] of [[7, 4], [13, 7], [100, 10]]) await checkNetwork(n, nodeCount);
    console.log(
        `${counts.quilts} quilts, ${counts.patches} patches read; ${counts.defects} patches that the package ` +
            `cannot read from slivers, read from the whole blob`,
    );
    console.log(`${checks} passed, 0 failed`);
} catch (error) {
    console.log(error.stderr?.toString() ?? '', error.stdout?.toString() ?? '');
    console.log(error.stack);
    console.log(`${checks} passed, 1 failed`);
    process.exitCode = 1;
} finally {
    rmSync(folder, { recursive: true, force: true });
}
