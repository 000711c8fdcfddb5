#include "host/decode_ports.h"

#include <algorithm>
#include <string>
#include <vector>

#include "tunewire/base/text.h"

namespace tunewire {
namespace {

std::optional<std::uint32_t> Port(std::string_view text) {
  const auto number = ParseDecimal(text);
  if (!number || *number < 0 || *number > 65535) return std::nullopt;
  return static_cast<std::uint32_t>(*number);
}

std::optional<PortRange> Ports(std::string_view first, std::string_view last) {
  const auto from = Port(first), to = Port(last);
  if (!from || !to || *from > *to) return std::nullopt;
  return PortRange{*from, *to};
}

}  // namespace

std::optional<PortRange> DecodePortRange(std::string_view text) {
  const std::vector<std::string> words = SplitWords(text);
  return words.size() == 2 ? Ports(words[0], words[1]) : std::nullopt;
}

std::optional<std::vector<PortRange>> DecodePortList(std::string_view text) {
  std::vector<PortRange> list;
  text = Trim(text);
  if (text.empty()) return list;
  for (const std::string& part : Split(text, ',')) {
    const std::size_t dash = part.find('-');
    const auto ports = dash == std::string::npos
                           ? Ports(part, part)
                           : Ports(part.substr(0, dash), part.substr(dash + 1));
    if (!ports) return std::nullopt;
    list.push_back(*ports);
  }
  return list;
}

std::optional<std::uint32_t> CountReservedPorts(std::string_view text, const PortRange& range) {
  const auto list = DecodePortList(text);
  if (!list) return std::nullopt;
  std::uint32_t count = 0;
  // The kernel keeps one bit per port and prints them sorted, so parts do not overlap.
  for (const PortRange& ports : *list) {
    const std::uint32_t from = std::max(ports.first, range.first);
    const std::uint32_t to = std::min(ports.last, range.last);
    if (from <= to) count += to - from + 1;
  }
  return count;
}

std::optional<std::uint64_t> DecodeTimeWait(std::string_view sockstat) {
  for (const std::string& line : Split(sockstat, '\n')) {
    if (!line.starts_with("TCP:")) continue;
    const std::vector<std::string> words = SplitWords(line);
    const auto name = std::ranges::find(words, "tw");
    if (name == words.end() || name + 1 == words.end()) return std::nullopt;
    const auto number = ParseDecimal(*(name + 1));
    if (!number || *number < 0) return std::nullopt;
    return static_cast<std::uint64_t>(*number);
  }
  return std::nullopt;
}

}  // namespace tunewire
