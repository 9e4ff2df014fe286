// SPDX-License-Identifier: Apache-2.0
// The built program as a user meets it, without a network: every wrong use has a clear message and
// its exit code, and the offline codec makes the files that it promises.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "cli/command_line.hpp"
#include "cli/json_invocation.hpp"
#include "cli/json_writer.hpp"
#include "cli/quilts.hpp"

namespace walrus::cli {
namespace {

namespace fs = std::filesystem;

/// A scratch folder that is also the home: nothing of the machine's own configuration counts.
class Cli : public testing::Test {
protected:
    void SetUp() override {
        char pattern[] = "/tmp/walrus-cli-XXXXXX";
        ASSERT_NE(::mkdtemp(pattern), nullptr);
        folder_ = pattern;
    }
    void TearDown() override {
        std::error_code ignored;
        fs::permissions(folder_ / "unreadable", fs::perms::owner_all, ignored);
        fs::remove_all(folder_, ignored);
    }

    struct Result {
        int exit_code = -1;
        std::string out;
        std::string err;
    };
    Result run(const std::string& arguments, const std::string& environment = "") {
        const std::string err = (folder_ / "stderr").string();
        const std::string command =
            "cd '" + folder_.string() + "' && </dev/null env -u WALRUS_NETWORK HOME='" +
            folder_.string() + "' WALRUS_HOME='" + (folder_ / "home").string() + "' " +
            environment + " " + WALRUS_BINARY_PATH + " " + arguments + " 2>'" + err + "'";
        Result result;
        FILE* const pipe = ::popen(command.c_str(), "r");
        if (pipe == nullptr) return result;
        char piece[4096];
        std::size_t size;
        while ((size = std::fread(piece, 1, sizeof piece, pipe)) > 0)
            result.out.append(piece, size);
        const int status = ::pclose(pipe);
        result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        std::ifstream in(err);
        result.err.assign(std::istreambuf_iterator<char>(in), {});
        return result;
    }
    std::string write(const std::string& name, const std::string& content) {
        std::ofstream(folder_ / name, std::ios::binary) << content;
        return name;
    }
    std::string read(const std::string& name) {
        std::ifstream in(folder_ / name, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    /// A network that nobody serves.
    std::string write_network(std::uint16_t port = 1) {
        const std::string id(64, '1');
        return write("network.json", "{\"rpc_url\": \"http://127.0.0.1:" + std::to_string(port) +
                                         "\", \"system_object_id\": \"0x" + id +
                                         "\", \"staking_object_id\": \"0x" + id +
                                         "\", \"n_shards\": 10}");
    }

    fs::path folder_;
};

struct Wrong {
    const char* arguments;
    int exit_code;
    const char* message;  ///< must be part of what is said
};

TEST_F(Cli, EveryWrongUseSaysWhatIsWrongAndEndsWithItsCode) {
    write_network();
    write("file", "content");
    fs::create_directory(folder_ / "folder");
    const Wrong cases[] = {
        {"", 2, "subcommand is required"},
        {"frobnicate", 2, "frobnicate"},
        {"store", 2, "FILES"},
        {"store file", 2, "how long"},
        {"store file --epochs 0", 2, "--epochs 0"},
        {"store file --epochs -1", 2, ""},
        {"store file --epochs many", 2, "--epochs many"},
        {"store file --epochs 100000", 2, "--epochs 100000"},
        {"store file --epochs 1 --end-epoch 5", 2, "--end-epoch"},
        {"store file --epochs 1 --permanent --deletable", 2, "--deletable"},
        {"store file --earliest-expiry-time tomorrow", 2, "2026-09-01T12:00:00Z"},
        {"store missing --epochs 1", 2, "there is no file missing"},
        {"store folder --epochs 1", 2, "is a folder"},
        {"store file --epochs 1 --encoding-type RedStuff", 2, "only RS2"},
        {"store file --epochs 1 --attr key", 2, "--attr"},
        {"store file --epochs 1 --network nowhere.json", 2, "there is no file nowhere.json"},
        {"read", 2, "BLOB_ID"},
        {"read not-an-id", 2, "\"not-an-id\" is not a blob id"},
        {"read AAAA --out x", 2, "is not a blob id"},
        {"read 1 --strict-consistency-check --skip-consistency-check", 2, "consistency"},
        {"read 1", 6, "no network is configured"},
        {"read 1 --network network.json", 6, "127.0.0.1:1"},
        {"blob-status", 2, "name a blob"},
        {"blob-status --blob-id zz", 2, "is not a blob id"},
        {"blob-status 1 --timeout never", 2, "--timeout never"},
        {"blob-id missing --n-shards 10", 2, "there is no file missing"},
        {"blob-id file --n-shards 3", 2, "from 4 to"},
        {"blob-id file --n-shards 1000000", 2, "from 4 to"},
        {"blob-id file --n-shards x", 2, "not a whole number"},
        {"convert-blob-id xyz", 2, "is not a blob id"},
        {"delete", 2, "name what to delete"},
        {"delete --object-ids 0xzz", 2, "is not an object id"},
        {"delete --blob-ids 0xzz", 2, "is not a blob id"},
        {"extend --epochs-extended 1", 2, "name the blob object"},
        {"extend --blob-obj-id 0x1 --epochs-extended 0", 2, "--epochs-extended 0"},
        {"extend --blob-obj-id 0x1", 2, "--epochs-extended"},
        {"burn-blobs", 2, "--object-ids"},
        {"burn-blobs --all --all-expired", 2, "--all"},
        {"set-blob-attribute 0x1", 2, "--attr"},
        {"info colour", 2, "info colour"},
        {"info --sort-by age", 2, "--sort-by age"},
        {"info --network network.json", 6, "127.0.0.1:1"},
        {"wallet", 2, "subcommand is required"},
        {"wallet new --scheme rsa", 2, "--scheme rsa"},
        {"wallet import hello", 2, "not an account key"},
        {"wallet send 0xzz 1", 2, "is not an address"},
        {"wallet send 0x1 much", 2, "is not an amount"},
        {"wallet send 0x1 0", 2, "is not an amount"},
        {"wallet send 0x1 1 --coin eth", 2, "--coin eth"},
        {"wallet address", 4, "walrus wallet new"},
        {"wallet balance --network network.json", 4, "walrus wallet new"},
        {"up --port-base 70000", 2, "--port-base 70000"},
        {"ledger run", 2, "--home"},
        {"node run", 2, "--home"},
        {"codec", 2, "subcommand is required"},
        {"codec encode missing --shards 10", 2, "there is no file missing"},
        {"codec encode file --shards 2", 2, "from 4 to"},
        {"codec encode file --threads 0", 2, "--threads 0"},
        {"codec encode file --discard --out x", 2, "one or the other"},
        {"codec encode - --scratch nowhere", 1, "nowhere"},
        {"bench codec", 2, "OP"},
        {"bench codec walk", 2, "recover-secondary"},
        {"bench codec encode --shards 3", 2, "from 4 to"},
        {"bench codec encode --shards 4 --size 999999999", 2, "at most"},
        {"bench codec encode --reps 0", 2, "--reps 0"},
        {"codec decode folder", 2, "--out"},
        {"codec decode folder --out x", 2, "metadata.bcs"},
        {"codec recover folder", 2, "--primary"},
        {"completion --shell tcsh", 2, "tcsh"},
        {"store-quilt --epochs 1", 2, "--paths"},
        {"store-quilt --paths file", 2, "how long"},
        {"store-quilt --paths missing --epochs 1", 2, "there is no file missing"},
        {"store-quilt --paths file file --epochs 1", 2, "both be identified by \"file\""},
        {"store-quilt --paths file --blobs '{}' --epochs 1", 2, "--blobs"},
        {"store-quilt --blobs nonsense --epochs 1", 2, "is not a JSON object"},
        {"store-quilt --blobs '{}' --epochs 1", 2, "has no path"},
        {"store-quilt --blobs '{\"path\": 1}' --epochs 1", 2, "path is not a text"},
        {"store-quilt --blobs '{\"path\": \"file\", \"name\": \"x\"}' --epochs 1", 2,
         "\"name\" is unknown"},
        {"store-quilt --blobs '{\"path\": \"file\", \"tags\": {\"a\": 1}}' --epochs 1", 2,
         "tag a is not a text"},
        {"store-quilt --blobs '{\"path\": \"file\", \"identifier\": \"x \"}' --epochs 1", 2,
         "ends with a space"},
        {"store-quilt --blobs '{\"path\": \"file\", \"identifier\": \"\"}' --epochs 1", 2,
         "is empty"},
        {"store-quilt --paths file --attr _walrusBlobType x --epochs 1", 2, "_walrusBlobType"},
        {"read-quilt", 2, "--quilt-id"},
        {"read-quilt --quilt-id zz", 2, "is not a blob id"},
        {"read-quilt --patch-ids zz", 2, "is not a quilt patch id"},
        {"read-quilt --patch-ids AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 2,
         "it is a blob id"},
        {"read-quilt --quilt-id 1 --identifiers a --tag k v", 2, "--tag"},
        {"read-quilt --quilt-id 1 --tag k v --tag l w", 2, "once"},
        {"list-patches-in-quilt", 2, "QUILT_ID"},
        {"list-patches-in-quilt zz", 2, "is not a blob id"},
        {"list-patches-in-quilt 1 --network network.json", 6, "127.0.0.1:1"},
    };
    for (const Wrong& wrong : cases) {
        const Result result = run(wrong.arguments);
        EXPECT_EQ(result.exit_code, wrong.exit_code) << wrong.arguments << "\n" << result.err;
        EXPECT_NE(result.err.find(wrong.message), std::string::npos)
            << wrong.arguments << "\nsaid: " << result.err;
        EXPECT_TRUE(result.out.empty()) << wrong.arguments << ": " << result.out;
    }
}

TEST_F(Cli, ErrorsAreJsonWithJson) {
    for (const char* arguments : {"--json read not-an-id", "read not-an-id --json"}) {
        const Result result = run(arguments);
        EXPECT_EQ(result.exit_code, 2);
        EXPECT_TRUE(result.err.empty()) << result.err;
        EXPECT_NE(result.out.find("\"code\": \"INVALID_ARGUMENT\""), std::string::npos)
            << result.out;
        EXPECT_NE(result.out.find("\"exitCode\": 2"), std::string::npos) << result.out;
        EXPECT_NE(result.out.find("\\\"not-an-id\\\" is not a blob id"), std::string::npos)
            << result.out;
    }
    const Result usage = run("store --json");
    EXPECT_EQ(usage.exit_code, 2);
    EXPECT_EQ(usage.out.front(), '{');
}

TEST_F(Cli, AFileThatCannotBeReadIsRefused) {
    if (::geteuid() == 0) GTEST_SKIP() << "root reads every file";
    write("unreadable", "secret");
    fs::permissions(folder_ / "unreadable", fs::perms::none);
    const Result result = run("store unreadable --epochs 1");
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_NE(result.err.find("cannot be read"), std::string::npos) << result.err;
}

TEST_F(Cli, AFileBeyondTheLargestBlobNamesTheLimit) {
    write("big", "");
    fs::resize_file(folder_ / "big", 14'599'533'453);  // sparse
    const Result result = run("store big --epochs 1");
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_NE(result.err.find("14599533452"), std::string::npos) << result.err;
}

TEST_F(Cli, AKeystoreWithAWrongKeyTypeIsRefused) {
    write_network();
    const std::string keys[] = {
        "[\"BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"]",  // flag 4: a BLS key
        "[\"nonsense\"]",
        "{}",
        "\"text\"",
        "[[1]]",
        "[",
    };
    for (const std::string& text : keys) {
        write("keys.json", text);
        write("file", "content");
        const Result result =
            run("store file --epochs 1 --network network.json --wallet keys.json");
        EXPECT_EQ(result.exit_code, 2) << text << "\n" << result.err;
        EXPECT_NE(result.err.find("keys.json"), std::string::npos) << result.err;
    }
}

TEST_F(Cli, HelpVersionAndCompletionWork) {
    const Result help = run("--help");
    EXPECT_EQ(help.exit_code, 0);
    for (const char* word : {"store", "read", "wallet", "codec", "Exit codes"})
        EXPECT_NE(help.out.find(word), std::string::npos) << word;
    const Result store = run("store --help");
    EXPECT_EQ(store.exit_code, 0);
    EXPECT_NE(store.out.find("Examples:"), std::string::npos);
    EXPECT_NE(store.out.find("--epochs"), std::string::npos);
    const Result version = run("--version");
    EXPECT_EQ(version.exit_code, 0);
    EXPECT_EQ(version.out.rfind("walrus ", 0), 0u) << version.out;
    EXPECT_NE(version.out.find("commit"), std::string::npos);
    EXPECT_NE(version.out.find("simd"), std::string::npos);
    EXPECT_NE(run("--version", "WALRUS_SIMD=portable").out.find("simd portable"),
              std::string::npos);
    for (const char* shell : {"bash", "zsh", "fish"}) {
        const Result script = run(std::string("completion --shell ") + shell);
        EXPECT_EQ(script.exit_code, 0);
        EXPECT_NE(script.out.find("blob-status"), std::string::npos);
    }
}

TEST_F(Cli, TheBashCompletionCompletes) {
    const Result script = run("completion --shell bash");
    write("completion.sh", script.out);
    const std::string command =
        "cd '" + folder_.string() +
        "' && bash -c 'source completion.sh; COMP_WORDS=(walrus wal); COMP_CWORD=1; _walrus; echo "
        "\"${COMPREPLY[@]}\"; COMP_WORDS=(walrus wallet ba); COMP_CWORD=2; _walrus; echo "
        "\"${COMPREPLY[@]}\"; COMP_WORDS=(walrus store --perm); COMP_CWORD=2; _walrus; echo "
        "\"${COMPREPLY[@]}\"'";
    FILE* const pipe = ::popen(command.c_str(), "r");
    ASSERT_NE(pipe, nullptr);
    char out[512] = {};
    const std::size_t size = std::fread(out, 1, sizeof out - 1, pipe);
    EXPECT_EQ(::pclose(pipe), 0);
    EXPECT_EQ(std::string(out, size), "wallet\nbalance\n--permanent\n");
}

TEST_F(Cli, WalletKeepsItsKeysToItself) {
    const Result made = run("wallet new --json");
    ASSERT_EQ(made.exit_code, 0) << made.err;
    const fs::path keystore = folder_ / "home/wallet/keystore.json";
    ASSERT_TRUE(fs::exists(keystore));
    EXPECT_EQ(fs::status(keystore).permissions() & fs::perms::all,
              fs::perms::owner_read | fs::perms::owner_write);
    const Result first = run("wallet address");
    EXPECT_EQ(first.out.size(), 67u) << first.out;
    ASSERT_EQ(run("wallet new --scheme secp256k1").exit_code, 0);
    const Result second = run("wallet address");
    EXPECT_NE(first.out, second.out);
    ASSERT_EQ(run("wallet use " + first.out.substr(0, 66)).exit_code, 0);
    EXPECT_EQ(run("wallet address").out, first.out);
    // A known key (spec/rpc-compat.md §3.2): 32 bytes of 07.
    const Result known = run("wallet import AAcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcH");
    ASSERT_EQ(known.exit_code, 0) << known.err;
    EXPECT_EQ(run("wallet address").out,
              "0xa0ccc8bcc83f6c628340134f8546a21e0618fd1aaa02432bba454c4a2c2233da\n");
    EXPECT_EQ(known.out.find("AAcHBwcH"), std::string::npos);
    const Result list = run("wallet list --json");
    EXPECT_NE(list.out.find("\"active\": true"), std::string::npos);
}

TEST_F(Cli, IdsAreAcceptedInEverySpelling) {
    const std::string text = "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    const std::string hex = "0x01" + std::string(62, '0');
    // One id in 64 begins with a minus sign.
    const std::string minus = "-" + std::string(41, 'A') + "A";
    EXPECT_EQ(run("convert-blob-id " + minus + " --json").out, "\"" + minus + "\"\n");
    EXPECT_EQ(run("read " + minus).exit_code, 6);  // no network is configured
    EXPECT_EQ(run("blob-status --blob-id " + minus).exit_code, 6);
    for (const std::string& spelling : {text, text + "=", hex, std::string("1")}) {
        const Result result = run("convert-blob-id " + spelling + " --json");
        EXPECT_EQ(result.exit_code, 0) << spelling << result.err;
        EXPECT_EQ(result.out, "\"" + text + "\"\n") << spelling;
    }
}

// ---- codec
// ---------------------------------------------------------------------------------------

std::string value_of(const std::string& json, const std::string& key) {
    const std::string start = "\"" + key + "\": \"";
    const std::size_t at = json.find(start);
    if (at == std::string::npos) return "";
    return json.substr(at + start.size(), json.find('"', at + start.size()) - at - start.size());
}

TEST_F(Cli, EncodingInBoundedMemoryGivesTheSame) {
    std::string content;
    for (int i = 0; i < 300'000; ++i) content += static_cast<char>(i * 131 + i / 7);
    write("file", content);
    const Result encoded = run("codec encode file --shards 10 --out enc");
    ASSERT_EQ(encoded.exit_code, 0) << encoded.err;
    // Standard input is kept in a file without name and encoded from there, over the remains of a
    // longer blob.
    write("longer", content + content);
    ASSERT_EQ(run("codec encode longer --shards 10 --out other").exit_code, 0);
    for (const char* threads : {"1", "3"}) {
        const Result streamed = run(
            std::string("codec encode - --shards 10 --out other --threads ") + threads + " <file");
        ASSERT_EQ(streamed.exit_code, 0) << streamed.err;
        EXPECT_EQ(streamed.out, encoded.out);
        std::size_t files = 0;
        for (const auto& entry : fs::recursive_directory_iterator(folder_ / "enc")) {
            if (entry.is_directory()) continue;
            const std::string name = fs::relative(entry.path(), folder_ / "enc").string();
            EXPECT_EQ(read("other/" + name), read("enc/" + name)) << name;
            ++files;
        }
        EXPECT_EQ(files, 21u);
        std::size_t others = 0;
        for (const auto& entry : fs::recursive_directory_iterator(folder_ / "other"))
            others += entry.is_directory() ? 0 : 1;
        EXPECT_EQ(others, 21u);
    }
    // n = 10: 10 * (7 + 4) symbols.
    const Result discarded = run("codec encode file --shards 10 --discard --threads 2");
    EXPECT_EQ(value_of(discarded.out, "blobId"), value_of(encoded.out, "blobId"));
    EXPECT_NE(discarded.out.find("\"sliverBytes\": 1178760"), std::string::npos) << discarded.out;
    // What cannot be written is told, and leaves no metadata behind.
    fs::remove(folder_ / "other/primary/00002.bcs");
    fs::create_directory(folder_ / "other/primary/00002.bcs");
    const Result failed = run("codec encode - --shards 10 --out other <file");
    EXPECT_EQ(failed.exit_code, 1) << failed.err;
    EXPECT_NE(failed.err.find("00002.bcs"), std::string::npos) << failed.err;
    EXPECT_FALSE(fs::exists(folder_ / "other/metadata.bcs"));
}

TEST_F(Cli, BenchCodecMeasuresEveryOperation) {
    for (const char* operation :
         {"encode", "metadata", "decode", "decode-strict", "decode-systematic", "verify",
          "recover-primary", "recover-secondary", "recover-primary-plain",
          "recover-secondary-plain"}) {
        const Result result = run(std::string("bench codec ") + operation +
                                  " --shards 13 --size 5000 --reps 3 --threads 2 --json");
        ASSERT_EQ(result.exit_code, 0) << result.err;
        EXPECT_EQ(value_of(result.out, "operation"), operation);
        for (const char* key :
             {"minSeconds", "medianSeconds", "maxSeconds", "bytesPerSecond", "peakBytes"})
            EXPECT_NE(result.out.find("\"" + std::string(key) + "\": "), std::string::npos);
        EXPECT_EQ(run(std::string("bench codec ") + operation +
                      " --shards 4 --size 0 --reps 1 --threads 1")
                      .exit_code,
                  0);
    }
}

TEST_F(Cli, CodecRoundTripFromAnyEnoughSlivers) {
    std::string content;
    for (int i = 0; i < 5000; ++i) content += static_cast<char>(i * 131 + i / 7);
    write("file", content);
    const Result encoded = run("codec encode file --shards 10 --out enc");
    ASSERT_EQ(encoded.exit_code, 0) << encoded.err;
    const std::string id = value_of(encoded.out, "blobId");
    EXPECT_EQ(id.size(), 43u);
    EXPECT_EQ(value_of(encoded.out, "rootHash").size(), 64u);
    EXPECT_EQ(value_of(run("blob-id file --n-shards 10 --json").out, "blobId"), id);
    EXPECT_EQ(run("codec encode file --shards 10").out, encoded.out);
    for (int pair = 0; pair < 10; ++pair) {
        const std::string name = "0000" + std::to_string(pair) + ".bcs";
        EXPECT_TRUE(fs::exists(folder_ / "enc/primary" / name)) << pair;
        EXPECT_TRUE(fs::exists(folder_ / "enc/secondary" / name)) << pair;
    }
    // BlobMetadataWithId begins with the id.
    const std::string metadata = read("enc/metadata.bcs");
    EXPECT_EQ(base64url_encode(as_bytes(std::string_view(metadata).substr(0, 32))), id);
    // secondary/00000.bcs holds secondary sliver n-1: the index is in the last two bytes.
    const std::string sliver = read("enc/secondary/00000.bcs");
    EXPECT_EQ(static_cast<unsigned char>(sliver[sliver.size() - 2]), 9);
    EXPECT_EQ(run("codec verify enc").exit_code, 0);

    // n = 10: 4 primary slivers are enough.
    for (int pair : {0, 1, 2, 4, 6, 7})
        fs::remove(folder_ / "enc/primary" / ("0000" + std::to_string(pair) + ".bcs"));
    fs::rename(folder_ / "enc/secondary", folder_ / "enc/elsewhere");
    const Result decoded = run("codec decode enc --out copy");
    EXPECT_EQ(decoded.exit_code, 0) << decoded.err;
    EXPECT_EQ(read("copy"), content);
    // 3 are not.
    fs::rename(folder_ / "enc/primary/00003.bcs", folder_ / "kept");
    const Result few = run("codec decode enc --out copy2");
    EXPECT_EQ(few.exit_code, 4);
    EXPECT_NE(few.err.find("3 of 4 primary"), std::string::npos) << few.err;
    EXPECT_FALSE(fs::exists(folder_ / "copy2"));
    // Secondary slivers alone: 7 of them.
    fs::rename(folder_ / "enc/elsewhere", folder_ / "enc/secondary");
    for (int pair : {0, 5, 9})
        fs::remove(folder_ / "enc/secondary" / ("0000" + std::to_string(pair) + ".bcs"));
    EXPECT_EQ(run("codec decode enc --out copy3").exit_code, 0);
    EXPECT_EQ(read("copy3"), content);
    // The file that recover writes is the one that encode wrote.
    EXPECT_EQ(run("codec recover enc --primary 3").exit_code, 0);
    EXPECT_EQ(read("enc/primary/00003.bcs"), read("kept"));
    // A secondary sliver takes 4 primary ones: 3, 5, 8, 9 are there.
    EXPECT_EQ(run("codec recover enc --secondary 0").exit_code, 0);
    EXPECT_EQ(read("enc/secondary/00000.bcs"), sliver);
}

TEST_F(Cli, CodecVerifyFindsWrongFiles) {
    write("file", std::string(3000, 'x') + "y");
    ASSERT_EQ(run("codec encode file --shards 7 --out enc").exit_code, 0);
    std::string sliver = read("enc/primary/00002.bcs");
    sliver[40] = static_cast<char>(sliver[40] ^ 1);
    write("enc/primary/00002.bcs", sliver);
    fs::copy(folder_ / "enc/secondary/00001.bcs", folder_ / "enc/secondary/00002.bcs",
             fs::copy_options::overwrite_existing);
    write("enc/primary/12345.bcs", "junk");
    const Result result = run("codec verify enc --json");
    EXPECT_EQ(result.exit_code, 7);
    for (const char* part :
         {"primary/00002.bcs", "secondary/00002.bcs", "belongs to pair 1", "primary/12345.bcs"})
        EXPECT_NE(result.out.find(part), std::string::npos) << part << result.out;
    // The rest is still enough.
    EXPECT_EQ(run("codec decode enc --out copy").exit_code, 0);
    EXPECT_EQ(read("copy"), std::string(3000, 'x') + "y");
    std::string metadata = read("enc/metadata.bcs");
    metadata[60] = static_cast<char>(metadata[60] ^ 1);
    write("enc/metadata.bcs", metadata);
    EXPECT_EQ(run("codec verify enc").exit_code, 7);
}

TEST_F(Cli, AnEmptyFileIsABlobToo) {
    write("empty", "");
    const Result encoded = run("codec encode empty --shards 10 --out enc");
    ASSERT_EQ(encoded.exit_code, 0) << encoded.err;
    EXPECT_EQ(run("codec decode enc --out copy").exit_code, 0);
    EXPECT_TRUE(fs::exists(folder_ / "copy"));
    EXPECT_EQ(fs::file_size(folder_ / "copy"), 0u);
}

TEST_F(Cli, FilesOfAQuiltAreNamedAsAskedFor) {
    fs::create_directories(folder_ / "site" / "css");
    write("site/index.html", "1");
    write("site/css/main.css", "2");
    write("single", "3");
    const std::string site = (folder_ / "site").string();
    const std::string single = (folder_ / "single").string();
    const auto by_name = quilt_files_of_paths({site, single}, false);
    ASSERT_TRUE(by_name) << by_name.error().message;
    ASSERT_EQ(by_name->size(), 3u);
    EXPECT_EQ((*by_name)[0].identifier, "main.css");
    EXPECT_EQ((*by_name)[1].identifier, "index.html");
    EXPECT_EQ((*by_name)[2].identifier, "single");
    const auto by_path = quilt_files_of_paths({site, single}, true);
    ASSERT_TRUE(by_path);
    EXPECT_EQ((*by_path)[0].identifier, "css/main.css");
    EXPECT_EQ((*by_path)[2].identifier, "single");
    write("site/css/index.html", "4");
    EXPECT_FALSE(quilt_files_of_paths({site}, false));
    EXPECT_TRUE(quilt_files_of_paths({site}, true));

    const auto json = quilt_files_of_json(
        {"{\"path\": \"" + single + "\"}", "{\"identifier\": \"x/y\", \"path\": \"" + single +
                                               "\", \"tags\": {\"b\": \"2\", \"a\": \"1\"}}"});
    ASSERT_TRUE(json) << json.error().message;
    EXPECT_EQ((*json)[0].identifier, "single");
    EXPECT_EQ((*json)[1].identifier, "x/y");
    EXPECT_EQ((*json)[1].tags, (PatchTags{{"a", "1"}, {"b", "2"}}));
}

TEST(PatchPaths, StayBelowTheirFolder) {
    PatchPaths paths("out");
    EXPECT_EQ(paths.path_of("a.txt"), "out/a.txt");
    EXPECT_EQ(paths.path_of("a.txt"), "out/a_2.txt");
    EXPECT_EQ(paths.path_of("./a.txt"), "out/a_3.txt");
    EXPECT_EQ(paths.path_of("/css//main.css"), "out/css/main.css");
    EXPECT_EQ(paths.path_of("css/main.css"), "out/css/main_2.css");
    EXPECT_EQ(paths.path_of("...").value(), "out/...");
    EXPECT_EQ(paths.path_of("none").value(), "out/none");
    EXPECT_EQ(paths.path_of("none").value(), "out/none_2");
    for (const char* bad : {"..", "../x", "a/../../x", "a/..", "/", ".", "./."})
        EXPECT_FALSE(paths.path_of(bad)) << bad;
}

/// A command that takes arguments of every kind, and what it got.
struct Everything {
    std::optional<std::string> id;
    std::optional<std::string> blob_id;
    std::vector<std::string> files;
    std::optional<std::string> epochs;
    std::optional<std::uint64_t> end_epoch;
    bool permanent = false;
    bool force = false;
    std::vector<std::pair<std::string, std::string>> attributes;
    GlobalOptions globals;

    std::vector<Command> commands() {
        Command command;
        command.name = "do-all";
        command.aliases = {"all"};
        command.declare = [this](Arguments& a) {
            a.positional("BLOB_ID", id, "", true);
            a.value("--blob-id", blob_id, "", "");
            a.list("--files,--file", files, "", "");
            a.value("--epochs", epochs, "", "");
            a.number("--end-epoch", end_epoch, "");
            a.flag("--permanent,-p", permanent, "");
            a.flag("--force", force, "");
            a.pairs("--attr", attributes, "", "");
            a.exclusive({"--epochs", "--end-epoch"});
            a.require_one_of({"--epochs", "--end-epoch"});
        };
        command.run = [this](const GlobalOptions& got) -> RunResult {
            globals = got;
            return 7;
        };
        Command parent;
        parent.name = "family";
        parent.children = {command};
        return {command, parent};
    }
    /// The exit code, or what was wrong.
    std::string give(const std::string& json) {
        *this = Everything();
        const std::vector<Command> all = commands();
        const auto invocation = parse_json_invocation(json, all);
        if (!invocation) return invocation.error().message;
        const RunResult result = invocation->run(invocation->globals);
        return result ? std::to_string(*result) : result.error().message;
    }
};

TEST(JsonInvocation, GivesEveryKindOfArgument) {
    Everything e;
    ASSERT_EQ(e.give(R"({"wallet": "w", "gasBudget": 5, "command": {"doAll": {"blobId": "x",
        "files": ["a", "b"], "epochs": 3, "permanent": true, "force": false,
        "attributes": {"k": "v", "l": "w"}, "rpcUrl": "http://r", "endEpoch": null}}})"),
              "7");
    EXPECT_EQ(e.id, "x");
    EXPECT_EQ(e.blob_id, std::nullopt);
    EXPECT_EQ(e.files, (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(e.epochs, "3");
    EXPECT_TRUE(e.permanent);
    EXPECT_FALSE(e.force);
    EXPECT_EQ(e.attributes.size(), 2u);
    EXPECT_EQ(e.globals.wallet, "w");
    EXPECT_EQ(e.globals.gas_budget, 5u);
    EXPECT_EQ(e.globals.rpc_url, "http://r");
    EXPECT_TRUE(e.globals.json);
    EXPECT_EQ(e.give(R"({"command": {"family": {"all": {"blobId": 12, "endEpoch": "9",
        "file": {"path": "p"}, "attr": ["k", "v"]}}}})"),
              "7");
    EXPECT_EQ(e.id, "12");
    EXPECT_EQ(e.end_epoch, 9u);
    EXPECT_EQ(e.files, (std::vector<std::string>{R"({"path":"p"})"}));
    EXPECT_EQ(e.attributes, (std::vector<std::pair<std::string, std::string>>{{"k", "v"}}));
    EXPECT_EQ(e.give(R"({"command": {"doAll": {"blobId": "x",
        "epochs": {"secs_since_epoch": 1790000000, "nanos_since_epoch": 0}}}})"),
              "7");
    EXPECT_EQ(e.epochs, "2026-09-21T14:13:20Z");
    EXPECT_EQ(e.give(R"({"command": {"doAll": {"blobId": "x", "epochs": {"secs": 2, "nanos":
        500000000}}}})"),
              "7");
    EXPECT_EQ(e.epochs, "2500ms");
}

TEST(JsonInvocation, SaysWhatIsWrong) {
    Everything e;
    const std::pair<std::string, const char*> cases[] = {
        {"", "not a JSON object"},
        {"[]", "not a JSON object"},
        {"{}", "no \"command\""},
        {R"({"command": {}})", "exactly one member"},
        {R"({"command": "doAll"})", "exactly one member"},
        {R"({"command": {"doAll": {}, "family": {}}})", "exactly one member"},
        {R"({"command": {"nothing": {}}})", "no command \"nothing\""},
        {R"({"command": {"family": {}}})", "name one of its commands"},
        {R"({"command": {"doAll": 5}})", "not an object"},
        {R"({"command": {"doAll": {"epochs": 1}}})", "\"blobId\" is missing"},
        {R"({"command": {"doAll": {"blobId": "x"}}})", "epochs, endEpoch"},
        {R"({"command": {"doAll": {"blobId": "x", "epochs": 1, "endEpoch": 2}}})", "excludes"},
        {R"({"command": {"doAll": {"blobId": "x", "endEpoch": -1}}})", "whole number"},
        {R"({"command": {"doAll": {"blobId": "x", "epochs": 1, "force": 1}}})", "true or false"},
        {R"({"command": {"doAll": {"blobId": "x", "epochs": true}}})", "a text or a number"},
        {R"({"command": {"doAll": {"blobId": "x", "epochs": 1, "files": [[]]}}})", "list"},
        {R"({"command": {"doAll": {"blobId": "x", "epochs": 1, "attr": ["k"]}}})", "\"attr\""},
        {R"({"command": {"doAll": {"blobId": "x", "epochs": 1, "p": true}}})", "\"p\" is unknown"},
        {R"({"colour": 1, "command": {"doAll": {}}})", "\"colour\" is unknown"},
        {R"({"command": )" + std::string(100'000, '['), "deeper"},
    };
    for (const auto& [json, message] : cases)
        EXPECT_NE(e.give(json).find(message), std::string::npos) << json << "\n" << e.give(json);
}

TEST_F(Cli, JsonRunsCommands) {
    write("file", "content");
    const Result plain = run("blob-id file --n-shards 10 --json");
    ASSERT_EQ(plain.exit_code, 0) << plain.err;
    const std::string command =
        "{\"command\": {\"blobId\": {\"file\": \"file\", \"nShards\": 10}}}";
    EXPECT_EQ(run("json '" + command + "'").out, plain.out);
    write("command.json", command);
    EXPECT_EQ(run("json < command.json").out, plain.out);
    const Result wrong = run("json '{\"command\": {\"read\": {\"blobId\": \"zz\"}}}'");
    EXPECT_EQ(wrong.exit_code, 2);
    EXPECT_NE(wrong.err.find("is not a blob id"), std::string::npos) << wrong.err;
}

TEST(JsonWriter, WritesWhatParsersRead) {
    JsonWriter out;
    out.begin_object();
    out.key("a").begin_array().number(1).string("x\"\n\x01").boolean(true).null().end();
    out.key("b").begin_object().end();
    out.key("c").number(1.5, 2);
    out.end();
    EXPECT_EQ(out.take(),
              "{\n  \"a\": [\n    1,\n    \"x\\\"\\n\\u0001\",\n    true,\n    null\n  ],\n"
              "  \"b\": {},\n  \"c\": 1.50\n}\n");
    EXPECT_EQ(json_quote("\xff"), "\"\xEF\xBF\xBD\"");
}

}  // namespace
}  // namespace walrus::cli
