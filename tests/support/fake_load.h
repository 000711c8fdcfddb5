// A load client whose server is a model: what the kernel and a server of that kind were measured to
// do to one kept connection. tests/ns holds the same kinds of real servers to the same verdicts.
#pragma once

#include "tunewire/http/load.h"

namespace tunewire {

struct ServerModel {
  std::int64_t own_us = 60;           ///< what an answer takes by itself
  bool two_writes_nagle = false;      ///< head and body apart, Nagle on
  std::uint32_t every = 1;            ///< stalls every n-th only (net.ipv4.tcp_pingpong_thresh)
  std::uint32_t second_write = 1000;  ///< held back only below the MSS
  bool corked = false;                ///< cork left open: 200 ms and some on a kept connection
  std::int64_t think_ms = 0;          ///< before the head
  std::int64_t body_ms = 0;           ///< between head and body, TCP_NODELAY on
  std::uint32_t slow_every = 0;       ///< works 60 ms for each n-th request; 0: for none
  std::uint64_t hiccup_at = 0;        ///< this request of every run takes 30 ms more; 0: none
  std::uint64_t refuses_from = 0;     ///< from this run on, connections are refused; 0: never
};

class FakeLoadClient : public LoadClient {
 public:
  explicit FakeLoadClient(ServerModel model) : model_(model) {}

  Result<LoadResult> Run(const LoadSpec& spec, const LoadWatch& watch) override;

  std::vector<LoadSpec> asked;  ///< every run, in order

 private:
  ServerModel model_;
};

}  // namespace tunewire
