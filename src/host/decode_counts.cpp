#include "host/decode_counts.h"

#include <algorithm>
#include <cmath>

#include "host/decode_text.h"

namespace tunewire {
namespace {

/// The rest of the line that begins with `label`.
std::optional<std::string_view> LineOf(std::string_view text, std::string_view label) {
  while (!text.empty()) {
    std::string_view line = TakeLine(text);
    if (TakeWord(line) == label) return line;
  }
  return std::nullopt;
}

/// The number behind a name: "inuse 1 orphan 0".
std::optional<std::uint64_t> Behind(std::string_view line, std::string_view name) {
  for (std::string_view word = TakeWord(line); !word.empty(); word = TakeWord(line)) {
    if (word == name) return TakeNumber<std::uint64_t>(line);
  }
  return std::nullopt;
}

std::optional<double> Share(std::string_view text) {
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value, std::chars_format::fixed);
  const bool fine = error == std::errc() && stop == end && std::isfinite(value) && value >= 0;
  return fine ? std::optional(value) : std::nullopt;
}

/// "16316412 kB" in bytes.
std::optional<std::uint64_t> Kibibytes(std::string_view meminfo, std::string_view label) {
  auto line = LineOf(meminfo, label);
  const auto amount = line ? TakeNumber<std::uint64_t>(*line) : std::nullopt;
  std::uint64_t bytes = 0;
  if (!amount || TakeWord(*line) != "kB" || __builtin_mul_overflow(*amount, 1024U, &bytes)) {
    return std::nullopt;
  }
  return bytes;
}

}  // namespace

std::optional<SocketCounts> DecodeSocketCounts(std::string_view sockstat,
                                               std::string_view sockstat6) {
  const auto tcp = LineOf(sockstat, "TCP:");
  const auto in_use = tcp ? Behind(*tcp, "inuse") : std::nullopt;
  if (!in_use) return std::nullopt;
  const auto tcp6 = LineOf(sockstat6, "TCP6:");
  const std::uint64_t in_use6 = tcp6 ? Behind(*tcp6, "inuse").value_or(0) : 0;
  return SocketCounts{.tcp_in_use = *in_use + in_use6,
                      .tcp_orphans = Behind(*tcp, "orphan").value_or(0),
                      .tcp_time_wait = Behind(*tcp, "tw").value_or(0),
                      .tcp_allocated = Behind(*tcp, "alloc").value_or(0),
                      .tcp_memory_pages = Behind(*tcp, "mem").value_or(0)};
}

std::optional<OpenFiles> DecodeFileNr(std::string_view text) {
  const auto allocated = TakeNumber<std::uint64_t>(text);
  const auto free = TakeNumber<std::uint64_t>(text);
  const auto most = TakeNumber<std::uint64_t>(text);
  if (!allocated || !free || !most) return std::nullopt;
  return OpenFiles{*allocated - std::min(*allocated, *free), *most};
}

std::optional<LoadAverage> DecodeLoadAverage(std::string_view text) {
  const auto one = Share(TakeWord(text));
  TakeWord(text);
  TakeWord(text);
  const std::string_view tasks = TakeWord(text);
  const std::size_t slash = tasks.find('/');
  if (!one || slash == std::string_view::npos) return std::nullopt;
  const auto threads = NumberIn<std::uint32_t>(tasks.substr(slash + 1));
  if (!threads) return std::nullopt;
  return LoadAverage{*one, *threads};
}

std::optional<CpuTicks> DecodeCpuTicks(std::string_view text) {
  auto line = LineOf(text, "cpu");
  if (!line) return std::nullopt;
  const auto user = TakeNumber<std::uint64_t>(*line);
  const auto nice = TakeNumber<std::uint64_t>(*line);
  const auto system = TakeNumber<std::uint64_t>(*line);
  const auto idle = TakeNumber<std::uint64_t>(*line);
  if (!user || !nice || !system || !idle) return std::nullopt;
  CpuTicks ticks{.user = *user + *nice, .system = *system, .idle = *idle};
  for (std::uint64_t* later : {&ticks.iowait, &ticks.irq, &ticks.softirq, &ticks.steal}) {
    *later = TakeNumber<std::uint64_t>(*line).value_or(0);
  }
  return ticks;
}

std::optional<double> DecodePressure(std::string_view text) {
  constexpr std::string_view kName = "avg10=";
  auto line = LineOf(text, "some");
  if (!line) return std::nullopt;
  const std::string_view average = TakeWord(*line);
  if (!average.starts_with(kName)) return std::nullopt;
  return Share(average.substr(kName.size()));
}

std::optional<double> DecodeUptime(std::string_view text) { return Share(TakeWord(text)); }

std::optional<MemoryNow> DecodeMemory(std::string_view text) {
  const auto total = Kibibytes(text, "MemTotal:");
  auto available = Kibibytes(text, "MemAvailable:");
  if (!available) available = Kibibytes(text, "MemFree:");
  if (!total || !available) return std::nullopt;
  return MemoryNow{*total, *available, Kibibytes(text, "SwapTotal:").value_or(0),
                   Kibibytes(text, "SwapFree:").value_or(0)};
}

}  // namespace tunewire
