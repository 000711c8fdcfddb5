#include "tunewire/http/response.h"

#include <doctest/doctest.h>

#include <ostream>
#include <random>
#include <string>
#include <vector>

namespace tunewire {
namespace {

using BodyOf = ResponseReader::BodyOf;

enum class Then { kStays, kCloses };

/// All that a reader says of an answer. What it took of a broken one depends on the cut, so only
/// the error counts there.
struct Reading {
  bool done = false;
  HttpError error = HttpError::kNone;
  int status = 0;
  bool keep_alive = false;
  std::uint64_t head = 0, body = 0;
  std::size_t taken = 0;

  bool operator==(const Reading&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Reading& reading) {
  return out << (reading.done ? "done " : "open ") << NameOf(reading.error) << ' ' << reading.status
             << (reading.keep_alive ? " keep " : " close ") << reading.head << '+' << reading.body
             << " of " << reading.taken;
}

Reading ReadingOf(const ResponseReader& reader, std::size_t taken) {
  if (reader.failed()) return {.error = reader.error()};
  return {reader.done(),
          reader.error(),
          reader.status(),
          reader.keep_alive(),
          reader.head_bytes(),
          reader.body_bytes(),
          taken};
}

/// Fed in pieces that end at `cuts` (rising).
Reading Read(std::string_view bytes, BodyOf method, Then then,
             const std::vector<std::size_t>& cuts) {
  ResponseReader reader;
  reader.Expect(method);
  std::size_t taken = 0, from = 0;
  for (std::size_t i = 0; i <= cuts.size(); ++i) {
    const std::size_t to = i < cuts.size() ? cuts[i] : bytes.size();
    const std::size_t got = reader.Feed(bytes.data() + from, to - from);
    if (got > to - from) FAIL("took more than there was");
    taken += got;
    if (got < to - from) {
      if (!reader.done() && !reader.failed()) FAIL("left bytes of an unfinished answer");
      break;
    }
    from = to;
  }
  if (then == Then::kCloses) reader.FeedEnd();
  return ReadingOf(reader, taken);
}

Reading ByteByByte(std::string_view bytes, BodyOf method, Then then) {
  std::vector<std::size_t> cuts;
  for (std::size_t i = 1; i < bytes.size(); ++i) cuts.push_back(i);
  return Read(bytes, method, then, cuts);
}

std::vector<std::size_t> RandomCuts(std::mt19937& random, std::size_t size) {
  std::vector<std::size_t> cuts;
  std::size_t at = 0;
  const std::size_t longest = 2 + random() % 40;
  while ((at += random() % longest) < size) cuts.push_back(at);
  return cuts;
}

struct Case {
  const char* name;
  std::string bytes;
  Reading want;
  BodyOf method = BodyOf::kGet;
  Then then = Then::kStays;
};

Reading Whole(int status, bool keep, std::size_t head, std::size_t body, std::size_t taken) {
  return {true, HttpError::kNone, status, keep, head, body, taken};
}

Reading Wrong(HttpError error) { return {.error = error}; }

Case Ok(const char* name, std::string head, std::string body, int status, bool keep,
        Then then = Then::kStays, BodyOf method = BodyOf::kGet) {
  const std::size_t head_size = head.size(), body_size = body.size();
  return {name, head + body, Whole(status, keep, head_size, body_size, head_size + body_size),
          method, then};
}

Case Chunked(const char* name, std::string framed, std::size_t body, bool keep = true) {
  const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  return {name, head + framed, Whole(200, keep, head.size(), body, head.size() + framed.size())};
}

Case BadChunk(const char* name, std::string framed, HttpError error = HttpError::kBadChunk) {
  return {name, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + framed, Wrong(error)};
}

Case Bad(const char* name, std::string bytes, HttpError error, Then then = Then::kStays) {
  return {name, std::move(bytes), Wrong(error), BodyOf::kGet, then};
}

/// A head of exactly `size` bytes with an empty body.
std::string HeadOf(std::size_t size) {
  const std::string begin = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: ";
  return begin + std::string(size - begin.size() - 4, 'x') + "\r\n\r\n";
}

std::string Repeat(std::string_view text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

std::vector<Case> GoodCases() {
  const std::string long_value(3000, 'v');
  std::vector<Case> cases{
      Ok("length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "hello", 200, true),
      Ok("no reason", "HTTP/1.1 200\r\ncontent-length:5\r\n\r\n", "hello", 200, true),
      Ok("empty reason", "HTTP/1.1 404 \r\nCONTENT-LENGTH: \t 5 \t\r\n\r\n", "hello", 404, true),
      Ok("length 0", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "", 200, true),
      Ok("bare LF", "HTTP/1.1 200 OK\nContent-Length: 5\n\n", "hello", 200, true),
      Ok("mixed ends", "HTTP/1.1 200 OK\r\nContent-Length: 5\n\r\n", "hello", 200, true),
      Ok("twice the same length",
         "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 05\r\n\r\n", "hello", 200, true),
      Ok("list of one length", "HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\n", "hello", 200,
         true),
      Ok("close", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\n", "hello", 200,
         false),
      Ok("close in a list",
         "HTTP/1.1 200 OK\r\nConnection: keep-alive , x,CLOSE\r\nContent-Length: 5\r\n\r\n",
         "hello", 200, false),
      Ok("close in a second field",
         "HTTP/1.1 200 OK\r\nConnection: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", "",
         200, false),
      Ok("not a close", "HTTP/1.1 200 OK\r\nConnection: closed\r\nContent-Length: 0\r\n\r\n", "",
         200, true),
      Ok("HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n", "hello", 200, false),
      Ok("HTTP/1.0 kept", "HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 5\r\n\r\n",
         "hello", 200, true),
      Ok("until close", "HTTP/1.1 200 OK\r\n\r\n", "hello", 200, false, Then::kCloses),
      Ok("until close, empty", "HTTP/1.1 200 OK\r\n\r\n", "", 200, false, Then::kCloses),
      Ok("another coding until close", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", "zip",
         200, false, Then::kCloses),
      Ok("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "", 200, true, Then::kStays,
         BodyOf::kHead),
      Ok("HEAD chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "", 200, true,
         Then::kStays, BodyOf::kHead),
      Ok("HEAD without a length", "HTTP/1.1 200 OK\r\n\r\n", "", 200, true, Then::kStays,
         BodyOf::kHead),
      Ok("204", "HTTP/1.1 204 No Content\r\n\r\n", "", 204, true),
      Ok("304 with a length", "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", "", 304,
         true),
      Ok("101", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", "", 101, false),
      Ok("100 first", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n",
         "ok", 200, true),
      Ok("what a 103 says does not count",
         "HTTP/1.1 103 Hints\r\nConnection: close\r\nContent-Length: 99\r\n\r\n"
         "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n",
         "ok", 200, true),
      Ok("32 interim answers",
         Repeat("HTTP/1.1 102 P\r\n\r\n", 32) + "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n",
         "ok", 200, true),
      Ok("folded", "HTTP/1.1 200 OK\r\nX: a\r\n\tb\r\n  c\r\nContent-Length: 2\r\n\r\n", "ok", 200,
         true),
      Ok("empty value", "HTTP/1.1 200 OK\r\nX:\r\nY: \r\nContent-Length: 2\r\n\r\n", "ok", 200,
         true),
      Ok("long line", "HTTP/1.1 200 OK\r\nX: " + long_value + "\r\nContent-Length: 2\r\n\r\n", "ok",
         200, true),
      Ok("obs-text", "HTTP/1.1 200 \xe9\r\nX: \xff\xfe\r\nContent-Length: 2\r\n\r\n", "ok", 200,
         true),
      Ok("64 KiB of head", HeadOf(kMostHeadBytes), "", 200, true),
      Chunked("chunked", "5\r\nhello\r\n0\r\n\r\n", 5),
      Chunked("empty chunked", "0\r\n\r\n", 0),
      Chunked("extensions", "5;a=\"b\";c\r\nhello\r\nA ;x\r\n0123456789\r\n00;last\r\n\r\n", 15),
      Chunked("trailers", "5\r\nhello\r\n0\r\nX: y\r\nContent-Length: 99\r\n\r\n", 5),
      Chunked("leading zeros", "00000000000000000000005\r\nhello\r\n0\r\n\r\n", 5),
  };
  cases.push_back({"stops at the end", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 ",
                   Whole(200, true, 38, 2, 40)});
  cases.push_back({"unfinished",
                   "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel",
                   {false, HttpError::kNone, 200, true, 38, 3, 41}});
  return cases;
}

std::vector<Case> BadCases() {
  using enum HttpError;
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  return {
      Bad("no HTTP", "SSH-2.0-OpenSSH_9.2\r\n", kBadStatusLine),
      Bad("HTTP/2", "HTTP/2 200\r\n\r\n", kBadStatusLine),
      Bad("lower case", "http/1.1 200 OK\r\n\r\n", kBadStatusLine),
      Bad("empty line first", "\r\nHTTP/1.1 200 OK\r\n\r\n", kBadStatusLine),
      Bad("two digits", "HTTP/1.1 20\r\n\r\n", kBadStatusLine),
      Bad("four digits", "HTTP/1.1 2000\r\n\r\n", kBadStatusLine),
      Bad("status 600", "HTTP/1.1 600 X\r\n\r\n", kBadStatusLine),
      Bad("status 099", "HTTP/1.1 099 X\r\n\r\n", kBadStatusLine),
      Bad("CR in the status line", "HTTP/1.1 200 O\rK\r\n\r\n", kBadStatusLine),
      Bad("no colon", ok + "Name\r\n\r\n", kBadHeader),
      Bad("no name", ok + ": x\r\n\r\n", kBadHeader),
      Bad("blank before the colon", ok + "Content-Length : 5\r\n\r\n", kBadHeader),
      Bad("NUL in a value", ok + std::string("X: a\0b\r\n\r\n", 10), kBadHeader),
      Bad("CR in a value", ok + "X: a\rb\r\n\r\n", kBadHeader),
      Bad("two CR", ok + "X: a\r\r\n\r\n", kBadHeader),
      Bad("fold without a field", ok + " x\r\n\r\n", kBadHeader),
      Bad("folded length", ok + "Content-Length: 1\r\n 0\r\n\r\n", kBadHeader),
      Bad("a name beyond a line", ok + std::string(300, 'n') + ": x\r\n\r\n", kBadHeader),
      Bad("a decisive field too long",
          ok + "Connection: " + std::string(300, 'x') + ", close\r\n\r\n", kBadHeader),
      Bad("64 KiB and one byte", HeadOf(kMostHeadBytes + 1), kHeadTooLong),
      Bad("a head without end", ok + Repeat("X: y\r\n", 12000), kHeadTooLong),
      Bad("a line without end", ok + std::string(70000, 'n'), kHeadTooLong),
      Bad("33 interim answers", Repeat("HTTP/1.1 102 P\r\n\r\n", 33), kHeadTooLong),
      Bad("negative length", ok + "Content-Length: -5\r\n\r\n", kBadLength),
      Bad("signed length", ok + "Content-Length: +5\r\n\r\n", kBadLength),
      Bad("empty length", ok + "Content-Length:\r\n\r\n", kBadLength),
      Bad("length with a comma", ok + "Content-Length: 5,\r\n\r\n", kBadLength),
      Bad("hexadecimal length", ok + "Content-Length: 0x5\r\n\r\n", kBadLength),
      Bad("two lengths in one", ok + "Content-Length: 5 6\r\n\r\n", kBadLength),
      Bad("a huge length", ok + "Content-Length: 18446744073709551621\r\n\r\n", kBadLength),
      Bad("2^63", ok + "Content-Length: 9223372036854775808\r\n\r\n", kBadLength),
      Bad("lengths that differ", ok + "Content-Length: 5\r\nContent-Length: 6\r\n\r\n", kBadLength),
      Bad("a list that differs", ok + "Content-Length: 5, 6\r\n\r\n", kBadLength),
      Bad("coding beside length", ok + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
          kBadLength),
      Bad("coding in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
          kBadLength),
      Bad("chunked twice", ok + "Transfer-Encoding: chunked, chunked\r\n\r\n", kBadLength),
      Bad("chunked not last", ok + "Transfer-Encoding: chunked, gzip\r\n\r\n", kBadLength),
      Bad("closed in the status line", "HTTP/1", kClosedEarly, Then::kCloses),
      Bad("closed in the head", ok + "X: y\r\n", kClosedEarly, Then::kCloses),
      Bad("closed in the body", ok + "Content-Length: 5\r\n\r\nhell", kClosedEarly, Then::kCloses),
      Bad("closed in a chunk", ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhe", kClosedEarly,
          Then::kCloses),
      Bad("closed before a byte", "", kClosedEarly, Then::kCloses),
      BadChunk("no digit", "\r\n"),
      BadChunk("no hex", "x\r\n"),
      BadChunk("negative", "-5\r\nhello\r\n"),
      BadChunk("bare LF behind the size", "5\nhello\r\n0\r\n\r\n"),
      BadChunk("bare LF behind the data", "5\r\nhello\n0\r\n\r\n"),
      BadChunk("data longer than said", "5\r\nhello!\r\n0\r\n\r\n"),
      BadChunk("LF in an extension", "5;a\nb\r\nhello\r\n"),
      BadChunk("CR alone", "5\rhello\r\n"),
      BadChunk("size too large", "10000000000000000\r\n"),
      BadChunk("size without end", std::string(5000, '0')),
      BadChunk("extension without end", "5;" + std::string(5000, 'x')),
      BadChunk("a wrong trailer", "0\r\nno colon\r\n\r\n", kBadHeader),
      BadChunk("trailers without end", "0\r\n" + Repeat("X: y\r\n", 12000), kHeadTooLong),
  };
}

void CheckAtEveryCut(const Case& one) {
  CAPTURE(one.name);
  CHECK(Read(one.bytes, one.method, one.then, {}) == one.want);
  CHECK(ByteByByte(one.bytes, one.method, one.then) == one.want);
  const std::size_t step = one.bytes.size() < 4000 ? 1 : 997;
  for (std::size_t cut = 1; cut < one.bytes.size(); cut += step) {
    CAPTURE(cut);
    REQUIRE(Read(one.bytes, one.method, one.then, {cut}) == one.want);
  }
  std::mt19937 random(7);
  for (int round = 0; round < 30; ++round) {
    REQUIRE(Read(one.bytes, one.method, one.then, RandomCuts(random, one.bytes.size())) ==
            one.want);
  }
}

}  // namespace

TEST_CASE("http answer: good ones read the same however they are cut") {
  for (const Case& one : GoodCases()) CheckAtEveryCut(one);
}

TEST_CASE("http answer: wrong ones are an error of their kind however they are cut") {
  for (const Case& one : BadCases()) CheckAtEveryCut(one);
}

TEST_CASE("http answer: any mutation reads the same however it is cut, and ends") {
  std::mt19937 random(5);
  std::vector<Case> cases = GoodCases();
  for (const Case& bad : BadCases()) cases.push_back(bad);
  for (const Case& one : cases) {
    if (one.bytes.empty() || one.bytes.size() > 4000) continue;
    for (int round = 0; round < 300; ++round) {
      std::string bytes = one.bytes;
      for (unsigned i = 0; i <= random() % 3; ++i) {
        bytes[random() % bytes.size()] = static_cast<char>(random());
      }
      const Reading whole = Read(bytes, one.method, one.then, {});
      CAPTURE(bytes);
      REQUIRE(ByteByByte(bytes, one.method, one.then) == whole);
      REQUIRE(Read(bytes, one.method, one.then, RandomCuts(random, bytes.size())) == whole);
      if (one.then == Then::kCloses) {
        REQUIRE((whole.done || whole.error != HttpError::kNone));
      }
    }
  }
}

TEST_CASE("http answer: one after the other on a connection") {
  const std::string first = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  const std::string second = "HTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
  const std::string both = first + second;
  ResponseReader reader;
  reader.Expect(BodyOf::kGet);
  CHECK_FALSE(reader.started());
  REQUIRE(reader.Feed(both.data(), both.size()) == first.size());
  CHECK((reader.done() && reader.started() && reader.head_done()));
  CHECK(reader.Feed(both.data() + first.size(), second.size()) == 0);
  reader.Expect(BodyOf::kGet);
  CHECK_FALSE((reader.done() || reader.started() || reader.head_done()));
  CHECK(reader.Feed(both.data() + first.size(), second.size()) == second.size());
  CHECK(reader.done());
  CHECK(reader.status() == 404);
  CHECK(reader.body_bytes() == 0);
}

TEST_CASE("http answer: every error has a name of its own") {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < kHttpErrorKinds; ++i) {
    const std::string_view name = NameOf(static_cast<HttpError>(i));
    CHECK_FALSE(name.empty());
    for (const std::string_view other : names) CHECK(other != name);
    names.push_back(name);
  }
  CHECK(names.front() == "none");
  CHECK(names.back() == "other");
}

}  // namespace tunewire
