// libFuzzer entry for the frames between two probes: no input may crash a decoder, and what one
// accepts comes out of its encoder and back the same. The first byte picks the decoder.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "probe/frames.h"

namespace tunewire {
namespace {

using Payload = std::span<const std::byte>;

void Require(bool right) {
  if (!right) std::abort();
}

Payload PayloadOf(const Bytes& frame) { return Payload(frame).subspan(kHeaderBytes); }

void TryHeader(Payload bytes) {
  if (bytes.size() < kHeaderBytes) return;
  const auto header = DecodeHeader(bytes.first<kHeaderBytes>());
  if (!header) Require(!header.error().code.empty());
  if (header) Require(header->length <= kMostPayload);
}

template <class Decode, class Encode>
void RoundTrip(Payload bytes, Decode decode, Encode encode) {
  const auto value = decode(bytes);
  if (!value) return Require(value.error().code == "malformed_frame");
  const Bytes frame = encode(1, *value);
  Require(frame.size() <= kHeaderBytes + kMostPayload);
  const auto again = decode(PayloadOf(frame));
  Require(again && *again == *value);
}

void Try(std::uint8_t which, Payload bytes) {
  switch (which % 10) {
    case 0:
      return TryHeader(bytes);
    case 1:
      return RoundTrip(bytes, DecodeHello, EncodeHello);
    case 2:
      return RoundTrip(bytes, DecodeHelloOk, EncodeHelloOk);
    case 3:
      return RoundTrip(bytes, DecodeRefusal, EncodeRefusal);
    case 4:
      return RoundTrip(bytes, DecodeRun, EncodeRun);
    case 5:
      return RoundTrip(bytes, DecodeReady, EncodeReady);
    case 6:
      return RoundTrip(bytes, DecodeEvidenceRequest, EncodeEvidenceRequest);
    case 7:
      return RoundTrip(bytes, DecodeSummary, EncodeSummary);
    case 8:
      return RoundTrip(bytes, DecodeEvents, EncodeEvents);
    default:
      return RoundTrip(bytes, DecodeError, EncodeError);
  }
}

}  // namespace
}  // namespace tunewire

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 0) tunewire::Try(data[0], std::as_bytes(std::span(data, size)).subspan(1));
  return 0;
}
