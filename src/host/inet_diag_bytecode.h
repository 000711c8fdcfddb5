// A SocketFilter as the program that the kernel runs over each socket of a dump. Pure.
#pragma once

#include <cstddef>
#include <vector>

#include "tunewire/host/socket_table.h"

namespace tunewire {

/// The value of INET_DIAG_REQ_BYTECODE: struct inet_diag_bc_op and operands (net/ipv4/inet_diag.c).
/// Empty where nothing but `states` is set: these go into the request itself.
std::vector<std::byte> CompileFilter(const SocketFilter& filter);

/// Whether sockets of an address family can pass at all. IPv6 sockets may have IPv4-mapped peers.
bool MayPass(const SocketFilter& filter, int family);

}  // namespace tunewire
