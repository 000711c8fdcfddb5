#include "probe/sweep_words.h"

#include <algorithm>
#include <chrono>
#include <string_view>

#include "base/format.h"
#include "probe/schedule.h"
#include "tunewire/base/quantity.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

constexpr std::int64_t kMillisecond = 1000;

std::string Time(std::int64_t microseconds) {
  return FormatDuration(std::chrono::microseconds{microseconds});
}

const SweepEdge* EdgeOf(std::span<const SweepEdge> edges, std::uint32_t mss,
                        std::string_view axis) {
  const auto found = std::ranges::find_if(
      edges, [&](const SweepEdge& edge) { return edge.mss == mss && edge.axis == axis; });
  return found == edges.end() || !found->stalls_up_to ? nullptr : &*found;
}

/// "second write 1..1447 bytes"
std::string SizeText(const SweepEdge& edge, std::string_view name) {
  std::string text = Format("{} {}..{} bytes", name, edge.stalls_from.value_or(*edge.stalls_up_to),
                            *edge.stalls_up_to);
  if (!edge.clean_from) return text + " and more";
  if (*edge.clean_from - *edge.stalls_up_to > 1) {
    text += Format(" (the edge is below {})", *edge.clean_from);
  }
  return text;
}

/// "gap under 40 ms"
std::string TimeText(const SweepEdge& edge, std::string_view name) {
  if (!edge.clean_from) return Format("any {} (up to {} tried)", name, Time(*edge.stalls_up_to));
  if (*edge.clean_from - *edge.stalls_up_to > kMillisecond) {
    return Format("{} under {} at most, {} at least", name, Time(*edge.clean_from),
                  Time(*edge.stalls_up_to));
  }
  return Format("{} under {}", name, Time(*edge.clean_from));
}

std::string WhereText(const SweptMss& swept) {
  if (swept.mss != 0) {
    // TCP_MAXSEG counts the options: with time stamps 12 bytes less carry data.
    const bool less = swept.measured != 0 && swept.measured < swept.mss;
    return less ? Format("at MSS {} ({} of data)", swept.mss, swept.measured)
                : Format("at MSS {}", swept.mss);
  }
  if (swept.measured == 0) return "at the path's own MSS";
  const bool loopback = swept.measured >= kLoopbackMss;
  return Format("at {} MSS ({})", loopback ? "loopback's" : "the path's own", swept.measured);
}

std::string RegionText(const SweptMss& swept, std::span<const SweepEdge> edges) {
  if (!swept.stalls) return Format("{}: nothing stalls at any size tried", WhereText(swept));
  std::vector<std::string> parts;
  if (const SweepEdge* edge = EdgeOf(edges, swept.mss, "second_write")) {
    parts.push_back(SizeText(*edge, "second write"));
  }
  if (const SweepEdge* edge = EdgeOf(edges, swept.mss, "first_write")) {
    parts.push_back(SizeText(*edge, "first write"));
  }
  if (const SweepEdge* edge = EdgeOf(edges, swept.mss, "gap")) {
    parts.push_back(TimeText(*edge, "gap"));
  }
  if (const SweepEdge* edge = EdgeOf(edges, swept.mss, "think")) {
    parts.push_back(TimeText(*edge, "think time"));
  }
  return Format("{}: stalls with {}", WhereText(swept), Join(parts, ", "));
}

/// Second writes that stall at loopback's MSS and not at the other.
void AddLoopbackOnly(std::vector<std::string>& sentences, const SweptMss& other,
                     std::span<const SweepEdge> edges) {
  const SweepEdge* here = EdgeOf(edges, 0, "second_write");
  const SweepEdge* there = EdgeOf(edges, other.mss, "second_write");
  if (here == nullptr && there == nullptr) return;
  if (here == nullptr) {
    sentences.push_back(Format("loopback hides what stalls at MSS {}", other.mss));
  } else if (there == nullptr) {
    sentences.push_back(Format("only loopback shows a stall: none at MSS {}", other.mss));
  } else if (there->clean_from && *there->clean_from <= *here->stalls_up_to) {
    sentences.push_back(Format("only loopback shows the stall of second writes of {}..{} bytes",
                               *there->clean_from, *here->stalls_up_to));
  }
}

}  // namespace

std::vector<std::string> SweepSentences(std::span<const SweptMss> swept,
                                        std::span<const SweepEdge> edges) {
  std::vector<std::string> sentences;
  for (const SweptMss& one : swept) sentences.push_back(RegionText(one, edges));
  const auto own = std::ranges::find(swept, 0U, &SweptMss::mss);
  if (own == swept.end() || own->measured < kLoopbackMss) return sentences;
  for (const SweptMss& other : swept) {
    if (other.mss != 0) AddLoopbackOnly(sentences, other, edges);
  }
  return sentences;
}

}  // namespace tunewire
