// Two scratch network namespaces joined by a veth pair: a small network to try settings in.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "tunewire/base/result.h"
#include "tunewire/host/rehearsal.h"
#include "tunewire/host/traffic.h"

namespace tunewire {

class ScratchPair {
 public:
  virtual ~ScratchPair() = default;

  /// What became of each write that the pair was made with, in order, as in Rehearsal::Try: the
  /// worse of the two namespaces.
  [[nodiscard]] virtual const std::vector<RehearsedWrite>& writes() const = 0;

  /// From one namespace to the other, over the veth pair at Ethernet's MTU of 1500.
  virtual Result<TrafficResult> Run(const TrafficWish& wish) = 0;
};

/// Both namespaces get all of `writes` before their interfaces are made. They end with the pair. An
/// ordinary user's process moves into a user namespace of its own for good, so it must have a
/// single thread and nothing left to do as itself. Errors: kUnsupported / kNotPermitted
/// "no_namespace" where none may be made, netlink's.
Result<std::unique_ptr<ScratchPair>> MakeScratchPair(std::span<const KeyText> writes);

}  // namespace tunewire
