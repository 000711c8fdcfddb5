// The parts that frames are made of, between the files of the codec. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "probe/bytes.h"
#include "probe/frames.h"

namespace tunewire {

/// An enum's place in the table of its values, counted from 1, is its number on the wire: the order
/// of the enum itself may change. Unknown numbers spoil the reader.
template <class Enum, std::size_t kSize>
std::uint8_t NumberOf(Enum value, const std::array<Enum, kSize>& table) {
  for (std::size_t i = 0; i < kSize; ++i) {
    if (table[i] == value) return static_cast<std::uint8_t>(i + 1);
  }
  return 0;
}

template <class Enum, std::size_t kSize>
Enum ReadEnum(ByteReader& reader, const std::array<Enum, kSize>& table) {
  const std::uint8_t number = reader.U8();
  if (number >= 1 && number <= kSize) return table[number - 1U];
  reader.Spoil();
  return table[0];
}

inline constexpr std::array kStepKinds{
    StepKind::kWrite, StepKind::kMore,   StepKind::kWritev,  StepKind::kRead,  StepKind::kSleep,
    StepKind::kCork,  StepKind::kUncork, StepKind::kNoDelay, StepKind::kNagle, StepKind::kAwaitAck};

/// Header and payload. Payloads are made to fit.
Bytes Framed(FrameType type, std::uint64_t nonce, ByteWriter payload);

void WriteExchangeBytes(ByteWriter& writer, const ExchangeBytes& bytes);
ExchangeBytes ReadExchangeBytes(ByteReader& reader);

/// `value` where all of the payload was read and right.
template <class Value>
Result<Value> Finish(const ByteReader& reader, Value value, std::string_view what) {
  if (!reader.Finished()) return Fail(MalformedFrame(what));
  return value;
}

}  // namespace tunewire
