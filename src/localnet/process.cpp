// SPDX-License-Identifier: Apache-2.0
#include "localnet/process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace walrus::localnet {

std::string to_text(const ProcessEnd& end) {
    return end.signal != 0 ? fmt::format("killed by signal {}", end.signal)
                           : fmt::format("ended with exit code {}", end.exit_code);
}

LocalnetResult<ChildProcess> ChildProcess::start(const std::vector<std::string>& arguments,
                                                 const std::string& log_path, bool detach) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log_path.c_str(),
                                     O_WRONLY | O_CREAT | O_APPEND, 0644);
    posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
    // Signals to the terminal's foreground group reach the parent, which stops its children itself.
    short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP;
    if (detach) flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID;
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, flags);
    std::vector<char*> argv;
    for (const std::string& argument : arguments)
        argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    pid_t pid = 0;
    const int error = posix_spawn(&pid, argv[0], &actions, &attributes, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (error != 0)
        return failure(LocalnetCode::Io,
                       fmt::format("could not start {}: {}", arguments[0], strerror(error)));
    return ChildProcess(pid);
}

std::optional<ProcessEnd> ChildProcess::poll() {
    if (end_) return end_;
    int status = 0;
    const pid_t done = waitpid(static_cast<pid_t>(pid_), &status, WNOHANG);
    if (done == 0) return std::nullopt;
    ProcessEnd end;
    if (done > 0 && WIFSIGNALED(status)) end.signal = WTERMSIG(status);
    if (done > 0 && WIFEXITED(status)) end.exit_code = WEXITSTATUS(status);
    end_ = end;
    return end_;
}

void ChildProcess::send_signal(int signal) {
    if (!end_) ::kill(static_cast<pid_t>(pid_), signal);
}

bool process_exists(std::int64_t pid) {
    return pid > 0 && (::kill(static_cast<pid_t>(pid), 0) == 0 || errno == EPERM);
}

bool signal_process(std::int64_t pid, int signal) {
    return pid > 0 && ::kill(static_cast<pid_t>(pid), signal) == 0;
}

std::int64_t own_pid() {
    return ::getpid();
}

}  // namespace walrus::localnet
