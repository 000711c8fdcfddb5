#include "probe/path_view.h"

#include <algorithm>

namespace tunewire {
namespace {

/// 0 is "not known yet".
void KeepLeast(std::int64_t& least, std::int64_t ns) {
  if (ns > 0 && (least == 0 || ns < least)) least = ns;
}

std::int64_t FastestAck(const Track& track) {
  std::int64_t fastest = 0;
  for (const Tracked& one : track.events) {
    const auto left = one.event.sent_ns ? one.event.sent_ns : one.event.sched_ns;
    if (IsWrite(one.event.kind) && left && one.event.acked_ns) {
      KeepLeast(fastest, *one.event.acked_ns - *left);
    }
  }
  return fastest;
}

std::int64_t FastestTrip(const Track& from, const Track& to) {
  std::int64_t fastest = 0;
  for (const Tracked& one : from.events) {
    const auto left = one.event.sent_ns ? one.event.sent_ns : one.event.sched_ns;
    if (!IsWrite(one.event.kind) || !left) continue;
    const auto read = ReadUpTo(to, one.event.exchange, one.written);
    if (!read || !to.events[*read].event.arrived_ns) continue;
    // Clocks that differ by their error may put the two the wrong way round.
    KeepLeast(fastest, std::max<std::int64_t>(*to.events[*read].event.arrived_ns - *left, 1));
  }
  return fastest;
}

/// What the connection itself says; the namespace's counters, which others share, only without it.
bool Resent(const EndEvidence& end) {
  if (end.tcp.retransmitted_segments) return *end.tcp.retransmitted_segments > 0;
  return ChangeOf(end.counters, "RetransSegs") > 0 || ChangeOf(end.counters, "TCPLossProbes") > 0 ||
         ChangeOf(end.counters, "TCPTimeouts") > 0;
}

EndHabits HabitsOf(const EndEvidence& end, const EndEvidence* peer, bool paced) {
  EndHabits habits;
  habits.paced = paced;
  habits.resent = Resent(end);
  habits.window_limited_ns = end.tcp.window_limited_ns.value_or(0);
  habits.buffer_limited_ns = end.tcp.buffer_limited_ns.value_or(0);
  if (peer != nullptr && !peer->counters.empty()) {
    habits.peer_delayed_acks = ChangeOf(peer->counters, "DelayedACKs");
  }
  return habits;
}

void AddTimes(PathView& view, std::int64_t min_rtt_ns) {
  EndHabits& client = view.habits[0];
  EndHabits& server = view.habits[1];
  client.ack_ns = FastestAck(*view.client);
  if (view.server != nullptr) {
    server.ack_ns = FastestAck(*view.server);
    client.trip_ns = FastestTrip(*view.client, *view.server);
    server.trip_ns = FastestTrip(*view.server, *view.client);
  }
  // Where every ACK of a run was late, its fastest one is no measure of the path.
  const bool both_ways = client.trip_ns > 0 && server.trip_ns > 0;
  for (EndHabits* habits : {&client, &server}) {
    KeepLeast(habits->ack_ns, min_rtt_ns);
    if (both_ways) KeepLeast(habits->ack_ns, client.trip_ns + server.trip_ns);
  }
}

}  // namespace

RunTracks TracksOf(const RunEvidence& run, const PathFacts& facts) {
  const Traffic& traffic = run.spec.traffic;
  RunTracks tracks;
  tracks.client = TrackOf(run.client.events, traffic.client, traffic.client_options);
  if (!run.server || run.server->events.empty()) return tracks;
  Track server = TrackOf(run.server->events, traffic.server, traffic.server_options);
  if (!facts.one_clock) {
    const auto offsets = ClockOffsets(tracks.client, server, facts.timers.min_rtt_ns);
    tracks.clock_error_ns.resize(offsets.size());
    for (std::size_t i = 0; i < offsets.size(); ++i) {
      const EventRange range = server.Of(static_cast<std::uint32_t>(i));
      if (!offsets[i]) {
        if (!range.empty()) return tracks;
        continue;
      }
      tracks.clock_error_ns[i] = offsets[i]->error_ns;
      for (std::size_t j = range.from; j < range.to; ++j) {
        Shift(server.events[j].event, -offsets[i]->server_ahead_ns);
      }
    }
  }
  tracks.server = std::move(server);
  return tracks;
}

PathView ViewOf(const RunTracks& tracks, const RunEvidence& run, const PathFacts& facts) {
  PathView view;
  view.client = &tracks.client;
  view.server = tracks.server ? &*tracks.server : nullptr;
  view.timers = facts.timers;
  const EndEvidence* server = run.server ? &*run.server : nullptr;
  view.habits[0] = HabitsOf(run.client, server, facts.client_paced);
  if (server != nullptr) view.habits[1] = HabitsOf(*server, &run.client, facts.server_paced);
  AddTimes(view, facts.timers.min_rtt_ns);
  return view;
}

}  // namespace tunewire
