// Names of modes, changes and causes as JSON and reports spell them.
#include "tunewire/http/verdict.h"

namespace tunewire {

std::string_view NameOf(HttpMode mode) {
  switch (mode) {
    case HttpMode::kNewConnection:
      return "new_connection";
    case HttpMode::kKeepAlive:
      return "keep_alive";
    case HttpMode::kPipelined:
      return "pipelined";
  }
  return "";
}

std::string_view NameOf(HttpChange change) {
  switch (change) {
    case HttpChange::kNothing:
      return "none";
    case HttpChange::kQuickAck:
      return "quickack_always";
    case HttpChange::kRequestInTwo:
      return "request_in_two";
    case HttpChange::kAtEthernetMss:
      return "ethernet_mss";
    case HttpChange::kAtEthernetMssQuickAck:
      return "ethernet_mss_quickack_always";
    case HttpChange::kThink:
      return "think";
    case HttpChange::kAsked:
      return "as_asked";
  }
  return "";
}

std::string_view NameOf(HttpCause cause) {
  switch (cause) {
    case HttpCause::kNone:
      return "none";
    case HttpCause::kServerNagle:
      return "nagle_delayed_ack";
    case HttpCause::kServerCork:
      return "cork";
    case HttpCause::kSlowServer:
      return "slow_server";
    case HttpCause::kUnknown:
      return "unknown";
  }
  return "";
}

}  // namespace tunewire
