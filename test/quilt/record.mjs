// SPDX-License-Identifier: Apache-2.0
// Records quilts of the official encoder for src/redstuff/quilt_test.cpp:
//   node test/quilt/record.mjs --packages DIR > test/quilt/official.json
import { argument, generated, official, randomPatches, sha256 } from './cases.mjs';

const sdk = await official(argument('--packages'));
const { computeMetadata } = await sdk.getWasmBindings();

const cases = [];
function record(name, n, patches, { withId = false } = {}) {
    const blobs = patches.map(({ identifier, tags, length }) => ({ identifier, tags, contents: generated(length) }));
    const { quilt, index } = sdk.encodeQuilt({ blobs, numShards: n, encodingType: 'RS2' });
    const entry = {
        name,
        n,
        patches,
        quilt_bytes: quilt.length,
        sha256: sha256(quilt),
        columns: index.patches.map((p) => [p.startIndex, p.endIndex]),
    };
    if (withId) {
        const { blobId } = computeMetadata(n, quilt);
        const { startIndex, endIndex } = index.patches[0];
        entry.blob_id = blobId;
        entry.patch_id = sdk.encodeQuiltPatchId({ quiltId: blobId, patchId: { version: 1, startIndex, endIndex } });
    }
    cases.push(entry);
}

const many = (count, length, tags = {}) =>
    Array.from({ length: count }, (_, i) => ({ identifier: `file-${i}`, tags, length: length(i) }));

for (const n of [4, 7, 10, 13, 31, 100]) {
    record(`one empty file, ${n} shards`, n, many(1, () => 0), { withId: true });
    record(`one file, ${n} shards`, n, many(1, () => 1000), { withId: true });
    record(`as many as fit, ${n} shards`, n, many(n - Math.floor((n - 1) / 3) - 1, (i) => i * 7));
    for (let seed = 1; seed <= 5; seed++)
        record(`random ${seed}, ${n} shards`, n, randomPatches(n, seed * 1000 + n, 3000), { withId: seed === 1 });
}
record('tags of unequal keys', 10, [
    { identifier: 'a', tags: { bb: '1', a: '2', ccc: '3', aa: '4', '': '' }, length: 5 },
    { identifier: 'b', tags: { é: 'ü', z: 'y' }, length: 50 },
]);
record('long identifiers and tags', 13, [
    { identifier: 'x'.repeat(2000), tags: { k: 'v'.repeat(3000) }, length: 10 },
    { identifier: 'y'.repeat(127), tags: {}, length: 1 },
    { identifier: 'z'.repeat(128), tags: {}, length: 100000 },
]);
record('the index decides', 100, [{ identifier: 'x'.repeat(8000), tags: {}, length: 1 }]);
record('600 small files, 1000 shards', 1000, many(600, (i) => 10 + (i % 50)));
record('666 files, 1000 shards', 1000, many(666, (i) => (i * 37) % 1500, { type: 'test' }));
record('few large files, 1000 shards', 1000, many(3, (i) => 300000 * (i + 1)), { withId: true });

console.log('{"source": "@mysten/walrus 1.2.13 encodeQuilt; contents: generator of spec/encoding.md §11 by length",');
console.log(' "cases": [');
console.log(cases.map((c) => '  ' + JSON.stringify(c)).join(',\n'));
console.log(' ]}');
