// What sockets have to give or take at this moment, without waiting for one peer.
#pragma once

#include <chrono>
#include <cstddef>
#include <span>

#include "tunewire/base/result.h"
#include "tunewire/base/unique_fd.h"

namespace tunewire {

/// Returns when one of them can be read or is broken, or after `patience`.
void AwaitAnyReadable(std::span<const int> fds, std::chrono::milliseconds patience);
void AwaitWritable(int fd, std::chrono::milliseconds patience);

/// How many bytes came; 0 where none are there now. Errors: "peer_gone" at the end of file too.
Result<std::size_t> ReceiveNow(int fd, std::span<std::byte> into);

/// How many bytes went; 0 where there is no room now. Errors: "peer_gone".
Result<std::size_t> SendNow(int fd, std::span<const std::byte> bytes);

/// The peer closed or reset the connection, whatever it sent before.
bool PeerHasClosed(int fd);

/// Closes so that what was sent last still arrives: bytes that nobody reads would make the kernel
/// reset the connection. Never waits.
void CloseGently(UniqueFd fd);

}  // namespace tunewire
