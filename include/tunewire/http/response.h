// Reading HTTP/1.1 answers piece by piece, however the network cut them. Pure; no allocation.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tunewire {

/// What is wrong with an answer, or with getting one. Also the name of a counter in reports.
enum class HttpError : std::uint8_t {
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
/// come; nothing is kept but a few counters and one partial line of at most kMostLineBytes.
///
/// What RFC 9112 leaves open is decided so: a bare LF ends a line of a head (2.2), not one of a
/// chunk; a folded field is read over, except one that says where the answer ends; CR or NUL within
/// a line, blanks before the colon, and Transfer-Encoding beside Content-Length are errors. The
/// result does not depend on where the network cut the bytes.
class ResponseReader {
 public:
  enum class BodyOf { kGet, kHead };  ///< an answer to HEAD has no body (RFC 9110, 9.3.2)

  /// Ready for the next answer.
  void Expect(BodyOf method);

  /// Takes bytes of one answer, no more; the number taken. Stops at done() or failed(). 1xx answers
  /// (except 101) are read over, at most kMostInterim of them.
  std::size_t Feed(const char* bytes, std::size_t size);

  /// The peer closed; an answer without a length is whole then, any other one is kClosedEarly.
  void FeedEnd();

  [[nodiscard]] bool done() const { return state_ == State::kDone && !failed(); }
  [[nodiscard]] HttpError error() const { return error_; }
  [[nodiscard]] bool failed() const { return error_ != HttpError::kNone; }
  [[nodiscard]] bool started() const { return started_; }  ///< at least one byte came
  [[nodiscard]] bool head_done() const { return state_ > State::kFields; }
  [[nodiscard]] int status() const { return status_; }
  [[nodiscard]] std::uint64_t head_bytes() const { return head_bytes_; }  ///< 1xx heads as well
  [[nodiscard]] std::uint64_t body_bytes() const { return body_bytes_; }  ///< without chunk framing
  /// May another request follow on this connection? Known once done().
  [[nodiscard]] bool keep_alive() const { return keep_alive_; }

 private:
  static constexpr std::size_t kMostLineBytes = 256;
  static constexpr unsigned kMostInterim = 32;

  enum class State : std::uint8_t {
    kStatusLine,
    kFields,
    kLengthBody,
    kCloseBody,
    kChunkSize,  ///< its first digit
    kChunkDigits,
    kChunkExtension,
    kChunkSizeEnd,  ///< LF behind the size
    kChunkBody,
    kChunkCr,
    kChunkLf,
    kTrailers,
    kDone,
  };
  enum class Framing : std::uint8_t { kNone, kChunked, kOtherCoding };
  enum class LastField : std::uint8_t { kNone, kPlain, kDecisive };

  void ExpectHead();
  void Fail(HttpError error);
  std::size_t FeedLines(const char* bytes, std::size_t size);
  void TakeLinePart(std::string_view part, bool ends);
  void LookForBadBytes(std::string_view part);
  void KeepPart(std::string_view part);
  void EndLine(std::string_view line, bool cut);
  void TakeStatusLine(std::string_view line);
  void TakeField(std::string_view line, bool cut);
  void TakeDecisive(std::string_view name, std::string_view value);
  void TakeLength(std::string_view value);
  void TakeLengthItem(std::string_view item);
  void TakeCodings(std::string_view value);
  void TakeConnection(std::string_view value);
  void EndHead();
  void BeginBody();
  std::size_t FeedBody(std::size_t size);
  std::size_t FeedChunked(const char* bytes, std::size_t size);
  void TakeChunkByte(char c);
  void TakeChunkDigit(char c);
  void EndChunkSize();

  std::uint64_t head_bytes_ = 0, body_bytes_ = 0;
  std::uint64_t left_ = 0;     ///< of the body or of the chunk
  std::uint64_t length_ = 0;   ///< Content-Length
  std::uint32_t room_ = 0;     ///< bytes that the head, the trailers or a chunk's line may yet take
  std::uint32_t line_ = 0;     ///< bytes of the line that came, more than `partial_` holds perhaps
  std::uint16_t interim_ = 0;  ///< 1xx answers so far
  std::int16_t status_ = 0;
  HttpError error_ = HttpError::kNone;
  State state_ = State::kDone;
  BodyOf method_ = BodyOf::kGet;
  Framing framing_ = Framing::kNone;
  LastField last_field_ = LastField::kNone;
  bool has_length_ = false, close_ = false, keep_ = false, old_version_ = false;
  bool bad_bytes_ = false, cr_came_ = false;  ///< in this line
  bool started_ = false, keep_alive_ = false;
  std::array<char, kMostLineBytes> partial_{};
};

}  // namespace tunewire
