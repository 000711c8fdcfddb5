#include "tunewire/sockets/fix.h"

namespace tunewire {

std::string_view NameOf(FixKind kind) {
  switch (kind) {
    case FixKind::kNodelay:
      return "nodelay";
    case FixKind::kQuickAck:
      return "quickack";
    case FixKind::kUncork:
      return "uncork";
  }
  return "nodelay";
}

std::string_view NameOf(PutBack::Outcome outcome) {
  switch (outcome) {
    case PutBack::Outcome::kRestored:
      return "restored";
    case PutBack::Outcome::kAlready:
      return "already";
    case PutBack::Outcome::kGone:
      return "gone";
    case PutBack::Outcome::kForeign:
      return "foreign";
    case PutBack::Outcome::kFailed:
      return "failed";
  }
  return "failed";
}

std::string_view NameOf(TrialVerdict verdict) {
  switch (verdict) {
    case TrialVerdict::kCause:
      return "cause";
    case TrialVerdict::kNoDifference:
      return "no_difference";
    case TrialVerdict::kWorse:
      return "worse";
    case TrialVerdict::kNotBack:
      return "not_back";
    case TrialVerdict::kNoTraffic:
      return "no_traffic";
    case TrialVerdict::kUnfinished:
      return "unfinished";
  }
  return "unfinished";
}

}  // namespace tunewire
