// SPDX-License-Identifier: Apache-2.0
// walrus health: what each storage node says about itself.
#include <fmt/format.h>

#include <algorithm>

#include "cli/commands.hpp"
#include "cli/ids.hpp"
#include "cli/output.hpp"
#include "cli/session.hpp"
#include "client/amounts.hpp"

namespace walrus::cli {

namespace {

struct HealthArguments {
    std::vector<std::string> node_ids;
    bool committee = false;
    bool active_set = false;
};

struct Answer {
    const client::NodeInfo* node = nullptr;
    std::optional<nodeapi::NodeHealth> health;
    std::string error;
};

io::Task<void> ask(client::Client& client, Answer& answer) {
    nodeapi::NodeCall call;
    call.timeout_us = client.limits().status_timeout_ms * 1000;
    call.connect_timeout_us = client.limits().connect_timeout_ms * 1000;
    auto health = co_await client.node(*answer.node).health(call);
    if (health)
        answer.health = std::move(*health);
    else
        answer.error = std::move(health.error().message);
}

std::string answers_json(const std::vector<Answer>& answers) {
    JsonWriter out;
    out.begin_object().key("healthInfo").begin_array();
    for (const Answer& answer : answers) {
        out.begin_object();
        out.key("nodeId").string(to_text(answer.node->id));
        out.key("nodeUrl").string(answer.node->address.network_address);
        out.key("nodeName").string(answer.node->name);
        out.key("healthInfo").begin_object();
        if (answer.health) {
            out.key("Ok").begin_object();
            out.key("uptimeSeconds").number(answer.health->uptime_s);
            out.key("epoch").number(std::uint64_t{answer.health->epoch});
            out.key("publicKey").string(answer.health->public_key);
            out.key("nodeStatus").string(answer.health->node_status);
            out.key("eventsPersisted").number(answer.health->events_persisted);
            out.key("shardsOwned").number(answer.health->shards_owned);
            out.end();
        } else {
            out.key("Err").string(answer.error);
        }
        out.end().end();
    }
    out.end().end();
    return out.take();
}

std::string answers_text(const std::vector<Answer>& answers) {
    std::vector<std::vector<std::string>> rows = {
        {"Name", "Address", "Status", "Epoch", "Shards", "Events", "Up for"}};
    for (const Answer& answer : answers) {
        if (answer.health)
            rows.push_back({answer.node->name, answer.node->address.network_address,
                            answer.health->node_status, std::to_string(answer.health->epoch),
                            std::to_string(answer.health->shards_owned),
                            std::to_string(answer.health->events_persisted),
                            client::format_duration_us(answer.health->uptime_s * 1'000'000)});
        else
            rows.push_back({answer.node->name, answer.node->address.network_address,
                            "unreachable: " + answer.error});
    }
    return format_table(rows);
}

io::Task<RunResult> show(client::Client& client, std::vector<NodeId> ids, bool json) {
    WALRUS_CO_TRY(view, co_await client.network());
    std::vector<Answer> answers;
    for (const client::NodeInfo& node : view->nodes)
        if (ids.empty() || std::find(ids.begin(), ids.end(), node.id) != ids.end())
            answers.push_back({&node, std::nullopt, ""});
    std::sort(answers.begin(), answers.end(),
              [](const Answer& a, const Answer& b) { return a.node->name < b.node->name; });
    if (answers.size() < ids.size())
        co_return client::client_failure(ClientCode::NotFound,
                                         "a node that was named is not in the committee");
    io::TaskGroup group(client.environment().loop);
    for (Answer& answer : answers) group.add(ask(client, answer));
    co_await group.wait();
    const auto printed = print(json ? answers_json(answers) : answers_text(answers));
    if (!printed) co_return fail(printed.error());
    std::size_t good = 0;
    for (const Answer& answer : answers) good += answer.health.has_value();
    if (good == answers.size()) co_return 0;
    co_return client::exit_code(good > 0 ? ClientCode::Partial : ClientCode::Network);
}

}  // namespace

Command health_command() {
    auto arguments = std::make_shared<HealthArguments>();
    Command command;
    command.name = "health";
    command.help = "Ask the storage nodes how they are; exit 3 if some do not answer";
    command.examples = "  walrus health --committee";
    command.declare = [arguments](Arguments& a) {
        a.list("--node-ids", arguments->node_ids, "ID", "These nodes");
        a.flag("--committee", arguments->committee, "All nodes of the committee (default)");
        a.flag("--active-set", arguments->active_set, "All nodes that may be in the committee");
        a.exclusive({"--node-ids", "--committee", "--active-set"});
    };
    command.run = [arguments](const GlobalOptions& globals) -> RunResult {
        std::vector<NodeId> ids;
        for (const std::string& text : arguments->node_ids)
            ids.push_back(WALRUS_TRY(object_id_argument(text)));
        return run_with_client(
            globals, [&](client::Client& client) { return show(client, ids, globals.json); });
    };
    return command;
}

}  // namespace walrus::cli
