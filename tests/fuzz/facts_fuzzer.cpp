// libFuzzer entry for the files a host is described by: no text may crash a reader, and none may
// make more of it than there is.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "host/decode_cgroup.h"
#include "host/decode_counts.h"
#include "host/decode_cpu.h"
#include "host/decode_cpu_set.h"
#include "host/decode_softnet.h"
#include "host/decode_virtualisation.h"

namespace {

using namespace tunewire;

/// The first half as one file, the second as another.
void Pair(std::string_view text) {
  const std::string_view first = text.substr(0, text.size() / 2);
  const std::string_view second = text.substr(first.size());
  std::string why;
  const auto place =
      FindCgroup(DecodeCgroupLines(first), DecodeCgroupMounts(second), "memory", why);
  if (place && (place->folders.empty() || place->folders.size() > 64)) std::abort();
  if (place.has_value() != why.empty()) std::abort();
  DecodeSocketCounts(first, second);
  DecodeCfsQuota(first, second);
  JudgeVirtualisation({.flags_known = true,
                       .dmi_product = std::string(first),
                       .first_environment = std::string(second),
                       .cgroup = std::string(first)});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (DecodeSoftnet(text).size() > size) std::abort();
  if (const auto cpus = ParseCpuList(text); cpus && cpus->size() > 65536) std::abort();
  if (const auto chosen = DecodeChosen(text); chosen && chosen->size() > size) std::abort();
  if (const auto share = DecodePressure(text); share && !(*share >= 0)) std::abort();
  DecodeCpuInfo(text);
  DecodeDistribution(text);
  DecodeFileNr(text);
  DecodeLoadAverage(text);
  DecodeCpuTicks(text);
  DecodeUptime(text);
  DecodeMemory(text);
  DecodeCpuMax(text);
  DecodeCgroupLimit(text);
  DecodeThrottling(text);
  Pair(text);
  return 0;
}
