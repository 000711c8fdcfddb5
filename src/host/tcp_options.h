// Options and state of a connected TCP socket.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "host/decode_tcp_info.h"
#include "tunewire/base/result.h"

namespace tunewire {

enum class Switch { kOff, kOn };

/// Errors of all: "not_supported" (kUnsupported) where this kernel lacks the option or what it
/// names; "invalid_option" (kUsage) for a value that it refuses; kNotPermitted; else the system's.
/// `operation` is "setsockopt TCP_NODELAY" and the like.
Status SetNoDelay(int fd, Switch to);
Status SetCork(int fd, Switch to);
Status SetQuickAck(int fd, Switch to);
/// TCP_DELACK_MAX_US, Linux 6.15; less than two ticks is refused.
Status SetDelackMax(int fd, std::chrono::microseconds most);
Status SetCongestion(int fd, const std::string& name);
/// How long one call of read(2) or write(2) may wait before it says EAGAIN.
Status SetCallPatience(int fd, std::chrono::microseconds patience);

/// The peer reads an end of file after all that was written.
void EndSending(int fd);

/// Empty where it cannot be told.
std::string CongestionOf(int fd);

/// All absent where the kernel does not answer.
TcpInfo TcpInfoOf(int fd);

/// Written and not yet acknowledged by the peer's kernel; nothing where it cannot be told.
std::optional<std::uint32_t> UnacknowledgedBytes(int fd);

}  // namespace tunewire
