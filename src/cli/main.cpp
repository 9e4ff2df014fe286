// SPDX-License-Identifier: Apache-2.0
// The program: finds the command, runs it, prints its error, ends with its exit code.
#include <fmt/format.h>
#include <signal.h>

#include <cstdio>
#include <string_view>

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/session.hpp"
#include "io/log.hpp"

namespace walrus::cli {

std::vector<Command> all_commands() {
    return {store_command(),
            read_command(),
            store_quilt_command(),
            read_quilt_command(),
            list_patches_in_quilt_command(),
            blob_status_command(),
            blob_id_command(),
            convert_blob_id_command(),
            list_blobs_command(),
            delete_command(),
            extend_command(),
            share_command(),
            fund_shared_blob_command(),
            burn_blobs_command(),
            get_blob_attribute_command(),
            set_blob_attribute_command(),
            remove_blob_attribute_fields_command(),
            remove_blob_attribute_command(),
            pool_command(),
            wallet_command(),
            stake_command(),
            request_withdraw_stake_command(),
            withdraw_stake_command(),
            list_staked_wal_command(),
            exchange_command(),
            get_wal_command(),
            info_command(),
            health_command(),
            up_command(),
            down_command(),
            status_command(),
            ledger_command(),
            node_command(),
            codec_command(),
            bench_command(),
            completion_command(),
            json_command()};
}

namespace {

/// Roles log what they do; commands only what is wrong.
bool is_role(int argc, char** argv) {
    return argc > 1 &&
           (std::string_view(argv[1]) == "up" || std::string_view(argv[1]) == "ledger" ||
            std::string_view(argv[1]) == "node");
}

int report(ClientCode code, int exit_code, const std::string& message, bool json) {
    if (json)
        (void)print(error_json(code, exit_code, message));
    else
        fmt::print(stderr, "Error: {}\n", message);
    return exit_code;
}

int run(int argc, char** argv) {
    bool json = false;
    for (int i = 1; i < argc; ++i) json = json || std::string_view(argv[i]) == "--json";
    const Parsed parsed = parse_command_line(argc, argv, all_commands(), version_text());
    if (!parsed.error.empty())
        return report(ClientCode::Usage, parsed.exit_code,
                      parsed.error + (json ? "" : "\nRead more with: " + parsed.hint), json);
    if (!parsed.run) return parsed.exit_code;
    const RunResult result = parsed.run(parsed.globals);
    if (result) return *result;
    const ClientError& error = result.error();
    return report(error.code, client::exit_code(error.code), error.message, json);
}

}  // namespace

}  // namespace walrus::cli

int main(int argc, char** argv) {
    ::signal(SIGPIPE, SIG_IGN);
    walrus::io::init_logging(walrus::cli::is_role(argc, argv) ? walrus::io::LogLevel::Info
                                                              : walrus::io::LogLevel::Warn);
    return walrus::cli::run(argc, argv);
}
