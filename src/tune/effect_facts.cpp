#include <algorithm>
#include <set>

#include "tunewire/tune/effect.h"

namespace tunewire {
namespace {

bool Names(const Plan& plan, std::string_view path) {
  return std::ranges::any_of(plan.changes, [&](const Change& change) {
    return !change.released() && change.key.path() == path;
  });
}

bool NamesNofile(const Plan& plan) {
  return std::ranges::any_of(plan.limits,
                             [](const LimitSetting& limit) { return limit.item == "nofile"; });
}

template <class T>
void Take(Result<T> read, T& into, std::vector<Error>& errors) {
  if (read)
    into = *std::move(read);
  else
    errors.push_back(read.error());
}

std::vector<std::uint64_t> InodesOf(const std::vector<Listener>& listeners) {
  std::vector<std::uint64_t> inodes;
  for (const Listener& listener : listeners) inodes.push_back(listener.inode);
  return inodes;
}

std::vector<ProcessId> Owners(const SocketOwners& owners) {
  std::set<ProcessId> ids;
  for (const auto& [inode, held_by] : owners.by_inode) ids.insert(held_by.begin(), held_by.end());
  return {ids.begin(), ids.end()};
}

}  // namespace

EffectFacts ReadEffectFacts(const Plan& plan, ListenerSource& listeners, const LiveNetwork& network,
                            const ProcessTable& processes) {
  EffectFacts facts;
  const bool buffers = Names(plan, "net/core/rmem_max") || Names(plan, "net/core/wmem_max");
  const bool sockets = buffers || NamesNofile(plan) || Names(plan, "net/core/somaxconn") ||
                       Names(plan, "net/ipv4/tcp_congestion_control");
  if (Names(plan, "net/core/default_qdisc")) Take(network.Qdiscs(), facts.qdiscs, facts.errors);
  if (!sockets) return facts;
  Take(listeners.Listeners(), facts.listeners, facts.errors);
  if (facts.listeners.empty()) return facts;
  Take(network.Owners(InodesOf(facts.listeners)), facts.owners, facts.errors);
  const auto ids = Owners(facts.owners);
  const auto all = processes.Processes();
  if (!all) {
    facts.errors.push_back(all.error());
    return facts;
  }
  for (const Process& process : *all)
    if (std::ranges::binary_search(ids, process.id)) facts.processes.push_back(process);
  for (const ProcessId& id : ids)
    if (const auto limits = processes.GetLimits(id, "nofile"))
      facts.nofile.push_back({.id = id, .limits = *limits});
  if (buffers) Take(network.LockedBuffers(ids), facts.buffers, facts.errors);
  return facts;
}

}  // namespace tunewire
