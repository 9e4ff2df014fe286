// SPDX-License-Identifier: Apache-2.0
// walrus convert-blob-id: the spellings of a blob id.
#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/ids.hpp"
#include "cli/output.hpp"
#include "cli/session.hpp"

namespace walrus::cli {

Command convert_blob_id_command() {
    auto id_text = std::make_shared<std::optional<std::string>>();
    Command command;
    command.name = "convert-blob-id";
    command.help = "Convert a blob id between decimal, base64 and hexadecimal";
    command.examples = "  walrus convert-blob-id 1234567890123   # decimal, as explorers show it";
    command.declare = [id_text](Arguments& a) {
        a.positional("BLOB_ID", *id_text, "The id in any spelling", true);
    };
    command.run = [id_text](const GlobalOptions& globals) -> RunResult {
        const BlobId id = WALRUS_TRY(blob_id_argument(**id_text));
        if (globals.json) {
            WALRUS_TRY(print(json_quote(to_text(id)) + "\n"));
            return 0;
        }
        WALRUS_TRY(print(fmt::format("Blob ID:     {}\nDecimal:     {}\nHexadecimal: 0x{}\n",
                                     to_text(id), to_decimal(id), hex_encode(id.view()))));
        return 0;
    };
    return command;
}

}  // namespace walrus::cli
