// Reading HTTP/1.1 answers piece by piece, however the network cut them. Pure; no allocation.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tunewire {

/// What is wrong with an answer, or with getting one. Also the name of a counter in reports.
enum class HttpError {
  kNone,
  kConnectRefused,
  kConnectTimeout,
  kConnectOther,
  kNoSourcePort,
  kNoDescriptor,
  kReset,        ///< ECONNRESET or EPIPE in the middle
  kClosedEarly,  ///< end of file before the answer was whole
  kTimeout,      ///< not whole within --timeout
  kBadStatusLine,
  kBadHeader,
  kHeadTooLong,
  kBadLength,
  kBadChunk,
  kSurplus,  ///< bytes after the answer that nobody asked for
  kOther,
};

inline constexpr std::size_t kHttpErrorKinds = static_cast<std::size_t>(HttpError::kOther) + 1;

/// "connect_refused", "closed_early", ...
std::string_view NameOf(HttpError error);

inline constexpr std::size_t kMostHeadBytes = 65536;

/// One answer after the other on one connection. Head fields that matter are recognised as bytes
/// come; nothing is kept but a few counters and one partial line of at most 256 bytes.
class ResponseReader {
 public:
  enum class BodyOf { kGet, kHead };  ///< an answer to HEAD has no body (RFC 9110, 9.3.2)

  /// Ready for the next answer.
  void Expect(BodyOf method);

  /// Takes bytes of one answer, no more; the number taken. Stops at done() or failed(). 1xx answers
  /// (except 101) are read over.
  std::size_t Feed(const char* bytes, std::size_t size);

  /// The peer closed; an answer without a length is whole then.
  void FeedEnd();

  [[nodiscard]] bool done() const;
  [[nodiscard]] HttpError error() const { return error_; }
  [[nodiscard]] bool failed() const { return error_ != HttpError::kNone; }
  [[nodiscard]] bool started() const;  ///< at least one byte came
  [[nodiscard]] bool head_done() const;
  [[nodiscard]] int status() const { return status_; }
  [[nodiscard]] std::uint64_t head_bytes() const { return head_bytes_; }
  [[nodiscard]] std::uint64_t body_bytes() const { return body_bytes_; }  ///< without chunk framing
  /// May another request follow on this connection? Known once done().
  [[nodiscard]] bool keep_alive() const { return keep_alive_; }

 private:
  HttpError error_ = HttpError::kNone;
  int status_ = 0;
  std::uint64_t head_bytes_ = 0, body_bytes_ = 0;
  bool keep_alive_ = false;
  // The rest is the implementer's.
};

}  // namespace tunewire
