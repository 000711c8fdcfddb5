// libFuzzer entry for HTTP answers: no bytes may crash or stop the reader, and where the network
// cut them makes no difference. The first byte chooses the method and the cuts.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "tunewire/http/response.h"

namespace {

using tunewire::ResponseReader;

void FeedInPieces(ResponseReader& reader, const char* bytes, std::size_t size, std::size_t piece) {
  std::size_t at = 0;
  while (at < size) {
    const std::size_t length = piece < size - at ? piece : size - at;
    const std::size_t taken = reader.Feed(bytes + at, length);
    if (taken > length) std::abort();
    if (taken < length && !reader.done() && !reader.failed()) std::abort();
    if (taken < length) break;
    at += length;
  }
  reader.FeedEnd();
}

void Compare(const ResponseReader& a, const ResponseReader& b) {
  if (a.error() != b.error() || a.done() != b.done()) std::abort();
  if (!a.done() && !a.failed()) std::abort();
  if (a.failed()) return;
  if (a.status() != b.status() || a.keep_alive() != b.keep_alive()) std::abort();
  if (a.head_bytes() != b.head_bytes() || a.body_bytes() != b.body_bytes()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const auto method =
      (data[0] & 1) == 0 ? ResponseReader::BodyOf::kGet : ResponseReader::BodyOf::kHead;
  const char* const bytes = reinterpret_cast<const char*>(data + 1);
  ResponseReader whole, cut;
  whole.Expect(method);
  FeedInPieces(whole, bytes, size - 1, size);
  cut.Expect(method);
  FeedInPieces(cut, bytes, size - 1, 1 + (data[0] >> 1) % 16);
  Compare(whole, cut);
  return 0;
}
