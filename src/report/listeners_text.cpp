// tunewire sockets --listeners: one row an address, its queue against its backlog, what it lost.
#include <algorithm>
#include <map>

#include "base/format.h"
#include "report/layout.h"
#include "report/listener_rows.h"
#include "report/sockets_parts.h"
#include "report/sockets_words.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

constexpr int kQueueColumn = 15;
constexpr int kNumberColumn = 9;

struct Columns {
  int address = 0;
};

std::string Head(const Columns& columns, const Style& style) {
  const std::string line =
      PadRight("  address", columns.address + 2) + PadLeft("queue/backlog", kQueueColumn) +
      PadLeft("drops/s", kNumberColumn) + PadLeft("drops", kNumberColumn) + "  owner";
  return Paint(style, Tone::kDim, line) + "\n";
}

std::string OwnerText(const ListenerRow& row, const Evidence& evidence) {
  std::string owner = ShownOwner(evidence, row.owner);
  if (row.holders > 1) owner += Format(" +{}", row.holders - 1);
  return owner;
}

std::string RowLine(const ListenerRow& row, const Evidence& evidence, const Columns& columns,
                    const Style& style) {
  std::string line =
      "  " + PadRight(row.address, columns.address) +
      PadLeft(Format("{}/{}", row.queue, row.backlog), kQueueColumn) +
      PadLeft(row.known_drops ? ShownNumber(row.drops_per_s) : "-", kNumberColumn) +
      PadLeft(row.known_drops ? ShownNumber(static_cast<double>(row.drops)) : "-", kNumberColumn) +
      "  ";
  const int room = std::max(style.columns - ShownWidth(line), 12);
  return line + Cut(OwnerText(row, evidence), room, style) + "\n";
}

std::string Notes(const ListenerRow& row, const Evidence& evidence, const Style& style) {
  std::vector<std::string> notes;
  if (row.sockets > 1)
    notes.push_back(
        Format("{} sockets share this address (reuseport), each with its own queue", row.sockets));
  if (row.full_looks > 0)
    notes.push_back(
        Format("full in {} of {} looks, {} at most", row.full_looks, row.looks, row.queue_max));
  if (row.at_cap && (row.full_looks > 0 || row.drops_per_s > 0 || style.detail == Detail::kVerbose))
    notes.push_back(Format("at the somaxconn cap ({}): a larger listen() backlog was cut to it",
                           *evidence.settings.somaxconn));
  std::string text;
  for (const std::string& note : notes) text += Indented(note, 6, style);
  return text;
}

int AddressColumn(const std::vector<ListenerRow>& rows, const Style& style) {
  std::vector<int> widths{9};
  for (const ListenerRow& row : rows) widths.push_back(ShownWidth(row.address));
  const int most = style.columns - 2 - kQueueColumn - 2 * kNumberColumn - 2 - 16;
  widths.push_back(0);
  const int widest = *std::max_element(widths.begin(), widths.end());
  return std::clamp(widest, 9, std::max(most, 9));
}

std::string Caps(const SocketsView& view, const std::vector<ListenerRow>& rows,
                 const Style& style) {
  const std::optional<std::uint32_t> somaxconn = view.evidence.settings.somaxconn;
  if (!somaxconn) return "";
  const auto at_cap =
      std::count_if(rows.begin(), rows.end(), [](const ListenerRow& row) { return row.at_cap; });
  return Indented(Format("net.core.somaxconn allows {}; {} of {} addresses are at it", *somaxconn,
                         at_cap, rows.size()),
                  2, style);
}

}  // namespace

std::vector<ListenerRow> ListenerRows(const SocketsView& view) {
  const Evidence& evidence = view.evidence;
  const double seconds = static_cast<double>(evidence.span_ns) / 1e9;
  std::map<std::string, std::size_t> places;
  std::vector<ListenerRow> rows;
  for (const ListenerEvidence& listener : evidence.listeners) {
    const std::string address = listener.last.local.Text();
    const auto [at, first] = places.emplace(address, rows.size());
    if (first) rows.emplace_back();
    ListenerRow& row = rows[at->second];
    row.address = address;
    row.port = listener.last.local.port;
    ++row.sockets;
    row.queue += listener.last.receive_queue;
    row.queue_max = std::max(row.queue_max, listener.queue_max);
    row.backlog =
        first ? listener.last.send_queue : std::min(row.backlog, listener.last.send_queue);
    row.full_looks += listener.full_looks;
    row.looks += listener.looks;
    row.at_cap = row.at_cap || (evidence.settings.somaxconn &&
                                listener.last.send_queue >= *evidence.settings.somaxconn);
    if (listener.first.memory && listener.last.memory) {
      row.known_drops = true;
      row.drops += listener.last.memory->drops;
      // The counter has 32 bits; what wrapped around is still the difference.
      row.dropped += listener.last.memory->drops - listener.first.memory->drops;
    }
    if (!row.owner) row.owner = listener.owner;
    const auto holders = view.holders.find(listener.last.inode);
    row.holders += holders == view.holders.end() ? 0 : holders->second;
  }
  for (ListenerRow& row : rows)
    row.drops_per_s = seconds > 0 ? static_cast<double>(row.dropped) / seconds : 0;
  std::stable_sort(rows.begin(), rows.end(), [](const ListenerRow& a, const ListenerRow& b) {
    return std::tuple(b.dropped, b.full_looks, a.port, a.address) <
           std::tuple(a.dropped, a.full_looks, b.port, b.address);
  });
  return rows;
}

std::string ListenerTable(const SocketsView& view, const Style& style) {
  const std::vector<ListenerRow> rows = ListenerRows(view);
  if (rows.empty()) return "  nothing listens here\n";
  const Columns columns{AddressColumn(rows, style)};
  std::string text = Head(columns, style);
  for (const ListenerRow& row : rows)
    text += RowLine(row, view.evidence, columns, style) + Notes(row, view.evidence, style);
  return text + "\n" + Caps(view, rows, style);
}

}  // namespace tunewire
