// The named patterns, and how a shape fills them in.
#include <algorithm>
#include <array>
#include <numeric>

#include "base/format.h"
#include "tunewire/base/text.h"
#include "tunewire/probe/pattern.h"

namespace tunewire {
namespace {

constexpr std::uint32_t kBuffer = 8192;  ///< of a buffered writer
constexpr std::uint64_t kChunks = 8;     ///< where the shape names only a chunk's size

using Sizes = std::vector<std::uint32_t>;
using Pieces = Result<Sizes> (*)(const Shape& shape);

enum class Delivery { kWrites, kWritev, kMore, kMoreLeftOpen, kCork, kCorkLeftOpen, kFlush };

struct Pattern {
  PatternEntry entry;
  Pieces pieces;
  Delivery delivery;
};

Error BadSize(std::string message, std::string hint) {
  Error error;
  error.kind = ErrorKind::kUsage;
  error.code = "invalid_size";
  error.message = std::move(message);
  error.hint = std::move(hint);
  return error;
}

std::uint64_t Sum(const Sizes& sizes) {
  return std::accumulate(sizes.begin(), sizes.end(), std::uint64_t{0});
}

Result<Sizes> Whole(const Shape& shape) {
  return Sizes{static_cast<std::uint32_t>(Sum(shape.writes))};
}

/// Sizes that are not named repeat the last one: `200,1000` in three writes is 200, 1000, 1000.
Sizes Stretched(Sizes sizes, std::size_t least) {
  while (sizes.size() < least) sizes.push_back(sizes.back());
  return sizes;
}

template <std::size_t Count>
Result<Sizes> Exactly(const Shape& shape) {
  if (shape.writes.size() > Count) {
    return Fail(BadSize(Format("{} sizes for a pattern of {} writes", shape.writes.size(), Count),
                        "writev, msg_more and cork take any number; so does a script: 'w1 w2 w3'"));
  }
  return Stretched(shape.writes, Count);
}

Result<Sizes> AtLeastTwo(const Shape& shape) { return Stretched(shape.writes, 2); }

/// Full pieces of `size`, and what is left.
Sizes Cut(std::uint64_t bytes, std::uint32_t size) {
  Sizes pieces(static_cast<std::size_t>(bytes / size), size);
  if (bytes % size != 0) pieces.push_back(static_cast<std::uint32_t>(bytes % size));
  return pieces;
}

/// A message that fits the buffer follows a full one, for else there is nothing to see.
Result<Sizes> ThroughBuffer(const Shape& shape) {
  const std::uint64_t message = Sum(shape.writes);
  return Cut(message <= kBuffer ? kBuffer + message : message, kBuffer);
}

/// `2000`: eight of them; `2000,15000`: as many as make 15000.
Result<Sizes> EqualChunks(const Shape& shape) {
  if (shape.writes.size() > 2 ||
      (shape.writes.size() == 2 && shape.writes.back() < shape.writes.front())) {
    return Fail(BadSize("chunks take one or two sizes: of a chunk, and of the whole message",
                        "--write 2000 writes eight of 2000, --write 2000,15000 as many as needed"));
  }
  const std::uint32_t chunk = shape.writes.front();
  return Cut(shape.writes.size() == 2 ? shape.writes.back() : kChunks * chunk, chunk);
}

constexpr std::array<Pattern, 11> kPatterns{{
    {{"one_write", "the whole message in one write"}, Whole, Delivery::kWrites},
    {{"two_writes", "two writes, then a read: the classic"}, Exactly<2>, Delivery::kWrites},
    {{"three_writes", "three writes, then a read"}, Exactly<3>, Delivery::kWrites},
    {{"writev", "the pieces in one writev"}, AtLeastTwo, Delivery::kWritev},
    {{"msg_more", "MSG_MORE on all pieces but the last"}, AtLeastTwo, Delivery::kMore},
    {{"cork", "TCP_CORK on, the pieces, TCP_CORK off"}, AtLeastTwo, Delivery::kCork},
    {{"nodelay_flush", "the pieces, then TCP_NODELAY on and off"}, AtLeastTwo, Delivery::kFlush},
    {{"cork_left_open", "TCP_CORK on and never off"}, AtLeastTwo, Delivery::kCorkLeftOpen},
    {{"msg_more_left_open", "MSG_MORE on every piece"}, AtLeastTwo, Delivery::kMoreLeftOpen},
    {{"buffered_tail", "full 8 KiB writes and a tail"}, ThroughBuffer, Delivery::kWrites},
    {{"chunks", "many writes of one size"}, EqualChunks, Delivery::kWrites},
}};

constexpr auto kEntries = [] {
  std::array<PatternEntry, kPatterns.size()> entries{};
  for (std::size_t i = 0; i < entries.size(); ++i) entries[i] = kPatterns[i].entry;
  return entries;
}();

/// One step a piece, the gap's sleep between them.
Script Apart(const Sizes& pieces, StepKind kind, StepKind last, std::chrono::microseconds gap) {
  Script script;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (i > 0 && gap.count() > 0) script.push_back({StepKind::kSleep, {}, gap});
    script.push_back({i + 1 == pieces.size() ? last : kind, {pieces[i]}, {}});
  }
  return script;
}

Script Between(StepKind before, Script script, StepKind after) {
  script.insert(script.begin(), Step{before, {}, {}});
  script.push_back({after, {}, {}});
  return script;
}

Script Message(const Sizes& pieces, Delivery delivery, std::chrono::microseconds gap) {
  const Script writes = Apart(pieces, StepKind::kWrite, StepKind::kWrite, gap);
  switch (delivery) {
    case Delivery::kWrites:
      return writes;
    case Delivery::kWritev:
      return {{StepKind::kWritev, pieces, {}}};
    case Delivery::kMore:
      return Apart(pieces, StepKind::kMore, StepKind::kWrite, gap);
    case Delivery::kMoreLeftOpen:
      return Apart(pieces, StepKind::kMore, StepKind::kMore, gap);
    case Delivery::kCork:
      return Between(StepKind::kCork, writes, StepKind::kUncork);
    case Delivery::kCorkLeftOpen: {
      Script script = writes;
      script.insert(script.begin(), Step{StepKind::kCork, {}, {}});
      return script;
    }
    case Delivery::kFlush: {
      Script script = writes;
      script.push_back({StepKind::kNoDelay, {}, {}});
      script.push_back({StepKind::kNagle, {}, {}});
      return script;
    }
  }
  return writes;
}

bool Fits(std::uint32_t size) { return size >= 1 && size <= kLargestPiece; }

Status CheckSizes(const Shape& shape) {
  const std::string limits = Format("1 to {} bytes", kLargestPiece);
  if (shape.writes.empty()) return Fail(BadSize("no size of a write", limits));
  for (const std::uint32_t size : shape.writes) {
    if (!Fits(size)) return Fail(BadSize(Format("a write of {} bytes", size), limits));
  }
  if (!Fits(shape.reply)) return Fail(BadSize(Format("a reply of {} bytes", shape.reply), limits));
  if (Sum(shape.writes) > kLargestPiece)
    return Fail(BadSize(Format("a message of {} bytes", Sum(shape.writes)), limits + " in all"));
  return {};
}

Result<Script> MessageOf(const Pattern& pattern, const Shape& shape) {
  if (const Status sizes = CheckSizes(shape); !sizes) return Fail(sizes.error());
  const Result<Sizes> pieces = pattern.pieces(shape);
  if (!pieces) return Fail(pieces.error());
  if (pattern.delivery == Delivery::kWritev && pieces->size() > kMostPieces)
    return Fail(BadSize(Format("{} pieces in one writev", pieces->size()),
                        Format("at most {}", kMostPieces)));
  if (Sum(*pieces) > kLargestPiece)
    return Fail(BadSize(Format("a message of {} bytes", Sum(*pieces)),
                        Format("1 to {} bytes in all", kLargestPiece)));
  // A read, a think time and two options must fit beside the message.
  Script message = Message(*pieces, pattern.delivery, shape.gap);
  if (message.size() + 2 > kMostSteps)
    return Fail(BadSize(Format("{} writes are too many", pieces->size()),
                        Format("a pattern has at most {} steps", kMostSteps)));
  return message;
}

Error NoSuchPattern(std::string_view name) {
  std::vector<std::string> names;
  for (const PatternEntry& entry : kEntries) names.emplace_back(entry.name);
  const std::vector<std::string> near = Nearest(name, names, 3);
  Error error;
  error.kind = ErrorKind::kUsage;
  error.code = "no_such_pattern";
  error.subject = std::string(name);
  error.message = Format("no pattern '{}'", Printable(name));
  error.hint = near.empty() ? "one of " + Join(names, ", ") + "; or a script: 'w200 w1000 r100'"
                            : Format("did you mean {}?", Join(near, ", "));
  error.where =
      SourcePlace{"--pattern", 1, 1, std::max(static_cast<int>(name.size()), 1), std::string(name)};
  return error;
}

Script Joined(Script first, const Script& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

Script Think(std::chrono::microseconds time) {
  return time.count() > 0 ? Script{{StepKind::kSleep, {}, time}} : Script{};
}

}  // namespace

std::span<const PatternEntry> NamedPatterns() { return kEntries; }

Result<Traffic> NamedTraffic(std::string_view pattern, const Shape& shape, Writer writer) {
  const auto* const found =
      std::find_if(kPatterns.begin(), kPatterns.end(),
                   [pattern](const Pattern& known) { return known.entry.name == pattern; });
  if (found == kPatterns.end()) return Fail(NoSuchPattern(pattern));
  const Result<Script> message = MessageOf(*found, shape);
  if (!message) return Fail(message.error());
  const Script small{{StepKind::kWrite, {shape.reply}, {}}};
  const Script& asked = writer == Writer::kServer ? small : *message;
  const Script& answered = writer == Writer::kClient ? small : *message;
  const auto read = [](const Script& script) {
    return Script{{StepKind::kRead, {static_cast<std::uint32_t>(BytesWritten(script))}, {}}};
  };
  Traffic traffic;
  traffic.pattern = std::string(pattern);
  traffic.writer = writer;
  traffic.client = Joined(asked, read(answered));
  traffic.server = Joined(Joined(read(asked), Think(shape.peer_think)), answered);
  return traffic;
}

}  // namespace tunewire
