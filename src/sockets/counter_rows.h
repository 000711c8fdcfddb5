// The rows of the table of counters, by section.
#pragma once

#include <span>

#include "tunewire/sockets/counters.h"

namespace tunewire {

std::span<const CounterWord> QueueCounters();     ///< listeners, buffers, memory: TcpExt
std::span<const CounterWord> LossCounters();      ///< retransmission and recovery: TcpExt
std::span<const CounterWord> SegmentCounters();   ///< the rest of TcpExt
std::span<const CounterWord> ProtocolCounters();  ///< Tcp, Udp, Ip, IpExt, Icmp

}  // namespace tunewire
