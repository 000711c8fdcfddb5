// What the two ends of a probe write and read, step by step. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tunewire/base/result.h"

namespace tunewire {

enum class StepKind {
  kWrite,     ///< "w200": one write(2)
  kMore,      ///< "m200": one send(2) with MSG_MORE
  kWritev,    ///< "v200,1000": one writev(2) of several pieces
  kRead,      ///< "r100": reads until 100 bytes are there
  kSleep,     ///< "s5ms": does nothing for a while
  kCork,      ///< "cork": TCP_CORK on
  kUncork,    ///< "uncork": TCP_CORK off, which sends what is held
  kNoDelay,   ///< "nodelay": TCP_NODELAY on, which sends what is held
  kNagle,     ///< "nagle": TCP_NODELAY off
  kAwaitAck,  ///< "a": waits until the peer's kernel has acknowledged every byte
};

struct Step {
  StepKind kind = StepKind::kWrite;
  std::vector<std::uint32_t> sizes;   ///< bytes; one, or the pieces of a writev; empty otherwise
  std::chrono::microseconds pause{};  ///< of kSleep

  bool operator==(const Step&) const = default;
};

/// One exchange as one end sees it; it is repeated.
using Script = std::vector<Step>;

inline constexpr std::uint32_t kLargestPiece = 1U << 20;  ///< bytes of one write or read
inline constexpr std::size_t kMostSteps = 64;
inline constexpr std::size_t kMostPieces = 16;  ///< of one writev
inline constexpr std::chrono::seconds kLongestPause{10};

/// Reads "w200 w1000 r100". Errors: kUsage "invalid_pattern", with a place in `text` (file is
/// `name`, say "--pattern") under the bad step.
Result<Script> ParseScript(std::string_view text, std::string_view name);

/// ParseScript's inverse.
std::string FormatScript(const Script& script);

/// All bytes that one run of the script writes, or reads.
std::uint64_t BytesWritten(const Script& script);
std::uint64_t BytesRead(const Script& script);

/// What the script itself sleeps.
std::chrono::microseconds ScriptedPauses(const Script& script);

/// The other end of `script`: reads what it writes, in one go before every read, and writes what it
/// reads, each in one write. Errors: kUsage "invalid_pattern" for a script that neither writes nor
/// reads.
Result<Script> Answering(const Script& script);

enum class End { kClient, kServer };
enum class Writer { kClient, kServer, kBoth };  ///< whose message goes in several writes
enum class Nagle { kOn, kOff };                 ///< kOff: TCP_NODELAY
enum class QuickAck { kOff, kOnce, kAlways };   ///< never set; at connect; again after every recv

/// Socket options of one end.
struct EndOptions {
  Nagle nagle = Nagle::kOn;
  QuickAck quickack = QuickAck::kOff;
  std::optional<std::chrono::microseconds> delack_max;  ///< TCP_DELACK_MAX_US, Linux 6.15
  std::string congestion;                               ///< empty: the host's

  bool operator==(const EndOptions&) const = default;
};

/// Everything both ends must agree about before they start.
struct Traffic {
  std::string pattern;  ///< the name, or the script as given
  Writer writer = Writer::kClient;
  Script client, server;
  EndOptions client_options, server_options;
  std::uint32_t mss = 0;  ///< TCP_MAXSEG of the connection, bytes; 0: the path's own

  bool operator==(const Traffic&) const = default;
};

/// How a named pattern is filled in.
struct Shape {
  std::vector<std::uint32_t> writes{200, 1000};  ///< the pieces of the message, in order
  std::uint32_t reply = 100;                     ///< bytes that come back
  std::chrono::microseconds gap{};               ///< sleep between the pieces
  std::chrono::microseconds peer_think{};        ///< the answering end's sleep before it writes

  bool operator==(const Shape&) const = default;
};

struct PatternEntry {
  std::string_view name;     ///< "two_writes"
  std::string_view summary;  ///< "two writes, then a read: the classic"
};

/// one_write, two_writes, three_writes, writev, msg_more, cork, nodelay_flush, cork_left_open,
/// msg_more_left_open, buffered_tail, chunks.
std::span<const PatternEntry> NamedPatterns();

/// Scripts of both ends. With Writer::kServer the client asks with one small write and the server's
/// answer takes the pattern; with kBoth both messages do. Errors: kUsage "no_such_pattern" with
/// the nearest names; "invalid_size" for sizes of 0 or beyond kLargestPiece, or too many.
Result<Traffic> NamedTraffic(std::string_view pattern, const Shape& shape, Writer writer);

}  // namespace tunewire
