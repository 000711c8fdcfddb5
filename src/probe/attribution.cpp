#include "tunewire/probe/attribution.h"

namespace tunewire {

std::int64_t Attribution::Total() const {
  return nagle_ns + delayed_ack_ns + cork_ns + retransmit_ns + pacing_ns + window_ns + network_ns +
         application_ns;
}

Attribution& Attribution::operator+=(const Attribution& other) {
  nagle_ns += other.nagle_ns;
  delayed_ack_ns += other.delayed_ack_ns;
  cork_ns += other.cork_ns;
  retransmit_ns += other.retransmit_ns;
  pacing_ns += other.pacing_ns;
  window_ns += other.window_ns;
  network_ns += other.network_ns;
  application_ns += other.application_ns;
  return *this;
}

std::string_view NameOf(Side side) {
  switch (side) {
    case Side::kNone:
      return "none";
    case Side::kClient:
      return "client";
    case Side::kServer:
      return "server";
    case Side::kBoth:
      return "both";
  }
  return "none";
}

}  // namespace tunewire
