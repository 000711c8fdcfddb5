#include "check/port_range.h"

#include "base/format.h"
#include "check/check_parts.h"
#include "host/decode_ports.h"
#include "tunewire/base/text.h"

namespace tunewire {
namespace {

Error NotPorts(const char* key, const std::string& text) {
  Error error;
  error.kind = ErrorKind::kInvalid;
  error.code = "unknown_fact";
  error.message = Format("{} reads \"{}\"", key, Printable(text));
  return error;
}

}  // namespace

Result<SourcePortSpan> SourcePortRange(const HostFacts& facts) {
  const auto text = TunableText(facts, kPortRangeKey);
  if (!text) return Fail(text.error());
  const auto range = DecodePortRange(*text);
  if (!range) return Fail(NotPorts(kPortRangeKey, *text));
  return SourcePortSpan{range->first, range->last};
}

Result<std::uint32_t> ReservedPorts(const HostFacts& facts, const SourcePortSpan& range) {
  const auto text = TunableText(facts, kReservedPortsKey);
  if (!text) return Fail(text.error());
  const auto count = CountReservedPorts(*text, {range.first, range.last});
  if (!count) return Fail(NotPorts(kReservedPortsKey, *text));
  return *count;
}

bool IsReserved(const HostFacts& facts, std::uint32_t port) {
  const auto count = ReservedPorts(facts, {port, port});
  return count && *count > 0;
}

}  // namespace tunewire
