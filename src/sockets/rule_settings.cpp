// What somebody has set: buffers cut to a limit, another congestion control; and socket memory.
#include <algorithm>
#include <utility>

#include "base/format.h"
#include "sockets/rule_aids.h"
#include "sockets/rule_list.h"
#include "tunewire/base/quantity.h"

namespace tunewire {
namespace {

/// One direction of a connection's buffering.
struct Side {
  std::string_view option, setting, name;
  std::uint32_t buffer = 0;
  std::optional<bool> locked;
  std::optional<std::uint32_t> limit;    ///< of SO_RCVBUF, SO_SNDBUF; the kernel doubles it
  std::optional<std::uint64_t> largest;  ///< that the kernel itself would choose
  std::uint64_t bytes = 0;               ///< that went this way while watched
};

Side ReceiveSide(const Evidence& evidence, const ConnectionEvidence& connection) {
  const auto& settings = evidence.settings;
  Side side{.option = "SO_RCVBUF", .setting = "net.core.rmem_max", .name = "receive_buffer_bytes"};
  side.buffer = connection.last.memory->rcvbuf;
  if (connection.options) side.locked = connection.options->rcvbuf_locked;
  side.limit = settings.rmem_max;
  if (settings.tcp_rmem) side.largest = (*settings.tcp_rmem)[2];
  side.bytes = Grown(connection, &TcpInfo::bytes_received);
  return side;
}

Side SendSide(const Evidence& evidence, const ConnectionEvidence& connection) {
  const auto& settings = evidence.settings;
  Side side{.option = "SO_SNDBUF", .setting = "net.core.wmem_max", .name = "send_buffer_bytes"};
  side.buffer = connection.last.memory->sndbuf;
  if (connection.options) side.locked = connection.options->sndbuf_locked;
  side.limit = settings.wmem_max;
  if (settings.tcp_wmem) side.largest = (*settings.tcp_wmem)[2];
  side.bytes = Grown(connection, &TcpInfo::bytes_acked);
  return side;
}

/// Exactly twice the limit: whoever asks for the limit or for more gets this. The kernel's own
/// sizing stops at its own maximum and hits this number only by accident.
bool IsClamped(const Side& side) {
  if (!side.limit || side.locked == std::optional(false)) return false;
  const std::uint64_t clamped = std::uint64_t{2} * *side.limit;
  return side.buffer == clamped && (side.locked || side.largest != clamped);
}

Finding ClampedFinding(const Evidence& evidence, const ConnectionEvidence& connection,
                       const Side& side) {
  Finding finding = About(evidence, connection, "buffer_clamped");
  // What does not move a buffer's worth has no use for a larger one.
  const bool used = side.bytes >= side.buffer;
  // A program that wants less than the kernel would give by itself only harms itself.
  const bool smaller = side.largest && side.buffer < *side.largest;
  finding.severity = used && smaller ? Severity::kWarning : Severity::kInfo;
  Put(finding, side.name, side.buffer);
  Put(finding, "limit_bytes", side.limit);
  Put(finding, "kernel_would_grow_to_bytes", side.largest);
  Put(finding, "moved_bytes", side.bytes);
  Put(finding, "set_by_program",
      std::string(side.locked ? (*side.locked ? "yes" : "no") : "unknown"));
  finding.summary =
      Format("{} was cut to {} by {}{}", side.option, FormatBytes(side.buffer), side.setting,
             smaller ? Format("; the kernel would have grown the buffer to {} itself",
                              FormatBytes(*side.largest))
                     : "");
  finding.advice =
      Format("take {} out of the program, so that the kernel sizes the buffer; or raise {}",
             side.option, side.setting);
  return finding;
}

bool Differs(const Evidence& evidence, const ConnectionEvidence& connection) {
  const auto& usual = evidence.settings.congestion_control;
  return usual && !usual->empty() && IsEstablished(connection) &&
         !connection.last.congestion_control.empty() &&
         connection.last.congestion_control != *usual;
}

Finding DiffersFinding(const Evidence& evidence, const ConnectionEvidence& connection) {
  Finding finding = About(evidence, connection, "congestion_control_differs");
  finding.severity = Severity::kInfo;
  finding.confidence = Confidence::kConfirmed;
  const std::string& own = connection.last.congestion_control;
  const ListenerEvidence* listener = ListenerOf(evidence, connection);
  Put(finding, "congestion_control", own);
  Put(finding, "host_default", evidence.settings.congestion_control);
  if (listener != nullptr) {
    Put(finding, "listener_congestion_control", listener->last.congestion_control);
  }
  const bool inherited = listener != nullptr && listener->last.congestion_control == own;
  finding.summary =
      Format("runs {} where the host's default is {}{}", own, *evidence.settings.congestion_control,
             inherited ? "; its listening socket hands it on" : "");
  finding.advice =
      inherited
          ? "a listening socket keeps what was the default when it was made: restart the "
            "program if the new default is meant for it"
          : "older than the default, set by the program (TCP_CONGESTION), or by its route (ip "
            "route ... congctl)";
  return finding;
}

// Any drop of this kind costs somebody an RTO; a handful belong to one unlucky burst.
constexpr std::int64_t kDrops = 10;

constexpr std::pair<std::string_view, std::string_view> kReceiveDrops[] = {
    {"TCPRcvQDrop", "receive_queue_drops"},
    {"TCPBacklogDrop", "socket_backlog_drops"},
    {"RcvPruned", "receive_queue_pruned"},
};

}  // namespace

Findings BufferClamped(const Evidence& evidence) {
  Findings found;
  for (const ConnectionEvidence& connection : evidence.connections) {
    if (!connection.last.memory || !IsEstablished(connection)) continue;
    for (const Side& side : {ReceiveSide(evidence, connection), SendSide(evidence, connection)}) {
      if (IsClamped(side)) found.push_back(ClampedFinding(evidence, connection, side));
    }
  }
  return found;
}

Findings CongestionControlDiffers(const Evidence& evidence) {
  Findings found;
  for (const ConnectionEvidence& connection : evidence.connections) {
    if (Differs(evidence, connection)) found.push_back(DiffersFinding(evidence, connection));
  }
  return found;
}

Findings MemoryPressure(const Evidence& evidence) {
  const std::int64_t entered = Moved(evidence, "TCPMemoryPressures");
  const std::int64_t aborted = Moved(evidence, "TCPAbortOnMemory");
  if (entered <= 0 && aborted <= 0) return {};
  Finding finding = AboutNamespace(evidence, "memory_pressure");
  finding.severity = aborted > 0 ? Severity::kBad : Severity::kWarning;
  finding.confidence = Confidence::kConfirmed;
  Put(finding, "memory_pressures", entered);
  Put(finding, "connections_aborted", aborted);
  if (evidence.settings.tcp_mem)
    Put(finding, "tcp_mem_pressure_pages", (*evidence.settings.tcp_mem)[1]);
  finding.summary =
      aborted > 0 ? Format("{} aborted in {} because TCP is out of memory or has too many orphans",
                           CountText(static_cast<std::uint64_t>(aborted), "connection"),
                           NsText(evidence.span_ns))
                  : Format("TCP's memory came under pressure in {}: windows and buffers shrink",
                           NsText(evidence.span_ns));
  finding.advice =
      "see which connections hold it (Recv-Q and Send-Q), then net.ipv4.tcp_mem and "
      "net.ipv4.tcp_max_orphans";
  return {finding};
}

Findings ReceiveDrops(const Evidence& evidence) {
  std::int64_t all = 0;
  Finding finding = AboutNamespace(evidence, "receive_drops");
  for (const auto& [counter, name] : kReceiveDrops) {
    Put(finding, name, Moved(evidence, counter));
    all += Moved(evidence, counter);
  }
  if (all < kDrops) return {};
  finding.severity = Severity::kWarning;
  finding.confidence = Confidence::kConfirmed;
  finding.summary = Format(
      "{} segments that had arrived were thrown away in {} because their sockets had no room", all,
      NsText(evidence.span_ns));
  finding.advice =
      "programs that do not read, or buffers too small for the peer's segments: look for small "
      "SO_RCVBUF, and at net.ipv4.tcp_rmem";
  return {finding};
}

}  // namespace tunewire
