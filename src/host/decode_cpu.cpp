#include "host/decode_cpu.h"

#include <array>

#include "base/format.h"
#include "host/decode_text.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

/// arch/arm64/include/asm/cputype.h: what servers are made of.
struct ArmPart {
  std::uint32_t implementer, part;
  std::string_view name;
};

constexpr std::array<ArmPart, 12> kArmParts{{
    {0x41, 0xd03, "Cortex-A53"},
    {0x41, 0xd08, "Cortex-A72"},
    {0x41, 0xd0b, "Cortex-A76"},
    {0x41, 0xd0c, "Neoverse-N1"},
    {0x41, 0xd40, "Neoverse-V1"},
    {0x41, 0xd49, "Neoverse-N2"},
    {0x41, 0xd4f, "Neoverse-V2"},
    {0x41, 0xd84, "Neoverse-V3"},
    {0x41, 0xd8e, "Neoverse-N3"},
    {0x43, 0x0af, "ThunderX2"},
    {0x48, 0xd01, "Kunpeng-920"},
    {0xc0, 0xac3, "Ampere-1"},
}};

/// "name\t: value" of the first processor: the lines up to the first empty one.
std::string_view ValueOf(std::string_view text, std::string_view name) {
  while (!text.empty()) {
    const std::string_view line = TakeLine(text);
    if (Trim(line).empty()) return {};
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || Trim(line.substr(0, colon)) != name) continue;
    return Trim(line.substr(colon + 1));
  }
  return {};
}

std::optional<std::uint32_t> Hexadecimal(std::string_view text) {
  if (!text.starts_with("0x")) return std::nullopt;
  return NumberIn<std::uint32_t>(text.substr(2), 16);
}

std::string ArmModel(std::string_view text) {
  const auto implementer = Hexadecimal(ValueOf(text, "CPU implementer"));
  const auto part = Hexadecimal(ValueOf(text, "CPU part"));
  if (!implementer || !part) return {};
  for (const ArmPart& known : kArmParts) {
    if (known.implementer == *implementer && known.part == *part) return std::string(known.name);
  }
  return Format("ARM implementer 0x{:02x} part 0x{:03x}", *implementer, *part);
}

bool HasWord(std::string_view words, std::string_view wanted) {
  for (std::string_view word = TakeWord(words); !word.empty(); word = TakeWord(words)) {
    if (word == wanted) return true;
  }
  return false;
}

}  // namespace

CpuInfo DecodeCpuInfo(std::string_view text) {
  CpuInfo info;
  for (const std::string_view name : {"model name", "cpu model", "cpu", "uarch"}) {
    info.model = ValueOf(text, name);
    if (!info.model.empty()) break;
  }
  if (info.model.empty()) info.model = ArmModel(text);
  const std::string_view flags = ValueOf(text, "flags");
  info.flags_known = !flags.empty();
  info.hypervisor = HasWord(flags, "hypervisor");
  return info;
}

std::optional<std::string> DecodeChosen(std::string_view text) {
  const std::size_t open = text.find('[');
  const std::size_t close = text.find(']', open == std::string_view::npos ? 0 : open);
  if (open == std::string_view::npos || close == std::string_view::npos) return std::nullopt;
  std::string chosen(text.substr(open + 1, close - open - 1));
  return chosen.empty() ? std::nullopt : std::optional(std::move(chosen));
}

std::string DecodeDistribution(std::string_view text) {
  constexpr std::string_view kName = "PRETTY_NAME=";
  while (!text.empty()) {
    std::string_view line = Trim(TakeLine(text));
    if (!line.starts_with(kName)) continue;
    line.remove_prefix(kName.size());
    const bool quoted = line.size() >= 2 && (line.front() == '"' || line.front() == '\'') &&
                        line.back() == line.front();
    if (quoted) line = line.substr(1, line.size() - 2);
    return Printable(line);
  }
  return {};
}

}  // namespace tunewire
