// Everything outside the program that commands may ask for. Only main and tests build one.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "http/forecast.h"
#include "report/style.h"
#include "tunewire/base/result.h"
#include "tunewire/host/calibrate.h"
#include "tunewire/host/capture_facts.h"
#include "tunewire/host/clock.h"
#include "tunewire/host/detached.h"
#include "tunewire/host/files.h"
#include "tunewire/host/foreign_socket.h"
#include "tunewire/host/host_info.h"
#include "tunewire/host/listeners.h"
#include "tunewire/host/live_network.h"
#include "tunewire/host/lock.h"
#include "tunewire/host/net_counters.h"
#include "tunewire/host/process_usage.h"
#include "tunewire/host/processes.h"
#include "tunewire/host/program.h"
#include "tunewire/host/rehearsal.h"
#include "tunewire/host/scratch_pair.h"
#include "tunewire/host/socket_table.h"
#include "tunewire/host/sysctl_tree.h"
#include "tunewire/host/tcp.h"
#include "tunewire/host/terminal.h"
#include "tunewire/http/load.h"
#include "tunewire/probe/ends.h"

namespace tunewire {

/// The environment variables that decide how a report looks.
struct Environment {
  std::string lc_all, lc_ctype, lang, columns, no_color, term;
};

/// Makers rather than things where opening costs time: a command opens only what it needs.
struct Machine {
  Files& files;
  Clock& clock;
  Terminal& terminal;
  Environment environment;
  std::function<ProgramFacts()> program;
  std::function<Status(const std::string& target)> enter_namespace;
  std::function<Result<std::unique_ptr<SysctlTree>>(const std::string& root)> open_tree;
  std::function<Result<HostInfo>(const std::string& root)> host_info;
  std::function<std::unique_ptr<LockPlace>(std::string path)> lock_at;
  std::function<std::unique_ptr<Rehearsal>()> rehearsal;
  std::function<Result<std::unique_ptr<ScratchPair>>(std::span<const KeyText> writes)> scratch_pair;
  std::function<std::unique_ptr<ListenerSource>()> listeners;
  std::function<std::unique_ptr<LiveNetwork>()> live_network;
  std::function<Result<DetachedBy>(const DetachedCommand& command)> start_detached;
  std::function<std::unique_ptr<ProcessTable>()> processes;
  std::function<Status()> reload_units;
  std::function<Result<std::unique_ptr<Ends>>(const std::string& client, const std::string& server)>
      local_ends;
  std::function<Result<std::unique_ptr<Ends>>(const std::string&peer)> remote_ends, echo_ends;
  std::function<Status(const ServeOptions& options, const ServeEvents& events)> serve;
  std::function<Noise()> measure_noise;
  std::function<int()> ticks_per_second;
  std::function<ForecastFacts(const SocketAddress& destination)> forecast_facts;
  std::function<Result<ProcessId>(int pid)> process_now;
  std::function<Result<std::optional<ProcessUsage>>(const ProcessId& root)> usage_of_tree;
  std::function<Result<std::vector<SocketAddress>>(const HostPort& where)> resolve;
  std::function<std::unique_ptr<LoadClient>()> load_client;
  std::function<Result<std::unique_ptr<SocketSource>>()> sockets;
  std::function<Result<HeldSockets>(std::span<const int> pids)> held_sockets;
  std::function<std::unique_ptr<ForeignSockets>()> foreign_sockets;
  std::function<Result<NetCounters>()> net_counters;
  std::function<Result<std::vector<AckState>>()> ack_states;
  std::function<std::int64_t()> own_cpu_ns;
  std::function<HostFacts(const FactsWish& wish)> capture_facts;
  std::function<HostFacts(const std::string& root, TunablesWanted tunables)> facts_of_tree;
  std::function<Result<Calibration>(std::chrono::milliseconds budget)> calibrate;
};

}  // namespace tunewire
