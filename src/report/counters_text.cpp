// tunewire counters for people: trouble first, in words, with its rate.
#include <algorithm>

#include "base/format.h"
#include "report/counters_report.h"
#include "report/layout.h"
#include "report/sockets_words.h"
#include "tunewire/base/quantity.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

constexpr int kCountColumn = 11;
constexpr int kUnitColumn = 13;
constexpr int kRateColumn = 10;

std::size_t HowMany(const CountersReading& reading, CounterWeight weight) {
  return static_cast<std::size_t>(
      std::count_if(reading.counters.begin(), reading.counters.end(),
                    [weight](const CounterChange& change) { return WeightOf(change) == weight; }));
}

std::uint64_t SoftnetDrops(const CountersReading& reading) {
  std::uint64_t dropped = 0;
  for (const SoftnetChange& cpu : reading.softnet) dropped += cpu.dropped;
  return dropped;
}

std::int64_t Of(const CountersReading& reading, std::string_view group, std::string_view name) {
  for (const CounterChange& change : reading.counters) {
    if (change.group == group && change.name == name) return change.change;
  }
  return 0;
}

std::string PerSecond(const CountersReading& reading, std::int64_t count) {
  return ShownNumber(reading.seconds > 0 ? static_cast<double>(count) / reading.seconds : 0);
}

/// What went on meanwhile, so that the numbers below can be judged.
std::string TrafficLine(const CountersReading& reading, const Style& style) {
  const auto bytes = [&reading](std::string_view name) {
    const auto moved = static_cast<double>(Of(reading, "IpExt", name));
    return FormatBytes(
        static_cast<std::uint64_t>(reading.seconds > 0 ? moved / reading.seconds : 0));
  };
  return Indented(
      Format("traffic: {} segments/s in, {} out; {} connections/s begun, {} accepted; {} "
             "datagrams/s in; {}/s in, {}/s out",
             PerSecond(reading, Of(reading, "Tcp", "InSegs")),
             PerSecond(reading, Of(reading, "Tcp", "OutSegs")),
             PerSecond(reading, Of(reading, "Tcp", "ActiveOpens")),
             PerSecond(reading, Of(reading, "Tcp", "PassiveOpens")),
             PerSecond(reading, Of(reading, "Udp", "InDatagrams")), bytes("InOctets"),
             bytes("OutOctets")),
      2, style);
}

int NameColumn(const Style& style) {
  return style.columns - 2 - kCountColumn - kUnitColumn - kRateColumn;
}

/// A name too long for its column stands on a line of its own: it is never cut.
std::string Row(const CounterChange& change, const Style& style) {
  const std::string name = Printable(change.group + " " + change.name);
  const int room = NameColumn(style);
  std::string text = "  " + PadRight(name, room);
  if (ShownWidth(name) > room) text += "\n" + std::string(static_cast<std::size_t>(room + 2), ' ');
  const std::string unit = change.word == nullptr ? "" : " " + std::string(change.word->unit);
  text += PadLeft(Format("{}", change.change), kCountColumn) + PadRight(unit, kUnitColumn) +
          PadLeft(ShownNumber(change.per_s) + "/s", kRateColumn) + "\n";
  return change.word == nullptr ? text
                                : text + Indented(std::string(change.word->meaning), 6, style);
}

std::string Section(const CountersReading& reading, CounterWeight weight, std::string_view title,
                    const Style& style) {
  if (HowMany(reading, weight) == 0) return "";
  std::string text = "\n" + Paint(style, Tone::kStrong, title) + "\n";
  for (const CounterChange& change : reading.counters) {
    if (WeightOf(change) == weight) text += Row(change, style);
  }
  return text;
}

std::string SoftnetRow(const SoftnetChange& cpu) {
  return Format("  {:<6}{:>13}{:>12}{:>12}{:>12}\n", cpu.cpu, cpu.processed, cpu.dropped,
                cpu.time_squeeze, cpu.flow_limit);
}

std::string Softnet(const CountersView& view, const Style& style) {
  if (!view.softnet_missing.empty())
    return "\n" + Hanging("not seen: ", "softnet: " + Printable(view.softnet_missing), style);
  std::string rows;
  for (const SoftnetChange& cpu : view.reading.softnet) {
    const bool trouble = cpu.dropped + cpu.time_squeeze + cpu.flow_limit > 0;
    if (trouble || view.all) rows += SoftnetRow(cpu);
  }
  if (rows.empty()) return "";
  const std::string head =
      Format("  {:<6}{:>13}{:>12}{:>12}{:>12}", "CPU", "packets", "dropped", "squeezed", "limited");
  std::string text = "\nreceive path of each CPU (softnet, the whole host):\n" +
                     Paint(style, Tone::kDim, head) + "\n" + rows;
  text += Indented(
      "dropped: the CPU's backlog was full (net.core.netdev_max_backlog). squeezed: it ran out of "
      "its turn with packets left (net.core.netdev_budget).",
      2, style);
  return text;
}

std::string Numbers(const CountersView& view) {
  const CountersReading& reading = view.reading;
  std::string text =
      Format("{} of {} that moved in {:.1f} s", HowMany(reading, CounterWeight::kTrouble),
             Count(static_cast<long long>(reading.counters.size()), "counter", "counters"),
             reading.seconds);
  const std::uint64_t dropped = SoftnetDrops(reading);
  if (dropped > 0) text += Format(", and {} packets dropped by CPUs", dropped);
  return text;
}

}  // namespace

std::string CountersText(const CountersView& view, const Target& target, const Style& style) {
  const CountersReading& reading = view.reading;
  const bool trouble = HowMany(reading, CounterWeight::kTrouble) > 0 || SoftnetDrops(reading) > 0;
  std::string text =
      trouble ? VerdictLine("TROUBLE", Tone::kBad, Printable(target.words), Numbers(view), style)
              : VerdictLine("OK", Tone::kGood, Printable(target.words),
                            reading.counters.empty()
                                ? Format("nothing moved in {:.1f} s", reading.seconds)
                                : Format("no trouble: {} moved in {:.1f} s",
                                         Count(static_cast<long long>(reading.counters.size()),
                                               "counter", "counters"),
                                         reading.seconds),
                            style);
  if (view.stopped) text += "  stopped before its time\n";
  text += Section(reading, CounterWeight::kTrouble, "trouble", style);
  if (style.detail == Detail::kQuiet) return text;
  text += Section(reading, CounterWeight::kWorthALook, "worth a look", style);
  if (view.all) text += Section(reading, CounterWeight::kTraffic, "traffic", style);
  text += Softnet(view, style) + "\n" + TrafficLine(reading, style);
  return trouble ? text + NextLine("", CommandFor(target, "sockets"), style) : text;
}

}  // namespace tunewire
