#include <algorithm>

#include "probe/path_view.h"
#include "tunewire/probe/attribution.h"

namespace tunewire {
namespace {

std::int64_t& PartOf(Attribution& attribution, PathKind kind) {
  switch (kind) {
    case PathKind::kNagle:
      return attribution.nagle_ns;
    case PathKind::kDelayedAck:
      return attribution.delayed_ack_ns;
    case PathKind::kCork:
      return attribution.cork_ns;
    case PathKind::kRetransmit:
      return attribution.retransmit_ns;
    case PathKind::kPacing:
      return attribution.pacing_ns;
    case PathKind::kWindow:
      return attribution.window_ns;
    case PathKind::kNetwork:
      return attribution.network_ns;
    case PathKind::kScripted:
    case PathKind::kUnscripted:
      break;
  }
  return attribution.application_ns;
}

void Charge(Timeline& timeline, const PathPiece& piece) {
  const std::int64_t length = piece.to_ns - piece.from_ns;
  PartOf(timeline.attribution, piece.kind) += length;
  if (piece.kind == PathKind::kNetwork) return;
  const bool client = piece.end == End::kClient;
  PartOf(client ? timeline.client_share : timeline.server_share, piece.kind) += length;
  if (piece.kind != PathKind::kUnscripted) return;
  (client ? timeline.client_unscripted_ns : timeline.server_unscripted_ns) += length;
}

std::vector<Event> EventsOf(const Track& track, std::uint32_t exchange) {
  std::vector<Event> events;
  const EventRange range = track.Of(exchange);
  for (std::size_t i = range.from; i < range.to; ++i) events.push_back(track.events[i].event);
  return events;
}

Exchange SpanOf(const RunEvidence& run, const Timeline& timeline) {
  if (timeline.exchange < run.exchanges.size()) return run.exchanges[timeline.exchange];
  const std::int64_t begin = timeline.client.front().begin_ns;
  return {begin, begin, timeline.client.back().end_ns};
}

Timeline TimelineOf(const RunEvidence& run, const RunTracks& tracks, const PathView& view,
                    std::uint32_t exchange) {
  Timeline timeline;
  timeline.exchange = exchange;
  timeline.client = EventsOf(tracks.client, exchange);
  if (tracks.server) timeline.server = EventsOf(*tracks.server, exchange);
  timeline.span = SpanOf(run, timeline);
  if (exchange < tracks.clock_error_ns.size() && tracks.server) {
    timeline.clock_error_ns = tracks.clock_error_ns[exchange];
  }
  for (const PathPiece& piece :
       CriticalPath(view, exchange, timeline.span.begin_ns, timeline.span.end_ns)) {
    Charge(timeline, piece);
  }
  return timeline;
}

}  // namespace

std::vector<Timeline> BuildTimelines(const RunEvidence& run, const PathFacts& facts) {
  const RunTracks tracks = TracksOf(run, facts);
  const PathView view = ViewOf(tracks, run, facts);
  std::vector<Timeline> timelines;
  for (std::uint32_t i = 0; i < tracks.client.exchanges.size(); ++i) {
    if (!tracks.client.Complete(i)) continue;
    if (tracks.server && !tracks.server->Complete(i)) continue;
    timelines.push_back(TimelineOf(run, tracks, view, i));
  }
  return timelines;
}

}  // namespace tunewire
