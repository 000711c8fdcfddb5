#include "host/decode_softnet.h"

#include <array>
#include <cstddef>
#include <optional>

#include "host/decode_text.h"

namespace tunewire {
namespace {

/// Columns of softnet_seq_show(): 3 to 8 are zeros for columns of former kernels.
constexpr std::size_t kProcessed = 0, kDropped = 1, kTimeSqueeze = 2, kReceivedRps = 9,
                      kFlowLimit = 10, kBacklog = 11, kCpu = 12, kColumns = 13;
constexpr std::size_t kFewest = kTimeSqueeze + 1;

std::optional<SoftnetCpu> DecodeRow(std::string_view line, std::uint32_t row) {
  std::array<std::uint32_t, kColumns> columns{};
  std::size_t count = 0;
  for (std::string_view word = TakeWord(line); !word.empty(); word = TakeWord(line)) {
    const auto value = NumberIn<std::uint32_t>(word, 16);
    if (!value) return std::nullopt;
    if (count < kColumns) columns[count++] = *value;
  }
  if (count < kFewest) return std::nullopt;
  return SoftnetCpu{.cpu = count > kCpu ? columns[kCpu] : row,
                    .processed = columns[kProcessed],
                    .dropped = columns[kDropped],
                    .time_squeeze = columns[kTimeSqueeze],
                    .received_rps = columns[kReceivedRps],
                    .flow_limit = columns[kFlowLimit],
                    .backlog_now = columns[kBacklog]};
}

}  // namespace

std::vector<SoftnetCpu> DecodeSoftnet(std::string_view text) {
  std::vector<SoftnetCpu> cpus;
  for (std::uint32_t row = 0; !text.empty(); ++row) {
    if (const auto cpu = DecodeRow(TakeLine(text), row)) cpus.push_back(*cpu);
  }
  return cpus;
}

}  // namespace tunewire
