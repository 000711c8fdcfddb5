// What `tunewire probe`, `probe serve` and `probe sweep` were asked for.
#pragma once

#include <string>
#include <vector>

#include "report/assertion.h"
#include "tunewire/probe/experiment.h"

namespace tunewire {

/// Which two ends: here, in namespaces, or this host and another.
struct ProbePlace {
  enum class Peer { kProbe, kEcho };
  std::string peer;  ///< HOST:PORT; empty: both ends are here
  Peer kind = Peer::kProbe;
  std::string client_netns, server_netns;  ///< empty: the caller's

  bool operator==(const ProbePlace&) const = default;
};

struct ProbeArguments {
  ProbePlace place;
  ProbeRequest request;
  std::vector<Assertion> assertions;
  std::string csv, cdf, html;  ///< files; empty: none
  std::string words;           ///< the same traffic again: " 10.0.0.9:7411 --mss 1460"
};

struct ProbeServeArguments {
  ServeOptions options;
};

struct ProbeSweepArguments {
  ProbePlace place;
  SweepRequest request;
};

}  // namespace tunewire
