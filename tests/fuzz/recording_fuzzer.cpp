// libFuzzer entry for recordings: no input may crash the player or what it plays into, and of a
// damaged one nothing is played. An odd first byte gives records with right checksums, so that what
// stands behind these is reached too.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "sockets/recording_format.h"
#include "tunewire/sockets/watch.h"

namespace {

using namespace tunewire;

class Counting : public LookSink {
 public:
  explicit Counting(LookSink& next) : next_(next) {}
  void Held(std::span<const HeldSocket> held) override {
    ++calls;
    next_.Held(held);
  }
  void Begin(LookHead head) override {
    ++calls;
    next_.Begin(std::move(head));
  }
  void Socket(std::span<const std::byte> raw) override {
    ++calls;
    next_.Socket(raw);
  }
  void End(const SocketDump& dump) override {
    ++calls;
    next_.End(dump);
  }

  std::size_t calls = 0;

 private:
  LookSink& next_;
};

/// Type, length (two bytes) and payload, again and again; an end mark that fits behind them.
std::string WithChecksums(std::string_view bytes) {
  std::string records(recording::kMagic);
  std::uint64_t count = 0;
  while (bytes.size() >= 3) {
    const std::size_t wanted = recording::NumberAt<std::uint16_t>(bytes, 1);
    const std::size_t length = std::min(wanted, bytes.size() - 3);
    records += recording::Framed(bytes[0], bytes.substr(3, length));
    bytes.remove_prefix(3 + length);
    ++count;
  }
  std::string mark;
  recording::AppendNumber(mark, count);
  return records + recording::Framed(recording::kMark, mark);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data + 1), size - 1);
  const std::string bytes = data[0] % 2 == 1 ? WithChecksums(input) : std::string(input);
  EvidenceBuilder builder(SocketSelection{.pids = {1}});
  EvidenceBuilder all({}, std::nullopt);
  Counting sink(builder);
  Counting other(all);
  const auto around = PlayRecording(bytes, sink);
  if (!around && sink.calls > 0) std::abort();
  if (!around) return 0;
  if (!PlayRecording(bytes, other)) std::abort();
  const Evidence evidence = all.Finish(*around);
  if (evidence.connections.size() + evidence.left_out > size) std::abort();
  builder.Finish(*around);
  return 0;
}
