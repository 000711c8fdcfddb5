// Two ends of a probe without sockets: a small model of the kernel's TCP in its own time.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tunewire/probe/ends.h"

namespace tunewire {

/// What the model knows of a host. Modelled: Nagle as Minshall changed it, TCP_NODELAY, cork and
/// MSG_MORE with the persist timer, delayed ACKs in ping-pong mode, their end after the timer,
/// QUICKACK, the delayed-ACK maximum, acknowledging more than one full segment at once, one loss
/// probe, pacing of a request's first segment. Left out: windows, congestion, jitter, and delayed
/// ACKs outside of ping-pong mode.
struct FakeKernel {
  int hz = 250;
  int pingpong_thresh = 1;
  std::uint32_t mss = 65483;  ///< the path's own; 1448 makes it an Ethernet
  std::string congestion = "cubic";
  std::chrono::nanoseconds delay{10'000};            ///< one way
  std::chrono::nanoseconds delayed_ack{44'000'000};  ///< from arrival to its ACK
  std::chrono::nanoseconds persist{208'000'000};     ///< what a cork left open costs
  std::chrono::nanoseconds call{2'000};              ///< what a step of a script takes
  std::chrono::nanoseconds idle_limit{};  ///< a reader idle for so long acknowledges at once; 0: no
  bool has_delack_max = true;
  bool echoes = false;  ///< the server is not ours: no evidence of it
  bool one_host = true;

  // What goes wrong, in every n-th exchange; 0: never.
  std::uint32_t lose_every = 0;  ///< the client's last segment, resent by a loss probe
  std::chrono::nanoseconds loss_probe{206'000'000};
  std::uint32_t work_every = 0;  ///< the server works, unscripted, before it writes
  std::chrono::nanoseconds work{};
  std::uint32_t pace_every = 0;  ///< the client's first segment leaves late, with bbr only
  std::chrono::nanoseconds pace{};
};

class FakeEnds : public Ends {
 public:
  explicit FakeEnds(FakeKernel model) : kernel(std::move(model)) {}

  Result<RunEvidence> Run(const RunSpec& spec, const RunWatch& watch) override;
  [[nodiscard]] bool OneHost() const override { return kernel.one_host; }
  [[nodiscard]] std::string Describe() const override { return "fake"; }

  FakeKernel kernel;                    ///< may change between runs
  std::vector<RunSpec> specs;           ///< of all runs asked for, in order
  std::map<std::size_t, Error> errors;  ///< answers of runs, counted from 0
  std::function<void(FakeKernel& kernel, std::size_t run)> before_run;  ///< may be empty
  std::chrono::nanoseconds now{1'000'000'000};                          ///< goes on from run to run
};

}  // namespace tunewire
