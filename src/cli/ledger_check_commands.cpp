// SPDX-License-Identifier: Apache-2.0
// walrus ledger verify, check: without a network.
#include <fmt/format.h>

#include "base/text.hpp"
#include "bcs/bcs.hpp"
#include "chain/executor.hpp"
#include "cli/ledger_commands.hpp"
#include "cli/output.hpp"
#include "cli/session.hpp"
#include "client/epochs.hpp"
#include "ledger/effects.hpp"

namespace walrus::cli {
namespace {

struct VerifyArguments {
    std::optional<std::string> file;
    std::optional<std::string> key;
    std::optional<std::string> chain;
};
struct CheckArguments {
    std::optional<std::string> directory;
};

ClientError from_chain(const chain::ChainError& error) {
    const auto code = [&] {
        switch (error.code) {
            case chain::ChainCode::NotFound:
                return ClientCode::NotFound;
            case chain::ChainCode::InvalidArgument:
                return ClientCode::Usage;
            case chain::ChainCode::Rejected:
                return ClientCode::Refused;
            case chain::ChainCode::Busy:
                return ClientCode::Refused;
            case chain::ChainCode::NotDurable:
                return ClientCode::Resources;
            case chain::ChainCode::Corrupt:
                return ClientCode::Integrity;
            case chain::ChainCode::WrongFormat:
                return ClientCode::Refused;
            case chain::ChainCode::Broken:
                return ClientCode::Integrity;
        }
        return ClientCode::Internal;
    }();
    return {code, error.message};
}

/// Base64 or hexadecimal, with or without the scheme's flag byte.
ClientResult<proof::SequencerKey> key_argument(const std::string& text) {
    proof::SequencerKey out{};
    std::string_view digits = text;
    if (digits.starts_with("0x")) digits.remove_prefix(2);
    std::optional<Bytes> bytes;
    if (digits.size() == 2 * out.size()) bytes = hex_decode(digits);
    if (!bytes) bytes = base64_decode(text);
    if (bytes && bytes->size() == out.size() + 1 && (*bytes)[0] == 0) bytes->erase(bytes->begin());
    if (!bytes || bytes->size() != out.size())
        return client::client_failure(
            ClientCode::Usage,
            fmt::format("--trust {}: expected the sequencer's ed25519 key, 32 bytes in base64 or "
                        "hexadecimal (`walrus ledger status` shows it)",
                        text));
    std::copy(bytes->begin(), bytes->end(), out.begin());
    return out;
}

RunResult run_verify(const GlobalOptions& globals, const VerifyArguments& arguments) {
    if (!arguments.key)
        return client::client_failure(ClientCode::Usage,
                                      "name the key that you trust: --trust KEY");
    proof::Trust trust;
    trust.sequencer = WALRUS_TRY(key_argument(*arguments.key));
    if (arguments.chain) {
        trust.chain = parse_chain_id(*arguments.chain);
        if (!trust.chain)
            return client::client_failure(
                ClientCode::Usage,
                fmt::format("--chain {}: expected a chain id in base58", *arguments.chain));
    }
    const auto files = io::make_posix_file_system();
    const auto file = files->read_file(*arguments.file, proof::kProofBytesMax);
    if (!file) {
        const ClientCode code = file.error().code == io::IoCode::TooLarge   ? ClientCode::Integrity
                                : file.error().code == io::IoCode::NotFound ? ClientCode::NotFound
                                                                            : ClientCode::InputFile;
        return client::client_failure(code, file.error().message);
    }
    const auto proof = proof::verify_proof(*file, trust);
    if (!proof) return client::client_failure(ClientCode::Integrity, proof.error().message);
    WALRUS_TRY(print(globals.json ? proof_json(*proof) : proof_text(*proof)));
    return 0;
}

/// A network's home, its ledger's directory or the database's parent: whichever has the database.
ClientResult<std::string> ledger_directory(io::FileSystem& files, std::string directory) {
    while (directory.size() > 1 && directory.ends_with('/')) directory.pop_back();
    for (const char* const below : {"", "/db", "/ledger/db"}) {
        const std::string candidate = directory + below;
        const auto exists = files.exists(candidate + "/" + chain::kDatabaseDirectory);
        if (exists && *exists) return candidate;
    }
    return client::client_failure(ClientCode::NotFound,
                                  fmt::format("there is no ledger in {}", directory));
}

RunResult run_check(const GlobalOptions& globals, const CheckArguments& arguments) {
    Session session(globals);
    const std::string directory =
        WALRUS_TRY(ledger_directory(session.files(), *arguments.directory));
    const auto report = chain::check_ledger(session.environment(), directory);
    if (!report) return fail(from_chain(report.error()));
    if (globals.json) {
        JsonWriter out;
        out.begin_object();
        out.key("blocks").number(report->blocks);
        out.key("transactions").number(report->transactions);
        out.key("stateRoot").string(hex_encode(report->state_root.view()));
        out.end();
        WALRUS_TRY(print(out.take()));
    } else {
        WALRUS_TRY(print(fmt::format(
            "good: {} blocks with {} transactions give the stored state\n  State root: {}\n",
            report->blocks, report->transactions, hex_encode(report->state_root.view()))));
    }
    return 0;
}

// ---- what a proof says -------------------------------------------------------------------------

struct Line {
    std::string key;    ///< for programs
    std::string label;  ///< for people
    std::string value;
    bool number = false;
};

void add_object(const proof::Proof& proof, std::vector<Line>& out) {
    const ByteView value = proof.state->value;
    if (!as_text(value).starts_with(proof::kObjectDomain)) {
        out.push_back({"form", "Form", "the system's state, by the digests of its fields"});
        return;
    }
    const auto object = bcs::decode<ledger::Object>(value.subspan(proof::kObjectDomain.size()));
    if (!object) return;
    out.push_back({"type", "Type", to_text(object->type)});
    out.push_back({"version", "Version", std::to_string(object->version), true});
    out.push_back({"previousTransaction", "Transaction", to_text(object->previous_transaction)});
    out.push_back({"contents", "Contents", hex_encode(object->contents)});
}

void add_claim(const proof::Proof& proof, std::vector<Line>& out) {
    const proof::Subject& subject = proof.subject;
    const std::string id = to_text(ObjectId::from(subject.id.view()));
    const std::string digest = to_text(TransactionDigest::from(subject.id.view()));
    switch (subject.claim) {
        case proof::Claim::Object:
            out.push_back({"object", "Object", id});
            add_object(proof, out);
            return;
        case proof::Claim::NoObject:
            out.push_back({"noObject", "No object", id});
            return;
        case proof::Claim::Balance: {
            out.push_back({"owner", "Owner", id});
            const auto coin = bcs::decode<ledger::TypeTag>(subject.coin_type);
            out.push_back({"coinType", "Coin", coin ? to_text(*coin) : std::string("unknown")});
            out.push_back({"balance", "Balance", std::to_string(subject.amount), true});
            return;
        }
        case proof::Claim::Parameter: {
            out.push_back({"parameter", "Parameter", subject.name});
            const auto number = bcs::decode<std::uint64_t>(proof.state->value);
            if (number) {
                out.push_back({"value", "Value", std::to_string(*number), true});
            } else {
                out.push_back({"bytes", "Bytes", hex_encode(proof.state->value)});
            }
            return;
        }
        case proof::Claim::Event: {
            out.push_back({"transaction", "Transaction", digest});
            out.push_back({"index", "Event", std::to_string(subject.event_index), true});
            const auto type = bcs::decode<ledger::StructTag>(proof.event->type);
            out.push_back({"type", "Type", type ? to_text(*type) : std::string("unknown")});
            out.push_back({"contents", "Contents", hex_encode(proof.event->contents)});
            return;
        }
        case proof::Claim::Effects: {
            out.push_back({"transaction", "Transaction", digest});
            const auto effects = bcs::decode<ledger::TransactionEffects>(*proof.effects->effects);
            if (effects)
                out.push_back({"status", "Status", effects->success() ? "success" : "failure"});
            out.push_back(
                {"effectsDigest", "Effects", base58_encode(proof.effects->effects_digest.view())});
            return;
        }
    }
}

const char* claim_name(proof::Claim claim) {
    switch (claim) {
        case proof::Claim::Object:
            return "object";
        case proof::Claim::NoObject:
            return "no object";
        case proof::Claim::Balance:
            return "balance";
        case proof::Claim::Parameter:
            return "parameter";
        case proof::Claim::Event:
            return "event";
        case proof::Claim::Effects:
            return "effects";
    }
    return "";
}

std::vector<Line> lines_of(const proof::Proof& proof) {
    std::vector<Line> out;
    out.push_back({"claim", "Claim", claim_name(proof.subject.claim)});
    add_claim(proof, out);
    if (proof.summary) {
        out.push_back({"block", "Block", std::to_string(proof.summary->summary.seq), true});
        out.push_back(
            {"blockTimeMs", "Block time", std::to_string(proof.summary->summary.time_ms), true});
    }
    const proof::SealStatement& seal = proof.seal.statement;
    out.push_back({"sealedBlock", "Sealed at", std::to_string(seal.seq), true});
    out.push_back({"sealedTimeMs", "Sealed time", std::to_string(seal.time_ms), true});
    out.push_back({"epoch", "Epoch", std::to_string(seal.epoch), true});
    out.push_back({"chainId", "Chain", to_text(seal.chain_id)});
    out.push_back({"stateRoot", "State root", hex_encode(proof.commit.state_root.view())});
    out.push_back({"appHash", "App hash", hex_encode(seal.app_hash.view())});
    out.push_back({"sequencerKey", "Sealed by", base64_encode(proof.sequencer)});
    return out;
}

}  // namespace

std::string proof_text(const proof::Proof& proof) {
    std::string out = "proved\n";
    for (const Line& line : lines_of(proof)) {
        const bool time = line.key == "blockTimeMs" || line.key == "sealedTimeMs";
        const std::string value =
            time ? client::format_time_ms(std::stoull(line.value)) : line.value;
        out += fmt::format("  {:<13}{}\n", line.label + ":", value);
    }
    return out;
}

std::string proof_json(const proof::Proof& proof) {
    JsonWriter out;
    out.begin_object();
    for (const Line& line : lines_of(proof)) {
        out.key(line.key);
        if (line.number) {
            out.raw(line.value);
        } else {
            out.string(line.value);
        }
    }
    out.end();
    return out.take();
}

std::vector<Command> ledger_check_commands() {
    auto verify_arguments = std::make_shared<VerifyArguments>();
    Command verify;
    verify.name = "verify";
    verify.help = "Check a proof file, without a network; exit 7 if it does not hold";
    verify.examples = "  walrus ledger verify balance.wproof --trust 3fKb…=";
    verify.declare = [verify_arguments](Arguments& a) {
        a.positional("FILE", verify_arguments->file, "The proof file", true);
        a.value("--trust", verify_arguments->key, "KEY", "The sequencer's public key (required)");
        a.value("--chain", verify_arguments->chain, "ID", "Only proofs of this chain");
    };
    verify.run = [verify_arguments](const GlobalOptions& g) {
        return run_verify(g, *verify_arguments);
    };

    auto check_arguments = std::make_shared<CheckArguments>();
    Command check;
    check.name = "check";
    check.help = "Recompute a stopped ledger from genesis and compare; exit 7 if it differs";
    check.examples = "  walrus ledger check ~/.walrus/localnet";
    check.declare = [check_arguments](Arguments& a) {
        a.positional("DIR", check_arguments->directory, "The network's or the ledger's directory",
                     true);
    };
    check.run = [check_arguments](const GlobalOptions& g) {
        return run_check(g, *check_arguments);
    };
    return {verify, check};
}

}  // namespace walrus::cli
