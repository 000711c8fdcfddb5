// How much of the time a thread keeps its CPU busy is charged to it.
#pragma once

#include <chrono>

namespace tunewire {

/// Charged time of all time, at most 1. Where the kernel accounts interrupts apart
/// (CONFIG_IRQ_TIME_ACCOUNTING) the network's softirq, which a sender on loopback runs in its own
/// system calls, is in no thread's CPU time. Found with a thread that never sleeps: what it did not
/// wait for the CPU (run delay of /proc/thread-self/schedstat) was used. 1 where it cannot be told.
double ChargedShare(std::chrono::milliseconds budget);

}  // namespace tunewire
