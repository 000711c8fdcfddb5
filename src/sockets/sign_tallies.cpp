#include "sockets/sign_tallies.h"

#include <algorithm>
#include <bit>

namespace tunewire {

SignTallies::Node& SignTallies::NodeOf(SignTrack& track, Sign sign) {
  for (std::uint32_t at = track.head; at != 0; at = nodes_[at - 1].next) {
    if (nodes_[at - 1].sign == sign) return nodes_[at - 1];
  }
  nodes_.push_back({.next = track.head, .sign = sign});
  track.head = static_cast<std::uint32_t>(nodes_.size());
  return nodes_.back();
}

void SignTallies::Add(SignTrack& track, SignSet shown, SignSet judged, std::int64_t at_ns) {
  for (SignSet left = shown & judged; left != 0; left &= left - 1) {
    Node& node = NodeOf(track, static_cast<Sign>(std::countr_zero(left)));
    SignTally& tally = node.tally;
    if (tally.looks == 0) tally.first_ns = at_ns;
    const SignSet bit = left & (~left + 1);
    if ((track.shown_last & bit) == 0) {
      ++tally.episodes;
      node.run_start_ns = at_ns;
    }
    ++tally.looks;
    tally.last_ns = at_ns;
    tally.longest_ns = std::max(tally.longest_ns, at_ns - node.run_start_ns);
  }
  track.shown_last = (shown & judged) | (track.shown_last & ~judged);
}

std::array<SignTally, kSigns> SignTallies::Of(const SignTrack& track) const {
  std::array<SignTally, kSigns> all{};
  for (std::uint32_t at = track.head; at != 0; at = nodes_[at - 1].next) {
    all[static_cast<std::size_t>(nodes_[at - 1].sign)] = nodes_[at - 1].tally;
  }
  return all;
}

std::uint64_t SignTallies::Looks(const SignTrack& track, SignSet signs) const {
  std::uint64_t looks = 0;
  for (std::uint32_t at = track.head; at != 0; at = nodes_[at - 1].next) {
    const Node& node = nodes_[at - 1];
    if (((signs >> static_cast<unsigned>(node.sign)) & 1U) != 0) looks += node.tally.looks;
  }
  return looks;
}

}  // namespace tunewire
