// struct tcp_info as the kernel hands it out, as bytes: by TCP_INFO or sock_diag. Pure.
#pragma once

#include <cstddef>
#include <span>

#include "tunewire/host/tcp_info.h"

namespace tunewire {

/// More room than any kernel's struct tcp_info needs.
inline constexpr std::size_t kTcpInfoRoom = 512;

TcpInfo DecodeTcpInfo(std::span<const std::byte> bytes);

}  // namespace tunewire
