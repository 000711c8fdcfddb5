#include "tunewire/http/response.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "tunewire/base/text.h"

namespace tunewire {
namespace {

constexpr std::array<std::string_view, kHttpErrorKinds> kErrorNames{
    "none",           "connect_refused", "connect_timeout", "connect_other",
    "no_source_port", "no_descriptor",   "reset",           "closed_early",
    "timeout",        "bad_status_line", "bad_header",      "head_too_long",
    "bad_length",     "bad_chunk",       "surplus",         "other"};

constexpr std::string_view kVersion = "HTTP/1.";
constexpr std::uint32_t kMostChunkLine = 4096;
constexpr std::uint64_t kMostLength = std::numeric_limits<std::int64_t>::max();

/// tchar of RFC 9110, 5.6.2.
constexpr std::array<bool, 256> TokenBytes() {
  std::array<bool, 256> table{};
  for (const char c : std::string_view("!#$%&'*+-.^_`|~0123456789"
                                       "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")) {
    table[static_cast<unsigned char>(c)] = true;
  }
  return table;
}
constexpr std::array<bool, 256> kToken = TokenBytes();

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// `name` is in lower case.
bool Is(std::string_view text, std::string_view name) {
  return text.size() == name.size() && std::ranges::equal(text, name, {}, Lower);
}

constexpr std::string_view kLength = "content-length";
constexpr std::string_view kCoding = "transfer-encoding";
constexpr std::string_view kConnection = "connection";

/// Says where the answer ends, or whether the connection does.
bool IsDecisive(std::string_view name) {
  switch (name.size()) {
    case kLength.size():
      return Is(name, kLength);
    case kCoding.size():
      return Is(name, kCoding);
    case kConnection.size():
      return Is(name, kConnection);
    default:
      return false;
  }
}

/// The next part of a comma-separated list, blanks around it gone; false at the end.
bool NextItem(std::string_view& list, std::string_view& item) {
  if (list.data() == nullptr) return false;
  const std::size_t comma = list.find(',');
  item = Trim(list.substr(0, comma));
  list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
  return true;
}

int HexValue(char c) {
  if (IsDigit(c)) return c - '0';
  const char lower = Lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

}  // namespace

std::string_view NameOf(HttpError error) { return kErrorNames[static_cast<std::size_t>(error)]; }

void ResponseReader::Expect(BodyOf method) {
  method_ = method;
  error_ = HttpError::kNone;
  head_bytes_ = body_bytes_ = 0;
  interim_ = 0;
  started_ = false;
  ExpectHead();
}

void ResponseReader::ExpectHead() {
  state_ = State::kStatusLine;
  status_ = 0;
  room_ = kMostHeadBytes;
  line_ = 0;
  left_ = length_ = 0;
  framing_ = Framing::kNone;
  last_field_ = LastField::kNone;
  has_length_ = close_ = keep_ = old_version_ = false;
  bad_bytes_ = cr_came_ = keep_alive_ = false;
}

void ResponseReader::Fail(HttpError error) {
  if (!failed()) error_ = error;
  keep_alive_ = false;
}

std::size_t ResponseReader::Feed(const char* bytes, std::size_t size) {
  std::size_t taken = 0;
  while (taken < size && state_ != State::kDone && !failed()) {
    started_ = true;
    const std::size_t left = size - taken;
    if (state_ <= State::kFields || state_ == State::kTrailers) {
      taken += FeedLines(bytes + taken, left);
    } else if (state_ == State::kLengthBody || state_ == State::kCloseBody ||
               state_ == State::kChunkBody) {
      taken += FeedBody(left);
    } else {
      taken += FeedChunked(bytes + taken, left);
    }
  }
  return taken;
}

void ResponseReader::FeedEnd() {
  if (state_ == State::kDone || failed()) return;
  if (state_ != State::kCloseBody) return Fail(HttpError::kClosedEarly);
  state_ = State::kDone;
}

std::size_t ResponseReader::FeedLines(const char* bytes, std::size_t size) {
  const State before = state_;
  std::size_t taken = 0;
  while (taken < size && !failed() && (state_ <= State::kFields || state_ == State::kTrailers)) {
    const char* const from = bytes + taken;
    const void* const end = std::memchr(from, '\n', size - taken);
    const std::size_t length = end == nullptr
                                   ? size - taken
                                   : static_cast<std::size_t>(static_cast<const char*>(end) - from);
    taken += length + (end == nullptr ? 0 : 1);
    TakeLinePart({from, length}, end != nullptr);
  }
  if (before != State::kTrailers) head_bytes_ += taken;
  return taken;
}

void ResponseReader::TakeLinePart(std::string_view part, bool ends) {
  // Before the limit is looked at: it comes first in the bytes, too.
  if (state_ == State::kStatusLine && line_ < kVersion.size()) {
    const std::string_view wanted = kVersion.substr(line_);
    const std::size_t both = std::min(wanted.size(), part.size());
    if (wanted.substr(0, both) != part.substr(0, both)) return Fail(HttpError::kBadStatusLine);
  }
  const std::size_t used = part.size() + (ends ? 1 : 0);
  if (used > room_) return Fail(HttpError::kHeadTooLong);
  room_ -= static_cast<std::uint32_t>(used);
  LookForBadBytes(part);
  const bool whole = ends && line_ == 0;
  if (!whole) KeepPart(part);
  line_ += static_cast<std::uint32_t>(part.size());
  if (!ends) return;
  const std::size_t length = line_;
  const bool cut = length > kMostLineBytes;
  std::string_view line(whole ? part.data() : partial_.data(), std::min(length, kMostLineBytes));
  if (!cut && line.ends_with('\r')) line.remove_suffix(1);
  line_ = 0;
  cr_came_ = false;
  EndLine(line, cut);
}

void ResponseReader::LookForBadBytes(std::string_view part) {
  if (part.empty()) return;
  if (cr_came_) bad_bytes_ = true;
  const std::size_t cr = part.find('\r');
  cr_came_ = cr != std::string_view::npos;
  if (cr_came_ && cr + 1 != part.size()) bad_bytes_ = true;
  if (part.find('\0') != std::string_view::npos) bad_bytes_ = true;
}

void ResponseReader::KeepPart(std::string_view part) {
  if (line_ >= kMostLineBytes) return;
  const std::size_t fits = std::min(part.size(), kMostLineBytes - line_);
  std::copy_n(part.data(), fits, partial_.data() + line_);
}

void ResponseReader::EndLine(std::string_view line, bool cut) {
  const bool first = state_ == State::kStatusLine;
  if (bad_bytes_) return Fail(first ? HttpError::kBadStatusLine : HttpError::kBadHeader);
  if (first) return TakeStatusLine(line);
  if (!line.empty()) return TakeField(line, cut);
  if (state_ == State::kTrailers) {
    state_ = State::kDone;
    return;
  }
  EndHead();
}

/// "HTTP/1.1 200 OK"; the blank behind the code may be missing, as many servers leave it out.
void ResponseReader::TakeStatusLine(std::string_view line) {
  constexpr std::size_t kCode = kVersion.size() + 2;
  constexpr std::size_t kEnd = kCode + 3;
  const bool sane = line.size() >= kEnd && IsDigit(line[kVersion.size()]) &&
                    line[kVersion.size() + 1] == ' ' && IsDigit(line[kCode]) &&
                    IsDigit(line[kCode + 1]) && IsDigit(line[kCode + 2]) &&
                    (line.size() == kEnd || line[kEnd] == ' ');
  if (!sane) return Fail(HttpError::kBadStatusLine);
  const int code =
      (line[kCode] - '0') * 100 + (line[kCode + 1] - '0') * 10 + (line[kCode + 2] - '0');
  if (code < 100 || code > 599) return Fail(HttpError::kBadStatusLine);
  status_ = static_cast<std::int16_t>(code);
  old_version_ = line[kVersion.size()] == '0';
  state_ = State::kFields;
}

void ResponseReader::TakeField(std::string_view line, bool cut) {
  if (line.front() == ' ' || line.front() == '\t') {
    if (last_field_ != LastField::kPlain) Fail(HttpError::kBadHeader);
    return;
  }
  std::size_t length = 0;
  while (length < line.size() && kToken[static_cast<unsigned char>(line[length])]) ++length;
  if (length == 0 || length == line.size() || line[length] != ':') {
    return Fail(HttpError::kBadHeader);
  }
  const std::string_view name = line.substr(0, length);
  const bool decisive = state_ == State::kFields && IsDecisive(name);
  last_field_ = decisive ? LastField::kDecisive : LastField::kPlain;
  if (!decisive) return;
  if (cut) return Fail(HttpError::kBadHeader);
  TakeDecisive(name, Trim(line.substr(length + 1)));
}

void ResponseReader::TakeDecisive(std::string_view name, std::string_view value) {
  switch (name.size()) {
    case kLength.size():
      return TakeLength(value);
    case kCoding.size():
      return TakeCodings(value);
    default:
      return TakeConnection(value);
  }
}

/// A list of one and the same number is what a careless proxy makes of two fields (RFC 9110, 8.6).
void ResponseReader::TakeLength(std::string_view value) {
  if (value.empty()) return Fail(HttpError::kBadLength);
  std::string_view item;
  while (!failed() && NextItem(value, item)) TakeLengthItem(item);
}

void ResponseReader::TakeLengthItem(std::string_view item) {
  std::uint64_t length = 0;
  for (const char c : item) {
    if (!IsDigit(c) || length > kMostLength / 10 - 1) return Fail(HttpError::kBadLength);
    length = length * 10 + static_cast<std::uint64_t>(c - '0');
  }
  if (item.empty() || (has_length_ && length != length_)) return Fail(HttpError::kBadLength);
  length_ = length;
  has_length_ = true;
}

void ResponseReader::TakeCodings(std::string_view value) {
  std::string_view item;
  while (NextItem(value, item)) {
    if (item.empty()) continue;
    // Chunked stands last and once, or nobody knows where the body ends (RFC 9112, 6.1).
    if (framing_ == Framing::kChunked) return Fail(HttpError::kBadLength);
    framing_ = Is(item, "chunked") ? Framing::kChunked : Framing::kOtherCoding;
  }
}

void ResponseReader::TakeConnection(std::string_view value) {
  std::string_view item;
  while (NextItem(value, item)) {
    close_ = close_ || Is(item, "close");
    keep_ = keep_ || Is(item, "keep-alive");
  }
}

void ResponseReader::EndHead() {
  if (status_ >= 200 || status_ == 101) return BeginBody();
  if (++interim_ > kMostInterim) return Fail(HttpError::kHeadTooLong);
  ExpectHead();
}

/// RFC 9112, 6.3.
void ResponseReader::BeginBody() {
  keep_alive_ = !close_ && (keep_ || !old_version_) && status_ != 101;
  const bool none = method_ == BodyOf::kHead || status_ < 200 || status_ == 204 || status_ == 304;
  if (none) {
    state_ = State::kDone;
    return;
  }
  if (framing_ != Framing::kNone && (has_length_ || old_version_)) {
    return Fail(HttpError::kBadLength);
  }
  left_ = length_;
  if (framing_ == Framing::kChunked) {
    state_ = State::kChunkSize;
  } else if (has_length_) {
    state_ = left_ == 0 ? State::kDone : State::kLengthBody;
  } else {
    keep_alive_ = false;
    state_ = State::kCloseBody;
  }
}

std::size_t ResponseReader::FeedBody(std::size_t size) {
  if (state_ == State::kCloseBody) {
    body_bytes_ += size;
    return size;
  }
  const auto taken = static_cast<std::size_t>(std::min<std::uint64_t>(size, left_));
  body_bytes_ += taken;
  left_ -= taken;
  if (left_ == 0) state_ = state_ == State::kChunkBody ? State::kChunkCr : State::kDone;
  return taken;
}

std::size_t ResponseReader::FeedChunked(const char* bytes, std::size_t size) {
  std::size_t taken = 0;
  while (taken < size && !failed() && state_ >= State::kChunkSize && state_ < State::kTrailers &&
         state_ != State::kChunkBody) {
    TakeChunkByte(bytes[taken++]);
  }
  return taken;
}

/// RFC 9112, 7.1. A bare LF ends no line here: it is how one side is made to see another body.
void ResponseReader::TakeChunkByte(char c) {
  switch (state_) {
    case State::kChunkSize:
    case State::kChunkDigits:
      return TakeChunkDigit(c);
    case State::kChunkExtension:
      if (c == '\r') {
        state_ = State::kChunkSizeEnd;
      } else if (c == '\n' || c == '\0' || room_-- == 0) {
        Fail(HttpError::kBadChunk);
      }
      return;
    case State::kChunkSizeEnd:
      if (c != '\n') return Fail(HttpError::kBadChunk);
      return EndChunkSize();
    case State::kChunkCr:
      if (c != '\r') return Fail(HttpError::kBadChunk);
      state_ = State::kChunkLf;
      return;
    default:
      if (c != '\n') return Fail(HttpError::kBadChunk);
      state_ = State::kChunkSize;
  }
}

void ResponseReader::TakeChunkDigit(char c) {
  const int digit = HexValue(c);
  if (digit >= 0) {
    if (state_ == State::kChunkSize) {
      left_ = 0;
      room_ = kMostChunkLine;
    }
    state_ = State::kChunkDigits;
    if (left_ > kMostLength >> 4 || room_-- == 0) return Fail(HttpError::kBadChunk);
    left_ = left_ << 4 | static_cast<std::uint64_t>(digit);
    return;
  }
  if (state_ == State::kChunkSize) return Fail(HttpError::kBadChunk);
  if (c == '\r') {
    state_ = State::kChunkSizeEnd;
  } else if (c == ';' || c == ' ' || c == '\t') {
    state_ = State::kChunkExtension;
  } else {
    Fail(HttpError::kBadChunk);
  }
}

void ResponseReader::EndChunkSize() {
  if (left_ > 0) {
    state_ = State::kChunkBody;
    return;
  }
  state_ = State::kTrailers;
  room_ = kMostHeadBytes;
  last_field_ = LastField::kNone;
}

}  // namespace tunewire
