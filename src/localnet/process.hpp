// SPDX-License-Identifier: Apache-2.0
// Child processes of a local network: start, look after, stop.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "localnet/localnet.hpp"

namespace walrus::localnet {

/// How a process ended.
struct ProcessEnd {
    int exit_code = 0;  ///< if `signal` is 0
    int signal = 0;
};
std::string to_text(const ProcessEnd& end);

/// A child process. Not stopped by the destructor.
class ChildProcess {
public:
    /// Starts `arguments[0]` (a path); standard output and error are appended to `log_path`.
    /// `detach`: in a session of its own, so that it outlives the terminal.
    static LocalnetResult<ChildProcess> start(const std::vector<std::string>& arguments,
                                              const std::string& log_path, bool detach);
    std::int64_t pid() const { return pid_; }
    /// How it ended, if it did; does not block.
    std::optional<ProcessEnd> poll();
    void send_signal(int signal);

private:
    explicit ChildProcess(std::int64_t pid) : pid_(pid) {}
    std::int64_t pid_ = 0;
    std::optional<ProcessEnd> end_;
};

/// A process of any parent.
bool process_exists(std::int64_t pid);
bool signal_process(std::int64_t pid, int signal);
std::int64_t own_pid();

}  // namespace walrus::localnet
