// In effect, or only in /proc/sys: what lives on this host and still runs with old settings.
#pragma once

#include <string>
#include <vector>

#include "tunewire/host/listeners.h"
#include "tunewire/host/live_network.h"
#include "tunewire/host/processes.h"
#include "tunewire/tune/plan.h"

namespace tunewire {

struct Tx;

struct RunningNofile {
  ProcessId id;
  Limits limits;
};

/// What was looked at, once; only what the plan's keys and limits concern is filled.
struct EffectFacts {
  std::vector<Listener> listeners;
  SocketOwners owners;                ///< of the listeners' sockets
  std::vector<Process> processes;     ///< those that own a listener
  std::vector<RunningNofile> nofile;  ///< theirs
  std::vector<LockedBuffer> buffers;  ///< theirs
  std::vector<InterfaceQdisc> qdiscs;
  std::vector<Error> errors;  ///< what could not be looked at: the findings may be too few
};

/// One pass over the sockets and one over /proc, whatever their number.
EffectFacts ReadEffectFacts(const Plan& plan, ListenerSource& listeners, const LiveNetwork& network,
                            const ProcessTable& processes);

struct NotInEffect {
  /// kStale: the old setting is certain, and a restart or the action ends it. kOwnChoice: the
  /// program itself asked for less; only its own configuration helps.
  enum class Kind { kStale, kOwnChoice };
  Kind kind = Kind::kStale;
  std::string key;   ///< "net.core.somaxconn", "nofile"
  std::string want;  ///< as the profile says
  std::string is;
  int pid = 0;  ///< 0 where no process is concerned or it may not be seen
  std::string command;
  std::string unit;
  std::string socket;  ///< "0.0.0.0:8080"; an interface for a qdisc
  std::string action;  ///< the one thing that helps
};

/// Pure. `in_force` tells which values were there before: a socket that still has one of them was
/// cut to it. nullptr: none is known.
std::vector<NotInEffect> FindNotInEffect(const Plan& plan, const EffectFacts& facts,
                                         const Tx* in_force);

}  // namespace tunewire
