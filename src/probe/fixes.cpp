#include "probe/fixes.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/format.h"

namespace tunewire {
namespace {

std::vector<Side> Each(Side side) {
  if (side == Side::kBoth) return {Side::kClient, Side::kServer};
  if (side == Side::kNone) return {};
  return {side};
}

Side Opposite(Side side) {
  if (side == Side::kClient) return Side::kServer;
  if (side == Side::kServer) return Side::kClient;
  return side;
}

Fix Untried(Side side, std::string id, std::string text) {
  return {side, std::move(id), std::move(text), std::nullopt, std::nullopt, std::nullopt};
}

Fix Tried(Side side, std::string id, std::string text, RunRole role) {
  Fix fix = Untried(side, std::move(id), std::move(text));
  fix.tried = role;
  return fix;
}

std::string NoDelayText(Side side) {
  if (side == Side::kClient) return "set TCP_NODELAY on the client's socket";
  return "set TCP_NODELAY on the server's accepted socket (or on its listening one, which accepted "
         "sockets inherit)";
}

std::vector<Fix> WriterFixes(Side side) {
  const std::string_view name = NameOf(side);
  const std::string_view message = side == Side::kClient ? "request" : "answer";
  return {
      Tried(side, "one_write",
            Format("send each {} of the {} with one write or one writev", message, name),
            RunRole::kOneWritev),
      Tried(side, "nodelay", NoDelayText(side), RunRole::kNoDelay),
      Untried(side, "msg_more",
              Format("send all but the last piece of the {}'s {} with MSG_MORE", name, message)),
  };
}

std::vector<Fix> ReaderFixes(Side side) {
  const std::string_view name = NameOf(side);
  const std::string_view peer = NameOf(Opposite(side));
  return {
      Tried(side, "quickack_always",
            Format("set TCP_QUICKACK on the {}'s socket again after every recv", name),
            RunRole::kQuickAckAlways),
      Tried(side, "delack_max",
            Format("set TCP_DELACK_MAX_US on the {}'s socket (Linux 6.15 or later): shorter, not "
                   "gone",
                   name),
            RunRole::kDelackMax),
      Untried(
          side, "route_quickack",
          Format("`quickack 1` on the {} host's route to the {} (ip route change)", name, peer)),
      Untried(side, "route_rto_min",
              Format("a smaller `rto_min` on the {} host's route to the {}: its delayed ACKs end "
                     "with it",
                     name, peer)),
  };
}

std::vector<Fix> CorkFixes(Side side) {
  const std::string_view name = NameOf(side);
  return {
      Tried(side, "uncork",
            Format("take TCP_CORK off, or send the last piece without MSG_MORE, before the {} "
                   "reads",
                   name),
            RunRole::kUncorked),
      Tried(side, "one_write",
            Format("send the {}'s message with one write or one writev instead of a cork", name),
            RunRole::kOneWritev),
  };
}

Fix LossFix(Side side) {
  return Untried(side, "find_loss",
                 Format("look for the loss between the {} and its peer (ip -s link, nstat "
                        "TcpRetransSegs): the stall is TCP's wait for a lost segment",
                        NameOf(side)));
}

Fix PacingFix(Side side) {
  return Tried(side, "congestion",
               Format("use a congestion control that does not pace (cubic, reno) on the {}'s "
                      "socket or route",
                      NameOf(side)),
               RunRole::kOtherCongestion);
}

Fix WindowFix(Side writer) {
  return Untried(Opposite(writer), "read_sooner",
                 Format("let the {} read sooner, or give it a larger receive buffer (SO_RCVBUF, "
                        "net.ipv4.tcp_rmem)",
                        NameOf(Opposite(writer))));
}

Fix ApplicationFix(Side side) {
  return Untried(
      side, "application",
      Format("find what the {} does before it writes: TCP had nothing to send", NameOf(side)));
}

Fix SchedulingFix(Side side) {
  return Untried(side, "scheduling",
                 Format("give the {} a CPU: it was ready and did not run", NameOf(side)));
}

void Append(std::vector<Fix>& all, std::vector<Fix> more) {
  std::ranges::move(more, std::back_inserter(all));
}

std::vector<Fix> NagleFixes(Side writer) {
  std::vector<Fix> fixes;
  for (const Side side : Each(writer)) Append(fixes, WriterFixes(side));
  for (const Side side : Each(writer)) Append(fixes, ReaderFixes(Opposite(side)));
  return fixes;
}

template <class Make>
std::vector<Fix> ForEach(Side side, const Make& make) {
  std::vector<Fix> fixes;
  for (const Side one : Each(side)) fixes.push_back(make(one));
  return fixes;
}

std::vector<Fix> AllFixes(Cause cause, Side side) {
  switch (cause) {
    case Cause::kNagleDelayedAck:
      return NagleFixes(side);
    case Cause::kCork: {
      std::vector<Fix> fixes;
      for (const Side one : Each(side)) Append(fixes, CorkFixes(one));
      return fixes;
    }
    case Cause::kLoss:
      return ForEach(side, LossFix);
    case Cause::kPacing:
      return ForEach(side, PacingFix);
    case Cause::kWindow:
      return ForEach(side, WindowFix);
    case Cause::kApplication:
      return ForEach(side, ApplicationFix);
    case Cause::kScheduling:
      return ForEach(side, SchedulingFix);
    case Cause::kNone:
    case Cause::kUnknown:
      return {};
  }
  return {};
}

/// Fills in what the run that tried it showed; false where it did not help.
bool Weigh(Fix& fix, std::span<const AbTest> tests) {
  if (!fix.tried) return true;
  const auto test = std::ranges::find_if(
      tests, [&fix](const AbTest& one) { return one.varied->role == *fix.tried; });
  if (test == tests.end()) {
    fix.tried.reset();
    return true;
  }
  fix.effect = test->median;
  fix.stalls = test->stalls;
  return test->Helps();
}

}  // namespace

std::vector<Fix> FixesFor(Cause cause, Side side, std::span<const AbTest> tests) {
  std::vector<Fix> fixes;
  for (Fix& fix : AllFixes(cause, side)) {
    if (Weigh(fix, tests)) fixes.push_back(std::move(fix));
  }
  std::stable_partition(fixes.begin(), fixes.end(),
                        [](const Fix& fix) { return fix.tried.has_value(); });
  return fixes;
}

}  // namespace tunewire
