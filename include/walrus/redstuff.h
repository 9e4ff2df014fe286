/* SPDX-License-Identifier: Apache-2.0
 *
 * The Walrus erasure code as a library: encoding of blobs into slivers, their commitments,
 * verification, decoding and repair. Stable C interface; redstuff.hpp is the same for C++. Link
 * with -lwalrus-redstuff.
 *
 * Words. A blob is padded with zeros to P rows of S symbols of 2 to 65534 bytes (an even number),
 * and rows and columns are extended to n x n by Reed-Solomon, where n is the number of shards of
 * the network, f = floor((n-1)/3), P = n-2f, S = n-f. Primary sliver i is the first S symbols of
 * row i, secondary sliver i the first P symbols of column i. Sliver pair i is primary sliver i and
 * secondary sliver n-1-i. Any P primary or S secondary slivers give the blob; any S symbols of
 * column slivers give a primary sliver, any P symbols of row slivers a secondary one. The metadata
 * are Merkle roots over all expanded slivers; the blob id commits to them.
 *
 * Rules. Functions return WALRUS_RS_OK or an error, and write their results only on WALRUS_RS_OK.
 * Pointers to results must not be null; every object that a function makes is freed by its own free
 * function, which accepts null. Bytes that are passed in are only read during the call. Objects may
 * be used from several threads at the same time, except that none may be freed while it is used. A
 * context must outlive what was made with it. Untrusted input (bodies, slivers, symbols, metadata)
 * is checked. Lengths are in bytes. Memory for blobs and slivers is bounded by the context's
 * budget; if the system itself has no memory for small objects the process ends.
 */
#ifndef WALRUS_REDSTUFF_H
#define WALRUS_REDSTUFF_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum walrus_rs_status {
    WALRUS_RS_OK = 0,
    WALRUS_RS_INVALID_ARGUMENT = 1,    /* a number out of its range, a null pointer */
    WALRUS_RS_BLOB_TOO_LARGE = 2,      /* more than P*S*65534 bytes */
    WALRUS_RS_OUT_OF_MEMORY = 3,       /* the context's budget does not allow it */
    WALRUS_RS_MALFORMED = 4,           /* bytes that do not have their layout */
    WALRUS_RS_BLOB_ID_MISMATCH = 5,    /* metadata that have another blob id than they say */
    WALRUS_RS_WRONG_SIZE = 6,          /* a sliver or symbol of another size than the blob's */
    WALRUS_RS_ROOT_MISMATCH = 7,       /* a sliver that is not the one of the metadata */
    WALRUS_RS_INVALID_PROOF = 8,       /* a symbol's proof does not lead to the metadata */
    WALRUS_RS_NOT_ENOUGH_SLIVERS = 9,  /* fewer than P primary or S secondary usable ones */
    WALRUS_RS_NOT_ENOUGH_SYMBOLS = 10, /* fewer than S (primary) or P (secondary) usable ones */
    WALRUS_RS_INCONSISTENT_BLOB = 11,  /* the writer of the blob encoded it wrongly */
    WALRUS_RS_CALLBACK_FAILED = 12     /* a callback returned something else than 0 */
} walrus_rs_status;

/* What a status means, in English. */
const char* walrus_rs_status_text(walrus_rs_status status);
/* Version of the library, "0.1.0". */
const char* walrus_rs_version(void);
/* Which kernels this processor runs: "gfni-avx512 (field), avx512 (hash)". */
const char* walrus_rs_kernels(void);

typedef enum walrus_rs_axis { WALRUS_RS_PRIMARY = 0, WALRUS_RS_SECONDARY = 1 } walrus_rs_axis;

/* ---- Numbers that follow from n ------------------------------------------------------------- */

typedef struct walrus_rs_parameters {
    uint32_t shard_count;              /* n */
    uint32_t faulty_max;               /* f */
    uint32_t primary_source_symbols;   /* P: symbols of a secondary sliver */
    uint32_t secondary_source_symbols; /* S: symbols of a primary sliver */
    uint64_t blob_bytes_max;
} walrus_rs_parameters;

/* Errors: INVALID_ARGUMENT (n below 4 or too large). */
walrus_rs_status walrus_rs_parameters_for(uint32_t shard_count, walrus_rs_parameters* out);
/* Symbol size of a blob. Errors: INVALID_ARGUMENT, BLOB_TOO_LARGE. */
walrus_rs_status walrus_rs_symbol_bytes(uint32_t shard_count, uint64_t blob_bytes, uint32_t* out);
/* What encode_stream keeps in scratch space. Errors: INVALID_ARGUMENT, BLOB_TOO_LARGE. */
walrus_rs_status walrus_rs_scratch_bytes(uint32_t shard_count, uint64_t blob_bytes, uint64_t* out);

/* ---- Contexts and buffers ------------------------------------------------------------------- */

/* Threads and memory. */
typedef struct walrus_rs_context walrus_rs_context;
/* threads: at least 1, the calling thread included. memory_bytes: for blobs and slivers in use at
 * the same time. Errors: INVALID_ARGUMENT. */
walrus_rs_status walrus_rs_context_new(uint32_t threads, uint64_t memory_bytes,
                                       walrus_rs_context** out);
void walrus_rs_context_free(walrus_rs_context* context);

/* Bytes that a function made. */
typedef struct walrus_rs_buffer walrus_rs_buffer;
const uint8_t* walrus_rs_buffer_data(const walrus_rs_buffer* buffer);
size_t walrus_rs_buffer_size(const walrus_rs_buffer* buffer);
void walrus_rs_buffer_free(walrus_rs_buffer* buffer);

/* ---- Metadata ------------------------------------------------------------------------------- */

/* Verified or computed metadata of a blob. */
typedef struct walrus_rs_metadata walrus_rs_metadata;
/* From BCS BlobMetadataWithId. Its blob id is checked against its hashes, and, if `blob_id` (32
 * bytes) is not null, against this one. Errors: MALFORMED, BLOB_TOO_LARGE, BLOB_ID_MISMATCH. */
walrus_rs_status walrus_rs_metadata_parse(const uint8_t* bytes, size_t size, const uint8_t* blob_id,
                                          walrus_rs_metadata** out);
/* BCS BlobMetadataWithId. */
walrus_rs_status walrus_rs_metadata_encode(const walrus_rs_metadata* metadata,
                                           walrus_rs_buffer** out);
void walrus_rs_metadata_blob_id(const walrus_rs_metadata* metadata, uint8_t out[32]);
void walrus_rs_metadata_root(const walrus_rs_metadata* metadata, uint8_t out[32]);
uint32_t walrus_rs_metadata_shard_count(const walrus_rs_metadata* metadata);
uint32_t walrus_rs_metadata_symbol_bytes(const walrus_rs_metadata* metadata);
uint64_t walrus_rs_metadata_blob_bytes(const walrus_rs_metadata* metadata);
/* Merkle root of an expanded sliver. Errors: INVALID_ARGUMENT (index >= n). */
walrus_rs_status walrus_rs_metadata_sliver_hash(const walrus_rs_metadata* metadata,
                                                walrus_rs_axis axis, uint32_t index,
                                                uint8_t out[32]);
void walrus_rs_metadata_free(walrus_rs_metadata* metadata);
/* The usual spelling of a blob id: URL-safe base64, 43 characters and a zero. */
void walrus_rs_blob_id_text(const uint8_t blob_id[32], char out[44]);

/* ---- Slivers -------------------------------------------------------------------------------- */

/* A view of a sliver. symbols: S or P symbols one after the other. */
typedef struct walrus_rs_sliver {
    const uint8_t* symbols;
    size_t size;
    uint16_t symbol_bytes;
    uint16_t index; /* the sliver's, not the pair's */
} walrus_rs_sliver;
/* From BCS SliverData, the body that storage nodes serve; a view into it. Checks the layout only.
 * Errors: MALFORMED. */
walrus_rs_status walrus_rs_sliver_parse(const uint8_t* body, size_t size, walrus_rs_sliver* out);
/* The body of a sliver. Errors: INVALID_ARGUMENT. */
walrus_rs_status walrus_rs_sliver_body(const walrus_rs_sliver* sliver, walrus_rs_buffer** out);

/* ---- Encoding ------------------------------------------------------------------------------- */

/* All slivers of a blob and its metadata. Takes about 4.5 times the blob from the context. */
typedef struct walrus_rs_encoding walrus_rs_encoding;
/* Errors: INVALID_ARGUMENT, BLOB_TOO_LARGE, OUT_OF_MEMORY. */
walrus_rs_status walrus_rs_encode(walrus_rs_context* context, uint32_t shard_count,
                                  const uint8_t* blob, size_t size, walrus_rs_encoding** out);
/* Lives as long as the encoding. */
const walrus_rs_metadata* walrus_rs_encoding_metadata(const walrus_rs_encoding* encoding);
/* A view that lives as long as the encoding. Errors: INVALID_ARGUMENT (index >= n). */
walrus_rs_status walrus_rs_encoding_sliver(const walrus_rs_encoding* encoding, walrus_rs_axis axis,
                                           uint32_t index, walrus_rs_sliver* out);
void walrus_rs_encoding_free(walrus_rs_encoding* encoding);

/* Metadata alone. Takes half the blob from the context. Errors: INVALID_ARGUMENT, BLOB_TOO_LARGE,
 * OUT_OF_MEMORY. */
walrus_rs_status walrus_rs_compute_metadata(walrus_rs_context* context, uint32_t shard_count,
                                            const uint8_t* blob, size_t size,
                                            walrus_rs_metadata** out);

/* Where encode_stream reads and writes. Calls come from several threads at the same time, for
 * different ranges; each returns 0, or something else to end the encoding. `user` is handed
 * through. */
typedef struct walrus_rs_stream {
    void* user;
    /* Fills out[0..size) with the blob's bytes at `offset`. */
    int (*read_blob)(void* user, uint64_t offset, uint8_t* out, size_t size);
    /* Scratch space of walrus_rs_scratch_bytes, written once, then read once. Both null: in memory.
     */
    int (*write_scratch)(void* user, uint64_t offset, const uint8_t* data, size_t size);
    int (*read_scratch)(void* user, uint64_t offset, uint8_t* out, size_t size);
    /* Bytes [offset, offset + size) of the symbols of a sliver; every byte comes once. Null: only
     * the metadata are wanted. */
    int (*write_sliver)(void* user, walrus_rs_axis axis, uint32_t index, uint64_t offset,
                        const uint8_t* data, size_t size);
} walrus_rs_stream;
/* The same slivers and metadata in bounded memory. The blob is read twice. memory_bytes: working
 * memory; 0 for the default of 320 MiB. Errors: INVALID_ARGUMENT, BLOB_TOO_LARGE, OUT_OF_MEMORY
 * (memory_bytes is less than n+P symbols), CALLBACK_FAILED. */
walrus_rs_status walrus_rs_encode_stream(walrus_rs_context* context, uint32_t shard_count,
                                         uint64_t blob_bytes, const walrus_rs_stream* stream,
                                         uint64_t memory_bytes, walrus_rs_metadata** out);

/* ---- Verification and decoding -------------------------------------------------------------- */

/* Expands slivers and compares their roots with the metadata. verdicts[i], if verdicts is not null:
 * OK, INVALID_ARGUMENT (index >= n), WRONG_SIZE or ROOT_MISMATCH. Returns OK if all are, else the
 * first other verdict. */
walrus_rs_status walrus_rs_verify_slivers(walrus_rs_context* context,
                                          const walrus_rs_metadata* metadata, walrus_rs_axis axis,
                                          const walrus_rs_sliver* slivers, size_t count,
                                          walrus_rs_status* verdicts);

typedef enum walrus_rs_check {
    WALRUS_RS_CHECK_SKIP = 0,
    WALRUS_RS_CHECK_DEFAULT = 1, /* source slivers that were not given are compared */
    WALRUS_RS_CHECK_STRICT = 2   /* the blob is encoded again and its id compared */
} walrus_rs_check;
/* The blob from slivers of one axis that were verified. Unusable and repeated ones are passed over.
 * Errors: INVALID_ARGUMENT, NOT_ENOUGH_SLIVERS, INCONSISTENT_BLOB, OUT_OF_MEMORY. */
walrus_rs_status walrus_rs_decode(walrus_rs_context* context, const walrus_rs_metadata* metadata,
                                  walrus_rs_axis axis, const walrus_rs_sliver* slivers,
                                  size_t count, walrus_rs_check check, walrus_rs_buffer** out);

/* ---- Repair --------------------------------------------------------------------------------- */

/* A sliver expanded to its n symbols, with the tree over them: serves symbols to those who repair.
 */
typedef struct walrus_rs_expanded walrus_rs_expanded;
/* Errors: INVALID_ARGUMENT, WRONG_SIZE, OUT_OF_MEMORY. */
walrus_rs_status walrus_rs_expand(walrus_rs_context* context, uint32_t shard_count,
                                  walrus_rs_axis axis, const walrus_rs_sliver* sliver,
                                  walrus_rs_expanded** out);
/* The symbol for sliver `target` of the other axis: a view that lives as long as `expanded`.
 * Errors: INVALID_ARGUMENT. */
walrus_rs_status walrus_rs_expanded_symbol(const walrus_rs_expanded* expanded, uint32_t target,
                                           const uint8_t** data, size_t* size);
/* The same with its proof: BCS RecoverySymbol. Errors: INVALID_ARGUMENT. */
walrus_rs_status walrus_rs_expanded_recovery_symbol(const walrus_rs_expanded* expanded,
                                                    uint32_t target, walrus_rs_buffer** out);
void walrus_rs_expanded_free(walrus_rs_expanded* expanded);

typedef struct walrus_rs_symbol {
    const uint8_t* data;
    size_t size;
    uint16_t index; /* of the sliver of the other axis that it comes from */
} walrus_rs_symbol;
/* Sliver `target` of an axis from symbols of slivers of the other axis, verified: its symbols.
 * Unusable and repeated ones are passed over. Errors: INVALID_ARGUMENT, NOT_ENOUGH_SYMBOLS,
 * ROOT_MISMATCH (a symbol is wrong, or the blob is inconsistent). */
walrus_rs_status walrus_rs_recover(walrus_rs_context* context, const walrus_rs_metadata* metadata,
                                   walrus_rs_axis axis, uint32_t target,
                                   const walrus_rs_symbol* symbols, size_t count,
                                   walrus_rs_buffer** out);
/* Checks a BCS RecoverySymbol for sliver `target` of an axis; symbol->data is a view into it.
 * Errors: INVALID_ARGUMENT, MALFORMED, WRONG_SIZE, INVALID_PROOF. */
walrus_rs_status walrus_rs_recovery_symbol_verify(const walrus_rs_metadata* metadata,
                                                  walrus_rs_axis axis, uint32_t target,
                                                  const uint8_t* bytes, size_t size,
                                                  walrus_rs_symbol* symbol);

#ifdef __cplusplus
}
#endif

#endif
