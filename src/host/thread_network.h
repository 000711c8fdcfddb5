// What the network namespace of the calling thread is like. Threads of one process may be in
// different ones: /proc/sys/net follows whoever opens it, /proc/thread-self the thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace tunewire {

/// 0 where it cannot be told.
std::uint64_t ThreadNetworkNamespace();

/// A key below /proc/sys/net, "ipv4/tcp_congestion_control", trimmed; nothing where it cannot be
/// read.
std::optional<std::string> ThreadSysctl(const std::string& path);

/// "6.18.44"; empty where it cannot be told.
std::string KernelRelease();

}  // namespace tunewire
