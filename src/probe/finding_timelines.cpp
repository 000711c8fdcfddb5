// The cause that the time lines of the stalled exchanges show.
#include <algorithm>
#include <array>
#include <functional>

#include "base/format.h"
#include "probe/finding_parts.h"
#include "probe/run_facts.h"
#include "probe/track.h"

namespace tunewire {
namespace {

std::int64_t Held(const Attribution& part) { return part.nagle_ns + part.delayed_ack_ns; }

std::int64_t HoldOf(const Event& event) {
  if (!IsWrite(event.kind) || !event.sched_ns) return 0;
  return std::max<std::int64_t>(*event.sched_ns - event.end_ns, 0);
}

std::int64_t LongestHold(const std::vector<Event>& events) {
  std::int64_t longest = 0;
  for (const Event& event : events) longest = std::max(longest, HoldOf(event));
  return longest;
}

/// What was waited for beyond the scripts' own pauses and the path's usual time.
struct Suspect {
  Cause cause;
  std::int64_t client_ns, server_ns;
  [[nodiscard]] std::int64_t Sum() const { return client_ns + server_ns; }
};

Suspect MainSuspect(const Timeline& line, const TimerFacts& timers) {
  const Attribution& client = line.client_share;
  const Attribution& server = line.server_share;
  const std::array<Suspect, 7> suspects{
      {{Cause::kNagleDelayedAck, Held(client), Held(server)},
       {Cause::kCork, client.cork_ns, server.cork_ns},
       {Cause::kLoss, client.retransmit_ns, server.retransmit_ns},
       {Cause::kWindow, client.window_ns, server.window_ns},
       {Cause::kPacing, client.pacing_ns, server.pacing_ns},
       {Cause::kScheduling, line.client_unscripted_ns, line.server_unscripted_ns},
       {Cause::kUnknown, 0, line.attribution.network_ns - timers.min_rtt_ns}}};
  Suspect most = *std::max_element(
      suspects.begin(), suspects.end(),
      [](const Suspect& one, const Suspect& two) { return one.Sum() < two.Sum(); });
  // An ACK that was itself waited for, with nothing held behind it, is not Nagle's doing.
  const std::int64_t hold = std::max(LongestHold(line.client), LongestHold(line.server));
  if (most.cause == Cause::kNagleDelayedAck && hold < most.Sum() / 4) most.cause = Cause::kUnknown;
  return most;
}

struct Group {
  Cause cause = Cause::kUnknown;
  std::vector<const Timeline*> lines;
  std::int64_t client_ns = 0, server_ns = 0;
};

/// How much a group speaks for: the pauses of a busy host come between, and hide no other cause
/// that is behind at least a fifth.
std::size_t WeightOf(const Group& group) {
  return group.lines.size() * (group.cause == Cause::kScheduling ? 1 : 4);
}

/// The cause of most of the stalled exchanges, and how many of them it is.
Group MainGroup(const std::vector<const Timeline*>& stalled, const TimerFacts& timers) {
  std::vector<Group> groups;
  for (const Timeline* line : stalled) {
    const Suspect suspect = MainSuspect(*line, timers);
    auto group = std::find_if(groups.begin(), groups.end(),
                              [&](const Group& one) { return one.cause == suspect.cause; });
    if (group == groups.end()) group = groups.insert(groups.end(), Group{suspect.cause, {}, 0, 0});
    group->lines.push_back(line);
    group->client_ns += suspect.client_ns;
    group->server_ns += suspect.server_ns;
  }
  return *std::max_element(groups.begin(), groups.end(), [](const Group& one, const Group& two) {
    return WeightOf(one) < WeightOf(two);
  });
}

std::int64_t MedianOf(const Group& group, const std::function<std::int64_t(const Timeline&)>& of) {
  std::vector<std::int64_t> values;
  for (const Timeline* line : group.lines) values.push_back(of(*line));
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2),
                   values.end());
  return values[values.size() / 2];
}

std::int64_t MedianPart(const Group& group, std::int64_t Attribution::*part) {
  return MedianOf(group, [part](const Timeline& line) { return line.attribution.*part; });
}

std::string Whose(Side side) {
  if (side == Side::kBoth) return "each end's";
  return side == Side::kServer ? "the server's" : "the client's";
}

std::string Others(Side side) {
  if (side == Side::kBoth) return "the other end's";
  return side == Side::kServer ? "the client's" : "the server's";
}

std::string InStalls(const Group& group) {
  if (group.lines.size() == 1) return "(in the one stalled exchange)";
  return Format("(median of {} stalled exchanges)", group.lines.size());
}

void SayNagle(const Group& group, RunFinding& finding) {
  const std::int64_t held =
      MedianOf(group, [](const Timeline& line) { return Held(line.attribution); });
  const bool both = finding.side == Side::kBoth;
  finding.reasons.push_back(
      Format("{} held back {} behind an earlier one that was not acknowledged yet {}",
             both ? "a write of either end was" : Whose(finding.side) + " write was",
             both ? FormatSpan(held) + " in all," : FormatSpan(held), InStalls(group)));
  const std::int64_t delayed = MedianPart(group, &Attribution::delayed_ack_ns);
  if (delayed < kLeastHold) {
    finding.reasons.emplace_back("the acknowledgement took no longer than the path");
    return;
  }
  finding.reasons.push_back(Format("{} kernel kept that acknowledgement back for {} of it{}",
                                   Others(finding.side), FormatSpan(delayed),
                                   both ? " in all" : ""));
}

/// Would Nagle have held these writes too, had there been no cork?
bool BehindUnacked(const Group& group) {
  const auto behind = [](const Event& event) {
    return HoldOf(event) > kLeastHold && event.unacked_segments.value_or(0) > 0;
  };
  return std::any_of(group.lines.begin(), group.lines.end(), [&](const Timeline* line) {
    return std::any_of(line->client.begin(), line->client.end(), behind) ||
           std::any_of(line->server.begin(), line->server.end(), behind);
  });
}

void SayCork(const Group& group, RunFinding& finding) {
  finding.reasons.push_back(Format(
      "{} write was held {} by an open TCP_CORK or MSG_MORE while the program went on to "
      "read {}",
      Whose(finding.side), FormatSpan(MedianPart(group, &Attribution::cork_ns)), InStalls(group)));
  finding.reasons.emplace_back(
      BehindUnacked(group)
          ? "an earlier write was unacknowledged: without TCP_NODELAY Nagle would hold it as well"
          : "nothing was unacknowledged, so Nagle had no reason to hold it");
}

void SayLoss(const RunReport& run, const Group& group, RunFinding& finding) {
  const bool client = finding.side != Side::kServer;
  const EndEvidence& end =
      client || !run.evidence.server ? run.evidence.client : *run.evidence.server;
  finding.reasons.push_back(
      Format("{} bytes came through {} later than usual: some were lost and sent again {}",
             Whose(finding.side), FormatSpan(MedianPart(group, &Attribution::retransmit_ns)),
             InStalls(group)));
  finding.reasons.push_back(
      Format("{} connection sent {} segments again; loss probes {}, timeouts {} on its host",
             Whose(finding.side), end.tcp.retransmitted_segments.value_or(0),
             ChangeOf(end.counters, "TCPLossProbes"), ChangeOf(end.counters, "TCPTimeouts")));
}

void SayPacing(const Group& group, RunFinding& finding) {
  finding.reasons.push_back(
      Format("{} write waited {} to leave, with no cork and no small segment unacknowledged: its "
             "congestion control paces {}",
             Whose(finding.side), FormatSpan(MedianPart(group, &Attribution::pacing_ns)),
             InStalls(group)));
}

void SayWindow(const Group& group, RunFinding& finding) {
  finding.reasons.push_back(Format("{} write waited {} for room in {} receive window {}",
                                   Whose(finding.side),
                                   FormatSpan(MedianPart(group, &Attribution::window_ns)),
                                   Others(finding.side), InStalls(group)));
}

void SayScheduling(const Group& group, RunFinding& finding) {
  const std::int64_t waited = MedianOf(group, [](const Timeline& line) {
    return line.client_unscripted_ns + line.server_unscripted_ns;
  });
  finding.reasons.push_back(
      Format("{} program had its data, or its pause was over, and did not go on for {} {}",
             Whose(finding.side), FormatSpan(waited), InStalls(group)));
}

bool HasAllStamps(const std::vector<Event>& events) {
  return std::all_of(events.begin(), events.end(), [](const Event& event) {
    return !IsWrite(event.kind) || event.sched_ns.has_value();
  });
}

/// The send queue was seen to hold bytes behind unacknowledged ones, with no stamp to tell how
/// long.
bool QueueHeld(const std::vector<Event>& events) {
  return std::any_of(events.begin(), events.end(), [](const Event& event) {
    return IsWrite(event.kind) && event.unacked_segments.value_or(0) > 0 &&
           event.notsent_bytes.value_or(0) > 0;
  });
}

std::size_t Count(const Group& group, bool (*holds)(const std::vector<Event>&),
                  std::vector<Event> Timeline::*events) {
  return static_cast<std::size_t>(
      std::count_if(group.lines.begin(), group.lines.end(),
                    [&](const Timeline* line) { return holds(line->*events); }));
}

/// Bytes seen waiting behind unacknowledged ones in most of the stalls, where Nagle can hold them.
RunFinding ByLooks(const RunReport& run, const Group& group) {
  const Traffic& traffic = run.evidence.spec.traffic;
  const std::size_t most = (group.lines.size() + 1) / 2;
  const std::size_t client = Count(group, QueueHeld, &Timeline::client);
  const std::size_t server = Count(group, QueueHeld, &Timeline::server);
  const bool client_held = client >= most && NagleCanHold(traffic.client, traffic.client_options);
  const bool server_held = server >= most && NagleCanHold(traffic.server, traffic.server_options);
  RunFinding finding;
  if (!client_held && !server_held) return finding;
  finding.cause = Cause::kNagleDelayedAck;
  finding.side = SideOf(client_held ? 1 : 0, server_held ? 1 : 0);
  finding.proven_by_hold = true;
  finding.reasons.push_back(
      Format("in {} of {} stalled exchanges {} send queue was seen with bytes not sent behind "
             "unacknowledged ones",
             client_held ? client : server, group.lines.size(), Whose(finding.side)));
  return finding;
}

bool StampsAreWhole(const Group& group) {
  return Count(group, HasAllStamps, &Timeline::client) == group.lines.size() &&
         Count(group, HasAllStamps, &Timeline::server) == group.lines.size();
}

std::int64_t UnheldAckDelay(const Group& group) {
  return MedianPart(group, &Attribution::delayed_ack_ns);
}

/// The stamps show no hold, and no other wait of this end either.
RunFinding Unexplained(const RunReport& run, const Group& group) {
  const bool echo = group.lines.front()->server.empty();
  RunFinding finding;
  finding.cause = Cause::kUnknown;
  if (UnheldAckDelay(group) > kLeastHold) {
    finding.side = Side::kServer;
    finding.reasons.push_back(
        Format("the client waited {} for an acknowledgement that the server's kernel kept back; "
               "no write was held behind it",
               FormatSpan(UnheldAckDelay(group))));
    return finding;
  }
  const std::int64_t network = MedianPart(group, &Attribution::network_ns);
  if (!echo) {
    finding.reasons.push_back(Format(
        "{} passed under way between the ends, and nothing was sent again", FormatSpan(network)));
    return finding;
  }
  finding.side = Side::kServer;
  finding.reasons.push_back(
      Format("likely the server: {} passed after the client's last byte had left, and no write of "
             "the client was held",
             FormatSpan(network)));
  const std::int64_t delayed = ChangeOf(run.evidence.client.counters, "DelayedACKs");
  if (delayed > 0) {
    finding.reasons.push_back(
        Format("the client's host delayed {} acknowledgements: the server may hold a write behind "
               "one of them, or be slow between two writes; only the same traffic with "
               "TCP_QUICKACK on the client tells",
               delayed));
  }
  return finding;
}

RunFinding WithoutStamps(const RunReport& run, const Group& group) {
  RunFinding finding = ByLooks(run, group);
  if (finding.cause != Cause::kNone) return finding;
  if (StampsAreWhole(group)) return Unexplained(run, group);
  finding = FindFromCounters(run);
  finding.reasons.emplace_back("the kernel left out some time stamps: this rests on counters");
  return finding;
}

void Say(const RunReport& run, const Group& group, RunFinding& finding) {
  switch (finding.cause) {
    case Cause::kNagleDelayedAck:
      return SayNagle(group, finding);
    case Cause::kCork:
      return SayCork(group, finding);
    case Cause::kLoss:
      return SayLoss(run, group, finding);
    case Cause::kPacing:
      return SayPacing(group, finding);
    case Cause::kWindow:
      return SayWindow(group, finding);
    case Cause::kScheduling:
      return SayScheduling(group, finding);
    case Cause::kNone:
    case Cause::kApplication:
    case Cause::kUnknown:
      return;
  }
}

}  // namespace

RunFinding FindFromTimelines(const RunReport& run, const std::vector<const Timeline*>& stalled) {
  const Group group = MainGroup(stalled, TimerFactsOf(run.evidence));
  RunFinding finding;
  if (group.cause == Cause::kUnknown) {
    finding = WithoutStamps(run, group);
  } else {
    finding.cause = group.cause;
    finding.side = SideOf(group.client_ns, group.server_ns);
    finding.proven_by_hold = true;
    Say(run, group, finding);
  }
  AddCrossChecks(run, finding);
  if (group.lines.size() < stalled.size()) {
    finding.reasons.push_back(Format("{} of {} stalled exchanges have another cause",
                                     stalled.size() - group.lines.size(), stalled.size()));
  }
  return finding;
}

}  // namespace tunewire
