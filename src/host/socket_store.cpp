#include "tunewire/host/socket_store.h"

#include <algorithm>
#include <limits>

#include "host/decode_socket.h"
#include "host/packed_words.h"

namespace tunewire {
namespace {

constexpr std::size_t kChunkWords = 16 * 1024;
constexpr std::size_t kMostChunks = std::numeric_limits<std::uint32_t>::max() / kChunkWords;
constexpr std::size_t kMostSockets = std::numeric_limits<std::uint32_t>::max() - 1;
constexpr std::size_t kFirstPlaces = 64;

/// The lowest bits of neighbours differ the most; they are to decide.
std::size_t Mix(std::uint64_t cookie) {
  return static_cast<std::size_t>(cookie * 0x9E3779B97F4A7C15U >> 32U);
}

template <class T>
std::size_t BytesOf(const std::vector<T>& items) {
  return items.capacity() * sizeof(T);
}

}  // namespace

SocketStore::SocketStore() : free_(kMostPacked + 1), by_cookie_(kFirstPlaces, 0) {}

std::span<std::uint32_t> SocketStore::WordsOf(const Slot& slot) {
  if (slot.words == 0) return {};
  return std::span(chunks_[slot.at / kChunkWords]).subspan(slot.at % kChunkWords, slot.words);
}

std::span<const std::uint32_t> SocketStore::WordsOf(const Slot& slot) const {
  if (slot.words == 0) return {};
  return std::span(chunks_[slot.at / kChunkWords]).subspan(slot.at % kChunkWords, slot.words);
}

bool SocketStore::Keep(std::span<const std::uint32_t> packed, std::size_t bytes, Slot& slot) {
  std::vector<std::uint32_t>& free = free_[packed.size()];
  if (!free.empty()) {
    slot.at = free.back();
    free.pop_back();
  } else {
    if (chunks_.empty() || used_ + packed.size() > kChunkWords) {
      if (chunks_.size() == kMostChunks) return false;
      chunks_.emplace_back(kChunkWords);
      used_ = 0;
    }
    slot.at = static_cast<std::uint32_t>((chunks_.size() - 1) * kChunkWords + used_);
    used_ += packed.size();
  }
  slot.words = static_cast<std::uint16_t>(packed.size());
  slot.bytes = static_cast<std::uint16_t>(bytes);
  std::ranges::copy(packed, WordsOf(slot).begin());
  return true;
}

void SocketStore::Release(const Slot& slot) {
  if (slot.words != 0) free_[slot.words].push_back(slot.at);
}

/// Where the cookie is, or where it would go.
std::size_t SocketStore::PlaceOf(std::uint64_t cookie) const {
  const std::size_t mask = by_cookie_.size() - 1;
  std::size_t place = Mix(cookie) & mask;
  while (by_cookie_[place] != 0 && records_[by_cookie_[place] - 1].cookie != cookie) {
    place = (place + 1) & mask;
  }
  return place;
}

/// The newest record gets its place; at three quarters full, all get new ones.
void SocketStore::Remember(std::uint64_t cookie) {
  if (records_.size() * 4 <= by_cookie_.size() * 3) {
    by_cookie_[PlaceOf(cookie)] = static_cast<std::uint32_t>(records_.size());
    return;
  }
  by_cookie_.assign(by_cookie_.size() * 2, 0);
  for (std::size_t i = 0; i < records_.size(); ++i) {
    by_cookie_[PlaceOf(records_[i].cookie)] = static_cast<std::uint32_t>(i + 1);
  }
}

std::optional<std::size_t> SocketStore::Find(std::uint64_t cookie) const {
  const std::uint32_t number = by_cookie_[PlaceOf(cookie)];
  return number == 0 ? std::nullopt : std::optional<std::size_t>(number - 1);
}

std::optional<std::size_t> SocketStore::Put(std::span<const std::byte> raw) {
  const auto cookie = CookieOf(raw);
  if (!cookie || raw.size() > kMostPayload) return std::nullopt;
  WordBuffer now;
  now.Assign(raw);
  const auto known = Find(*cookie);
  if (!known) {
    Record record{.cookie = *cookie, .first = {}, .last = {}};
    if (records_.size() == kMostSockets || !Keep(now.Pack(), raw.size(), record.first)) {
      return std::nullopt;
    }
    records_.push_back(record);
    Remember(*cookie);
    return records_.size() - 1;
  }
  Record& record = records_[*known];
  WordBuffer first;
  first.Assign(WordsOf(record.first), record.first.bytes);
  now.Xor(first);
  Release(record.last);
  record.last = {};
  if (!Keep(now.Pack(), raw.size(), record.last)) return std::nullopt;
  return known;
}

std::vector<std::byte> SocketStore::FirstRaw(std::size_t number) const {
  const Slot& slot = records_[number].first;
  WordBuffer first;
  first.Assign(WordsOf(slot), slot.bytes);
  return {first.Bytes().begin(), first.Bytes().end()};
}

std::vector<std::byte> SocketStore::LastRaw(std::size_t number) const {
  const Record& record = records_[number];
  if (record.last.words == 0) return FirstRaw(number);
  WordBuffer first;
  WordBuffer last;
  first.Assign(WordsOf(record.first), record.first.bytes);
  last.Assign(WordsOf(record.last), record.last.bytes);
  last.Xor(first);
  return {last.Bytes().begin(), last.Bytes().end()};
}

SocketInfo SocketStore::First(std::size_t number) const { return *DecodeSocket(FirstRaw(number)); }
SocketInfo SocketStore::Last(std::size_t number) const { return *DecodeSocket(LastRaw(number)); }

std::size_t SocketStore::MemoryBytes() const {
  std::size_t bytes = BytesOf(chunks_) + BytesOf(records_) + BytesOf(by_cookie_) + BytesOf(free_);
  for (const Chunk& chunk : chunks_) bytes += BytesOf(chunk);
  for (const std::vector<std::uint32_t>& places : free_) bytes += BytesOf(places);
  return bytes;
}

}  // namespace tunewire
