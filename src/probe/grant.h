// What a server grants whoever asks: bounds of a session and of a run. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "probe/frames.h"

namespace tunewire {

inline constexpr std::chrono::milliseconds kHelloPatience{2000};
inline constexpr std::chrono::milliseconds kIdlePatience{5000};
inline constexpr std::chrono::milliseconds kSessionTime{60000};
inline constexpr std::uint32_t kMostSessions = 8;

/// Everything that an exchange may sleep, of both scripts, think time and interval together: it
/// must not look idle.
inline constexpr std::chrono::microseconds kMostSilence = std::chrono::seconds(4);
inline constexpr std::chrono::microseconds kLongestRun = std::chrono::seconds(55);
inline constexpr std::uint64_t kMostExchanges = 100'000'000;
inline constexpr std::uint64_t kMostExchangeBytes = 16U << 20;  ///< in one direction

/// Nothing where the run is granted. Both ends ask: the client before it says anything, so that
/// most refusals cost no round trip; the server because it trusts nobody.
std::optional<Refusal> RefusalOf(const RunRequest& run);

/// The events that the server's evidence may hold.
std::uint32_t MostEvents(const RunSpec& spec);

/// A refusal as the client's error; `peer` is for people.
Error ErrorOf(const Refusal& refusal, const std::string& peer);

}  // namespace tunewire
