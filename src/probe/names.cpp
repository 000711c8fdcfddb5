#include "tunewire/probe/verdict.h"

namespace tunewire {

std::string_view NameOf(RunRole role) {
  switch (role) {
    case RunRole::kAsked:
      return "asked";
    case RunRole::kNoDelay:
      return "nodelay";
    case RunRole::kQuickAckOnce:
      return "quickack_once";
    case RunRole::kQuickAckAlways:
      return "quickack_always";
    case RunRole::kDelackMax:
      return "delack_max";
    case RunRole::kOneWritev:
      return "one_writev";
    case RunRole::kUncorked:
      return "uncorked";
    case RunRole::kOtherCongestion:
      return "other_congestion";
    case RunRole::kOther:
      break;
  }
  return "other";
}

std::string_view NameOf(Cause cause) {
  switch (cause) {
    case Cause::kNone:
      return "none";
    case Cause::kNagleDelayedAck:
      return "nagle_delayed_ack";
    case Cause::kCork:
      return "cork";
    case Cause::kLoss:
      return "loss";
    case Cause::kPacing:
      return "pacing";
    case Cause::kWindow:
      return "window";
    case Cause::kApplication:
      return "application";
    case Cause::kScheduling:
      return "scheduling";
    case Cause::kUnknown:
      break;
  }
  return "unknown";
}

}  // namespace tunewire
