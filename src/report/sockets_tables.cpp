// What --options and -v add: options by connection, every connection's numbers, the looks.
#include <algorithm>

#include "base/format.h"
#include "report/layout.h"
#include "report/socket_options_list.h"
#include "report/sockets_parts.h"
#include "report/sockets_words.h"
#include "tunewire/base/quantity.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

constexpr std::size_t kMostRows = 200;

/// Sockets of one process with the same options.
struct OptionGroup {
  std::string owner, ends;
  std::vector<NamedOption> options;
  std::size_t sockets = 0;
};

std::string ValueText(const NamedOption& option) {
  if (const auto* flag = std::get_if<bool>(&option.value)) return *flag ? "on" : "off";
  if (const auto* text = std::get_if<std::string>(&option.value)) return Printable(*text);
  const std::uint64_t number = std::get<std::uint64_t>(option.value);
  if (option.name.ends_with("_bytes")) return FormatBytes(number);
  return Format("{}", number);
}

/// "rcvbuf 128 KiB": the unit stands with the value.
std::string OptionText(const NamedOption& option) {
  std::string_view name = option.name;
  if (name.ends_with("_bytes")) name.remove_suffix(6);
  return Format("{} {}", name, ValueText(option));
}

void AddTo(std::vector<OptionGroup>& groups, OptionGroup one) {
  const auto same = std::find_if(groups.begin(), groups.end(), [&one](const OptionGroup& group) {
    return group.owner == one.owner && group.options == one.options;
  });
  if (same != groups.end()) {
    ++same->sockets;
    return;
  }
  one.sockets = 1;
  groups.push_back(std::move(one));
}

std::vector<OptionGroup> OptionGroups(const SocketsView& view, const Style& style) {
  std::vector<OptionGroup> groups;
  for (const ListenerEvidence& listener : view.evidence.listeners) {
    if (listener.options)
      AddTo(groups, {ShownOwner(view.evidence, listener.owner),
                     listener.last.local.Text() + " (listens)", NamedOptions(*listener.options)});
  }
  for (const ConnectionEvidence& connection : view.evidence.connections) {
    if (connection.options)
      AddTo(groups, {ShownOwner(view.evidence, connection.owner),
                     ShownEnds(connection.last.local, connection.last.remote, style),
                     NamedOptions(*connection.options)});
  }
  return groups;
}

std::string GroupText(const OptionGroup& group, const Style& style) {
  const std::string more =
      group.sockets > 1 ? Format(", and {} more like it", group.sockets - 1) : std::string();
  std::string text = Indented(group.owner + "  " + group.ends + more, 2, style);
  std::string line = "   ";
  for (const NamedOption& option : group.options) {
    if (!option.plain && style.detail != Detail::kVerbose) continue;
    const std::string word = " " + OptionText(option) + ",";
    if (ShownWidth(line) + ShownWidth(word) > style.columns) {
      text += line + "\n";
      line = "   ";
    }
    line += word;
  }
  if (line.ends_with(',')) line.pop_back();
  return text + line + "\n";
}

/// Signs that a look in ten showed, with their share.
std::string SignText(const ConnectionEvidence& connection) {
  std::string text;
  for (std::size_t i = 0; i < kSigns; ++i) {
    const auto sign = static_cast<Sign>(i);
    const std::uint32_t looks = connection.signs[i].looks;
    const std::uint32_t of = sign == Sign::kPingPong ? connection.ack_looks : connection.looks;
    if (of == 0 || looks * 10 < of) continue;
    text += Format("{}{} {:.0f} %", text.empty() ? "" : ", ", NameOf(sign), 100.0 * looks / of);
  }
  return text;
}

std::string ConnectionText(const Evidence& evidence, const ConnectionEvidence& connection,
                           const Style& style) {
  const SocketInfo& last = connection.last;
  std::string text = Indented(Format("{}  {}  {}", ShownEnds(last.local, last.remote, style),
                                     NameOf(last.state), ShownOwner(evidence, connection.owner)),
                              2, style);
  std::string numbers = Format("{}, recv-q {}, send-q {}", Count(connection.looks, "look", "looks"),
                               last.receive_queue, last.send_queue);
  const TcpInfo& tcp = last.tcp;
  if (tcp.rtt) numbers += Format(", rtt {:.3f} ms", *tcp.rtt / 1e3);
  if (tcp.snd_cwnd) numbers += Format(", cwnd {}", *tcp.snd_cwnd);
  if (tcp.unacked) numbers += Format(", unacked {}", *tcp.unacked);
  if (tcp.notsent_bytes) numbers += Format(", notsent {}", *tcp.notsent_bytes);
  if (tcp.total_retrans) numbers += Format(", retransmitted {}", *tcp.total_retrans);
  if (!last.congestion_control.empty()) numbers += ", " + Printable(last.congestion_control);
  text += Indented(numbers, 6, style);
  const std::string signs = SignText(connection);
  return signs.empty() ? text : text + Indented("shows " + signs, 6, style);
}

std::string Rest(std::size_t all, std::size_t shown, const Style& style) {
  if (shown >= all) return "";
  return Format("  {} {} more (--json has them all)\n", MarksOf(style).ellipsis, all - shown);
}

}  // namespace

std::string OptionTable(const SocketsView& view, const Style& style) {
  const std::vector<OptionGroup> groups = OptionGroups(view, style);
  if (groups.empty()) return "";
  std::string text = "\noptions:\n";
  for (std::size_t i = 0; i < groups.size() && i < kMostRows; ++i)
    text += GroupText(groups[i], style);
  return text + Rest(groups.size(), kMostRows, style);
}

std::string ConnectionTable(const SocketsView& view, const Style& style) {
  const std::vector<ConnectionEvidence>& connections = view.evidence.connections;
  if (connections.empty()) return "";
  std::string text = "\nconnections:\n";
  for (std::size_t i = 0; i < connections.size() && i < kMostRows; ++i)
    text += ConnectionText(view.evidence, connections[i], style);
  return text + Rest(connections.size(), kMostRows, style);
}

std::string LookTable(const SocketsView& view, const Style& style) {
  if (view.looks.empty()) return "";
  std::string text = "\nlooks:\n";
  for (std::size_t i = 0; i < view.looks.size() && i < kMostRows; ++i) {
    const LookNote& look = view.looks[i];
    text += Format("  {:>10.1f} ms {:>9} sockets{}\n", static_cast<double>(look.at_ns) / 1e6,
                   look.seen, look.partial ? "  partial" : "");
  }
  return text + Rest(view.looks.size(), kMostRows, style);
}

}  // namespace tunewire
