// SPDX-License-Identifier: Apache-2.0
#include "chain/certificates.hpp"

#include "bcs/bcs.hpp"

namespace walrus::chain {
namespace {

/// Which argument of a function is the signature; bitmap and message follow it.
struct CertifyingFunction {
    std::string_view name;
    std::size_t first;
    attest::Threshold threshold;
};
constexpr CertifyingFunction kFunctions[] = {
    {"certify_blob", 2, attest::Threshold::Quorum},
    {"invalidate_blob_id", 1, attest::Threshold::OneCorrect},
};

/// The bytes of an argument that is a plain vector<u8>.
std::optional<ByteView> plain_bytes(const ledger::ProgrammableTransaction& program,
                                    const ledger::Argument& argument) {
    const auto* input = std::get_if<ledger::InputArgument>(&argument);
    if (input == nullptr || input->index >= program.inputs.size()) return std::nullopt;
    const auto* pure = std::get_if<ledger::PureArg>(&program.inputs[input->index]);
    if (pure == nullptr) return std::nullopt;
    bcs::Reader in(pure->bytes);
    ByteView out;
    if (!in.bytes(out) || !in.finish()) return std::nullopt;
    return out;
}

}  // namespace

std::vector<attest::CertificateView> certificates_of(
    std::span<const ledger::CheckedTransaction> transactions) {
    std::vector<attest::CertificateView> out;
    for (const ledger::CheckedTransaction& transaction : transactions) {
        const ledger::ProgrammableTransaction& program = transaction.data.program;
        for (const ledger::Command& command : program.commands) {
            const auto* call = std::get_if<ledger::MoveCall>(&command);
            // Whose package it is does not matter: nothing but time depends on what is found here.
            if (call == nullptr || call->module != "system") continue;
            for (const CertifyingFunction& function : kFunctions) {
                if (call->function != function.name ||
                    call->arguments.size() < function.first + 3 ||
                    out.size() >= kCertificatesAheadMax)
                    continue;
                const auto signature = plain_bytes(program, call->arguments[function.first]);
                const auto bitmap = plain_bytes(program, call->arguments[function.first + 1]);
                const auto message = plain_bytes(program, call->arguments[function.first + 2]);
                if (signature && bitmap && message)
                    out.push_back({*signature, *bitmap, *message, function.threshold});
            }
        }
    }
    return out;
}

}  // namespace walrus::chain
