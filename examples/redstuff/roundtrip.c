/* SPDX-License-Identifier: Apache-2.0
 * Encodes a file for a network of 13 shards, loses two thirds of its slivers, and gets it back.
 *
 *   cc roundtrip.c $(pkg-config --cflags --libs walrus-redstuff) -o roundtrip
 *   ./roundtrip FILE        prints the blob id
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <walrus/redstuff.h>

enum { SHARDS = 13 };

static void check(walrus_rs_status status, const char* doing) {
    if (status == WALRUS_RS_OK) return;
    fprintf(stderr, "%s: %s\n", doing, walrus_rs_status_text(status));
    exit(1);
}

static uint8_t* read_file(const char* path, size_t* size) {
    FILE* file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
        perror(path);
        exit(1);
    }
    *size = (size_t)ftell(file);
    rewind(file);
    uint8_t* bytes = malloc(*size + 1);
    if (bytes == NULL || fread(bytes, 1, *size, file) != *size) {
        fprintf(stderr, "%s cannot be read\n", path);
        exit(1);
    }
    fclose(file);
    return bytes;
}

int main(int argc, char** argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: %s FILE\n", argv[0]);
        return 2;
    }
    size_t size = 0;
    uint8_t* blob = read_file(argv[1], &size);

    walrus_rs_context* context = NULL;
    check(walrus_rs_context_new(2, (uint64_t)1 << 30, &context), "making a context");
    walrus_rs_encoding* encoding = NULL;
    check(walrus_rs_encode(context, SHARDS, blob, size, &encoding), "encoding");
    const walrus_rs_metadata* metadata = walrus_rs_encoding_metadata(encoding);

    uint8_t id[32];
    char text[44];
    walrus_rs_metadata_blob_id(metadata, id);
    walrus_rs_blob_id_text(id, text);
    printf("%s\n", text);

    /* The last P of n primary slivers: mostly parity. */
    walrus_rs_parameters parameters;
    check(walrus_rs_parameters_for(SHARDS, &parameters), "asking for the code's numbers");
    walrus_rs_sliver kept[SHARDS];
    for (uint32_t i = 0; i < parameters.primary_source_symbols; ++i)
        check(walrus_rs_encoding_sliver(encoding, WALRUS_RS_PRIMARY, SHARDS - 1 - i, &kept[i]),
              "taking a sliver");
    check(walrus_rs_verify_slivers(context, metadata, WALRUS_RS_PRIMARY, kept,
                                   parameters.primary_source_symbols, NULL),
          "verifying");
    walrus_rs_buffer* copy = NULL;
    check(walrus_rs_decode(context, metadata, WALRUS_RS_PRIMARY, kept,
                           parameters.primary_source_symbols, WALRUS_RS_CHECK_DEFAULT, &copy),
          "decoding");
    const int same = walrus_rs_buffer_size(copy) == size &&
                     (size == 0 || memcmp(walrus_rs_buffer_data(copy), blob, size) == 0);
    fprintf(stderr, "%u of %d primary slivers gave %s\n", parameters.primary_source_symbols, SHARDS,
            same ? "the file" : "something else");

    walrus_rs_buffer_free(copy);
    walrus_rs_encoding_free(encoding);
    walrus_rs_context_free(context);
    free(blob);
    return same ? 0 : 1;
}
