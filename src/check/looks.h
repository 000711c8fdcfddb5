// Every check of the table in checks.cpp, by the file it stands in.
#pragma once

#include "tunewire/check/check.h"

namespace tunewire {

// checks_limits.cpp
CheckResult LookAtSoftNofile(const HostFacts& facts, const CheckWish& wish);
CheckResult LookAtHardNofile(const HostFacts& facts, const CheckWish& wish);
CheckResult LookAtFileTable(const HostFacts& facts, const CheckWish& wish);
CheckResult LookAtThreads(const HostFacts& facts, const CheckWish& wish);
CheckResult LookAtPidsLimit(const HostFacts& facts, const CheckWish& wish);

// checks_ports.cpp
CheckResult LookAtPortRange(const HostFacts& facts, const CheckWish& wish);
CheckResult LookAtReservedPorts(const HostFacts& facts, const CheckWish& wish);
CheckResult LookAtListenersInRange(const HostFacts& facts, const CheckWish& wish);
CheckResult LookAtTimeWait(const HostFacts& facts, const CheckWish& wish);
CheckResult LookAtTimeWaitTable(const HostFacts& facts, const CheckWish& wish);

// checks_backlog.cpp
CheckResult LookAtSomaxconn(const HostFacts& facts, const CheckWish& wish);
CheckResult LookAtSynBacklog(const HostFacts& facts, const CheckWish& wish);
CheckResult LookAtSyncookies(const HostFacts& facts, const CheckWish& wish);
CheckResult LookAtListenOverflows(const HostFacts& facts, const CheckWish& wish);
CheckResult LookAtAcceptQueues(const HostFacts& facts, const CheckWish& wish);
CheckResult LookAtAbortOnOverflow(const HostFacts& facts, const CheckWish& wish);
CheckResult LookAtOrphans(const HostFacts& facts, const CheckWish& wish);

// checks_conntrack.cpp
CheckResult LookAtConntrackRoom(const HostFacts& facts, const CheckWish& wish);
CheckResult LookAtConntrackBuckets(const HostFacts& facts, const CheckWish& wish);
CheckResult LookAtConntrackLoopback(const HostFacts& facts, const CheckWish& wish);

// checks_tcp.cpp
CheckResult LookAtTcpMemory(const HostFacts& facts, const CheckWish& wish);
CheckResult LookAtTcpBuffers(const HostFacts& facts, const CheckWish& wish);
CheckResult LookAtSocketBuffers(const HostFacts& facts, const CheckWish& wish);
CheckResult LookAtReceiveAutotuning(const HostFacts& facts, const CheckWish& wish);
CheckResult LookAtTcpFeatures(const HostFacts& facts, const CheckWish& wish);
CheckResult LookAtSlowStartAfterIdle(const HostFacts& facts, const CheckWish& wish);
CheckResult LookAtCongestionControl(const HostFacts& facts, const CheckWish& wish);
CheckResult LookAtRetransmissions(const HostFacts& facts, const CheckWish& wish);

// checks_card.cpp
CheckResult LookAtRings(const HostFacts& facts, const CheckWish& wish);
CheckResult LookAtChannels(const HostFacts& facts, const CheckWish& wish);
CheckResult LookAtCoalescing(const HostFacts& facts, const CheckWish& wish);
CheckResult LookAtOffloads(const HostFacts& facts, const CheckWish& wish);
CheckResult LookAtNumaNode(const HostFacts& facts, const CheckWish& wish);

// checks_link.cpp
CheckResult LookAtLinkSpeed(const HostFacts& facts, const CheckWish& wish);
CheckResult LookAtDuplex(const HostFacts& facts, const CheckWish& wish);
CheckResult LookAtCardErrors(const HostFacts& facts, const CheckWish& wish);
CheckResult LookAtQdisc(const HostFacts& facts, const CheckWish& wish);
CheckResult LookAtMtu(const HostFacts& facts, const CheckWish& wish);

// checks_receive.cpp
CheckResult LookAtInterruptSpread(const HostFacts& facts, const CheckWish& wish);
CheckResult LookAtSoftnetDrops(const HostFacts& facts, const CheckWish& wish);
CheckResult LookAtTimeSqueeze(const HostFacts& facts, const CheckWish& wish);
CheckResult LookAtDeviceBacklog(const HostFacts& facts, const CheckWish& wish);

// checks_route.cpp
CheckResult LookAtRouteToTarget(const HostFacts& facts, const CheckWish& wish);
CheckResult LookAtRouteQuickack(const HostFacts& facts, const CheckWish& wish);
CheckResult LookAtRouteWindows(const HostFacts& facts, const CheckWish& wish);
CheckResult LookAtRouteTimeout(const HostFacts& facts, const CheckWish& wish);
CheckResult LookAtRouteCongestion(const HostFacts& facts, const CheckWish& wish);

// checks_frequency.cpp
CheckResult LookAtGovernor(const HostFacts& facts, const CheckWish& wish);
CheckResult LookAtTurbo(const HostFacts& facts, const CheckWish& wish);
CheckResult LookAtFrequencyDrift(const HostFacts& facts, const CheckWish& wish);

// checks_cpu.cpp
CheckResult LookAtCpuCount(const HostFacts& facts, const CheckWish& wish);
CheckResult LookAtAllowedCpus(const HostFacts& facts, const CheckWish& wish);
CheckResult LookAtSteal(const HostFacts& facts, const CheckWish& wish);
CheckResult LookAtCpuQuota(const HostFacts& facts, const CheckWish& wish);
CheckResult LookAtThrottling(const HostFacts& facts, const CheckWish& wish);

// checks_company.cpp
CheckResult LookAtBusyProcesses(const HostFacts& facts, const CheckWish& wish);
CheckResult LookAtLoadAverage(const HostFacts& facts, const CheckWish& wish);
CheckResult LookAtPressure(const HostFacts& facts, const CheckWish& wish);

// checks_memory.cpp
CheckResult LookAtFreeMemory(const HostFacts& facts, const CheckWish& wish);
CheckResult LookAtMemoryLimit(const HostFacts& facts, const CheckWish& wish);
CheckResult LookAtSwap(const HostFacts& facts, const CheckWish& wish);
CheckResult LookAtHugePages(const HostFacts& facts, const CheckWish& wish);

// checks_kernel.cpp
CheckResult LookAtClockSource(const HostFacts& facts, const CheckWish& wish);
CheckResult LookAtVirtualisation(const HostFacts& facts, const CheckWish& wish);
CheckResult LookAtContainer(const HostFacts& facts, const CheckWish& wish);
CheckResult LookAtMitigations(const HostFacts& facts, const CheckWish& wish);

}  // namespace tunewire
