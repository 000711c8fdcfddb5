// Building blocks of the table: field lists that many rows share. Constants only, so that the
// program starts without running a line of this.
#pragma once

#include <cstdint>

#include "catalog/rows/keys.h"
#include "tunewire/catalog/tunable.h"

namespace tunewire::rows {

inline constexpr std::int64_t kIntMax = 2147483647;
inline constexpr std::int64_t kIntMin = -2147483648;
inline constexpr std::int64_t kUintMax = 4294967295;
inline constexpr std::int64_t kLongMax = 9223372036854775807;
/// Some 23 days. The kernel keeps such a time in jiffies of an int, so that what it takes at most
/// depends on HZ: from 2147483 s (HZ=1000) to 21474836 s (HZ=100).
inline constexpr std::int64_t kLongestSeconds = 2000000;

using enum Beyond;
using enum Unit;
using enum Scope;
using enum Access;
using enum TakesEffect;
using enum Standing;

/// One integer.
template <std::int64_t Min, std::int64_t Max, Beyond Below = kRefused, Beyond Above = kRefused>
inline constexpr Field kInt[] = {{"", FieldType::kInteger, Min, Max, Below, Above}};

/// 0 or 1, and the kernel refuses the rest.
inline constexpr auto& kSwitch = kInt<0, 1>;
/// 0 or 1, and the kernel takes larger numbers for 1.
inline constexpr auto& kLooseSwitch = kInt<0, 1, kRefused, kAccepted>;
/// 0 or 1 in a plain int of the kernel: any number is stored.
inline constexpr auto& kIntSwitch = kInt<0, 1, kAccepted, kAccepted>;

/// Three integers of one range each, named as tcp_rmem names them.
template <std::int64_t Min, std::int64_t Max, Beyond Below, Beyond Above>
inline constexpr Field kMinDefaultMax[] = {{"min", FieldType::kInteger, Min, Max, Below, Above},
                                           {"default", FieldType::kInteger, Min, Max, Below, Above},
                                           {"max", FieldType::kInteger, Min, Max, Below, Above}};

/// The three marks of a memory account in pages, as tcp_mem names them.
inline constexpr Field kMemoryMarks[] = {
    {"low", FieldType::kInteger, 0, kLongMax, kRefused, kRefused},
    {"pressure", FieldType::kInteger, 0, kLongMax, kRefused, kRefused},
    {"high", FieldType::kInteger, 0, kLongMax, kRefused, kRefused}};

inline constexpr Field kWord[] = {{"", FieldType::kText}};
inline constexpr Field kWordList[] = {{"", FieldType::kWords}};
inline constexpr Field kCpus[] = {{"", FieldType::kCpuMask}};
/// A write triggers something, whatever the number.
inline constexpr Field kAnyNumber[] = {{"", FieldType::kInteger, kIntMin, kIntMax}};
/// A list of ports and ranges.
inline constexpr Field kPortSet[] = {{"", FieldType::kPortList, 0, 65535}};

}  // namespace tunewire::rows
