#include "sockets/look_trends.h"

#include <algorithm>

namespace tunewire {
namespace {

// A window this small has nothing to lose: a restart goes back to ten segments.
constexpr std::uint32_t kWorthwhileWindow = 20;

bool Shows(SignSet signs, Sign sign) { return ((signs >> static_cast<unsigned>(sign)) & 1U) != 0; }

/// The kernel shrinks cwnd when it sends again after more than one RTO without sending. Looks come
/// far more often than RTOs end, so the one before the restart has seen at least half of the pause.
bool WasPausing(const TcpInfo& tcp) {
  return tcp.unacked == 0U && tcp.last_data_sent && tcp.rto &&
         std::uint64_t{*tcp.last_data_sent} * 1000 >= *tcp.rto / 2;
}

/// Losses and marks (ECN) shrink cwnd too.
bool LostOrMarked(const TcpInfo& before, const TcpInfo& now) {
  return before.total_retrans != now.total_retrans || before.delivered_ce != now.delivered_ce ||
         before.ca_state.value_or(0) != 0 || now.ca_state.value_or(0) != 0;
}

void AddCollapse(LookTrends& trends, const TcpInfo& before, const TcpInfo& now) {
  const std::uint32_t from = before.snd_cwnd.value_or(0);
  const std::uint32_t to = now.snd_cwnd.value_or(from);
  if (from < kWorthwhileWindow || to > from / 2) return;
  if (!WasPausing(before) || LostOrMarked(before, now)) return;
  ++trends.idle_collapses;
  if (trends.collapse_from == 0 ||
      std::uint64_t{from} * trends.collapse_to > std::uint64_t{trends.collapse_from} * to) {
    trends.collapse_from = from;
    trends.collapse_to = to;
  }
}

}  // namespace

void AddLookTrends(LookTrends& trends, const SocketInfo* before, const SocketInfo& now,
                   SignSet signs) {
  const std::uint32_t quiet_ms = now.tcp.last_data_sent.value_or(0);
  if (Shows(signs, Sign::kHeldSmall) && quiet_ms >= kQuietMs) {
    ++trends.held_quiet_looks;
    trends.held_quiet_max_ms = std::max(trends.held_quiet_max_ms, quiet_ms);
  }
  if (Shows(signs, Sign::kPeerWindowZero) && now.tcp.notsent_bytes.value_or(0) > 0) {
    trends.blocked_max_ms = std::max(trends.blocked_max_ms, quiet_ms);
  }
  trends.send_window_max = std::max(trends.send_window_max, now.tcp.snd_wnd.value_or(0));
  if (before != nullptr) AddCollapse(trends, before->tcp, now.tcp);
}

}  // namespace tunewire
