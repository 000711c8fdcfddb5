#include "host/decode_cpu_set.h"

#include <algorithm>
#include <charconv>

#include "tunewire/base/text.h"

namespace tunewire {
namespace {

/// More than any kernel is built for (CONFIG_NR_CPUS).
constexpr std::uint32_t kMostCpus = 65536;

template <int kBase>
std::optional<std::uint32_t> Number(std::string_view text) {
  std::uint32_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number, kBase);
  if (text.empty() || error != std::errc() || stop != end) return std::nullopt;
  return number;
}

bool AppendRange(std::string_view range, std::vector<std::uint32_t>& cpus) {
  const std::size_t dash = range.find('-');
  const auto first = Number<10>(range.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : Number<10>(range.substr(dash + 1));
  if (!first || !last || *last < *first || *last >= kMostCpus) return false;
  if (!cpus.empty() && *first <= cpus.back()) return false;
  for (std::uint32_t cpu = *first; cpu <= *last; ++cpu) cpus.push_back(cpu);
  return true;
}

}  // namespace

std::optional<std::vector<std::uint32_t>> ParseCpuList(std::string_view text) {
  std::vector<std::uint32_t> cpus;
  text = Trim(text);
  if (text.empty()) return cpus;
  for (const std::string& range : Split(text, ',')) {
    if (!AppendRange(range, cpus)) return std::nullopt;
  }
  return cpus;
}

std::optional<std::vector<std::uint32_t>> ParseCpuMask(std::string_view text) {
  constexpr std::uint32_t kBits = 32;
  std::vector<std::string> words = Split(Trim(text), ',');
  if (words.size() > kMostCpus / kBits) return std::nullopt;
  std::ranges::reverse(words);
  std::vector<std::uint32_t> cpus;
  std::uint32_t base = 0;
  for (const std::string& word : words) {
    const auto bits = word.size() > 8 ? std::nullopt : Number<16>(word);
    if (!bits) return std::nullopt;
    for (std::uint32_t bit = 0; bit < kBits; ++bit) {
      if ((*bits >> bit & 1U) != 0) cpus.push_back(base + bit);
    }
    base += kBits;
  }
  return cpus;
}

}  // namespace tunewire
