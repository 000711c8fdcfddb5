// Which stamp belongs to which write. Pure.
#pragma once

#include <cstdint>
#include <span>

#include "host/decode_stamps.h"
#include "tunewire/probe/evidence.h"

namespace tunewire {

/// Gives every write of `events` (all since the stamps were asked for, in order) its stamps, by
/// the place of its last byte in the stream. `realtime_offset` is CLOCK_REALTIME minus
/// CLOCK_MONOTONIC. The first stamp of a kind counts; a later one of kSent is a resend.
///
/// A write that went out in one piece with the next one has no stamps of its own, for the kernel
/// keeps one place a packet. It gets the next one's where the send queue showed that its last byte
/// was still unsent when the next one had been queued, or where the next one left within its own
/// call; else none: stamps are never guessed.
void MatchStamps(std::span<Event> events, std::span<const KernelStamp> stamps,
                 std::int64_t realtime_offset);

/// Does a step of this kind write bytes?
bool IsWrite(StepKind kind);

}  // namespace tunewire
