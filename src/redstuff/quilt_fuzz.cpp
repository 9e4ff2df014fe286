// SPDX-License-Identifier: Apache-2.0
// Quilts from the network: index, headers and patch ids of any bytes parse or are refused, and what
// parses lies inside the quilt. The first two bytes choose shards and symbol size.
#include <algorithm>
#include <cstdlib>

#include "redstuff/quilt.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace walrus;
    if (size < 2) return 0;
    const auto code = *CodeParameters::make(4 + data[0] % 60);
    const std::size_t symbol_bytes = 2 + 2 * (data[1] % 64);
    const ByteView input(data + 2, size - 2);
    const std::string_view text = as_text(input);
    if (const auto id = parse_quilt_patch_id(text))
        if (parse_quilt_patch_id(to_text(*id)) != id) std::abort();

    // The input column by column, as a writer would place it.
    const std::size_t rows = code.primary_source_symbols();
    const std::size_t column_count = code.secondary_source_symbols();
    Bytes bytes(rows * column_count * symbol_bytes);
    std::copy_n(input.begin(), std::min(input.size(), bytes.size()), bytes.begin());
    auto columns = QuiltColumns::of_length(code, bytes.size());
    if (!columns) return 0;
    const std::size_t column_bytes = rows * symbol_bytes;
    for (std::size_t c = 0; c < column_count; ++c)
        columns->add(static_cast<std::uint16_t>(c),
                     ByteView(bytes).subspan(c * column_bytes, column_bytes));

    const auto index = parse_quilt_index(*columns);
    if (!index) return 0;
    std::uint16_t start = quilt_index_columns(*columns)->end;
    for (const QuiltPatch& patch : index->patches) {
        if (patch.columns.start != start || patch.columns.end > column_count) std::abort();
        start = patch.columns.end;
        const auto header = parse_patch_header(*columns, patch.columns);
        if (!header) continue;
        Bytes content(header->data_bytes);
        if (!columns->read(patch.columns.start, header->data_offset, content)) std::abort();
        if (header->data_offset + header->data_bytes >
            (patch.columns.end - patch.columns.start) * column_bytes)
            std::abort();
    }
    return 0;
}
