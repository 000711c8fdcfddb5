// When looks came and what each saw, for -v.
#pragma once

#include <vector>

#include "report/sockets_report.h"

namespace tunewire {

class LookLog : public LookSink {
 public:
  void Begin(LookHead head) override { looks_.push_back({head.at_ns, 0, false}); }
  void Socket(std::span<const std::byte> /*raw*/) override { ++looks_.back().seen; }
  void End(const SocketDump& dump) override { looks_.back().partial = dump.partial; }

  [[nodiscard]] const std::vector<LookNote>& looks() const { return looks_; }

 private:
  std::vector<LookNote> looks_;
};

}  // namespace tunewire
