#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <numeric>
#include <random>
#include <string>
#include <thread>

#include "support/scripted_server.h"
#include "tunewire/http/load.h"
#include "tunewire/http/request.h"

namespace tunewire {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

const std::string kOk = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
const std::string kLast = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello";

/// Answers whatever comes, for ever.
void AlwaysOk(ScriptedPeer& peer) {
  while (peer.ReadRequest() && peer.Send(kOk)) {
  }
}

LoadSpec SpecFor(const ScriptedServer& server, std::uint64_t requests, std::uint32_t connections,
                 const std::string& method = "GET") {
  LoadSpec spec;
  spec.addresses = {server.address()};
  spec.request = *BuildRequest({.url = {"test", 80, "/"}, .method = method});
  spec.requests = requests;
  spec.connections = connections;
  spec.keep = requests;
  return spec;
}

LoadResult Ran(const LoadSpec& spec, const LoadWatch& watch = {}) {
  auto result = EpollLoadClient()->Run(spec, watch);
  if (!result) FAIL("the run failed: " << result.error().message);
  // What holds for every run.
  CHECK(result->requests == result->ok + std::accumulate(result->errors.begin(),
                                                         result->errors.end(), std::uint64_t{0}));
  CHECK(result->latency.count() == result->ok);
  return std::move(*result);
}

std::uint64_t Count(const LoadResult& result, HttpError error) {
  return result.errors[static_cast<std::size_t>(error)];
}

/// A run of one connection whose every request meets `script`.
LoadResult Against(const ScriptedServer::Script& script, std::uint64_t requests,
                   milliseconds timeout = 5000ms) {
  ScriptedServer server(script);
  LoadSpec spec = SpecFor(server, requests, 1);
  spec.timeout = timeout;
  return Ran(spec);
}

/// The server reads a request, then says `bytes` and closes.
ScriptedServer::Script Says(std::string bytes) {
  return [bytes = std::move(bytes)](ScriptedPeer& peer) {
    if (peer.ReadRequest()) peer.Send(bytes);
  };
}

}  // namespace

TEST_CASE("http load: counts are exact over threads and connections") {
  std::atomic<int> served = 0;
  ScriptedServer server([&](ScriptedPeer& peer) {
    while (peer.ReadRequest()) {
      ++served;
      if (!peer.Send(kOk)) return;
    }
  });
  LoadSpec spec = SpecFor(server, 3001, 7);
  spec.threads = 3;
  const LoadResult result = Ran(spec);
  CHECK(result.requests == 3001);
  CHECK(result.ok == 3001);
  CHECK(served == 3001);
  CHECK(result.connects == 7);
  CHECK(result.reconnects == 0);
  CHECK(result.statuses[200] == 3001);
  CHECK(result.bytes_received == 3001 * kOk.size());
  CHECK(result.bytes_sent == 3001 * spec.request.size());
  CHECK(result.samples.size() == 3001);
  CHECK(result.connections.size() == 7);
  std::uint64_t tallied = 0;
  for (const ConnectionTally& tally : result.connections) tallied += tally.requests;
  CHECK(tallied == 3001);
  CHECK(result.connect.count() == 7);
  CHECK(result.client_cpu_ns > 0);
  CHECK(result.client_peak_rss_bytes > 0);
  CHECK(result.send_mss.value_or(0) > 0);
  CHECK_FALSE((result.interrupted || result.gave_up));
}

TEST_CASE("http load: samples are kept in order, and only so many") {
  ScriptedServer server(AlwaysOk);
  LoadSpec spec = SpecFor(server, 500, 4);
  spec.threads = 2;
  spec.keep = 100;
  const LoadResult result = Ran(spec);
  REQUIRE(result.samples.size() == 100);
  for (std::size_t i = 1; i < result.samples.size(); ++i) {
    CHECK(result.samples[i - 1].end_ns <= result.samples[i].end_ns);
  }
  for (const HttpSample& sample : result.samples) {
    CHECK(sample.intended_ns == sample.begin_ns);
    CHECK(sample.begin_ns == sample.connected_ns);
    CHECK(sample.begin_ns < sample.first_byte_ns);
    CHECK(sample.first_byte_ns <= sample.end_ns);
    CHECK(sample.bytes == kOk.size());
    CHECK(sample.status == 200);
    CHECK(sample.connection < 4);
  }
}

TEST_CASE("http load: a new connection for every request") {
  ScriptedServer server([](ScriptedPeer& peer) {
    if (peer.ReadRequest()) peer.Send(kLast);
  });
  LoadSpec spec = SpecFor(server, 200, 3);
  spec.keep_alive = false;
  const LoadResult result = Ran(spec);
  CHECK(result.ok == 200);
  CHECK(result.connects == 200);
  CHECK(result.reconnects == 0);
  CHECK(server.accepted() == 200);
  for (const HttpSample& sample : result.samples) {
    CHECK(sample.turn == 0);
    CHECK(sample.begin_ns < sample.connected_ns);
    CHECK(sample.connected_ns <= sample.first_byte_ns);
  }
}

TEST_CASE("http load: a server that leaves the closing to us holds nothing up for long") {
  ScriptedServer server([](ScriptedPeer& peer) {
    if (peer.ReadRequest() && peer.Send(kLast)) peer.ReadRequest();
  });
  LoadSpec spec = SpecFor(server, 30, 1);
  spec.keep_alive = false;
  const LoadResult result = Ran(spec);
  CHECK(result.ok == 30);
  CHECK(result.elapsed_ns < 4'000'000'000);
}

TEST_CASE("http load: pipelined answers belong to their requests") {
  std::atomic<int> served = 0;
  ScriptedServer server([&](ScriptedPeer& peer) {
    // Three at a time, so that answers come in pieces that end anywhere.
    std::string answers;
    while (peer.ReadRequest()) {
      answers += "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
      if (++served % 3 != 0 && served < 1000) continue;
      if (!peer.Send(answers)) return;
      answers.clear();
    }
  });
  LoadSpec spec = SpecFor(server, 1000, 1);
  spec.pipeline = 16;
  const LoadResult result = Ran(spec);
  CHECK(result.ok == 1000);
  CHECK(served == 1000);
  CHECK(result.connects == 1);
}

TEST_CASE("http load: what the server said is over goes on over a new connection") {
  ScriptedServer server([](ScriptedPeer& peer) {
    for (int i = 0; i < 5 && peer.ReadRequest(); ++i) peer.Send(i < 4 ? kOk : kLast);
  });
  for (const std::uint32_t pipeline : {1U, 8U}) {
    CAPTURE(pipeline);
    LoadSpec spec = SpecFor(server, 100, 1);
    spec.pipeline = pipeline;
    const LoadResult result = Ran(spec);
    CHECK(result.ok == 100);
    CHECK(result.connects == 20);
    CHECK(result.reconnects == 19);
  }
}

TEST_CASE("http load: a request that met a closing server is asked once more") {
  // The connection's second request is read, and nothing said.
  const auto script = [](ScriptedPeer& peer) {
    if (peer.ReadRequest()) peer.Send(kOk);
    if (peer.number() == 0) peer.ReadRequest();
    if (peer.number() > 0) AlwaysOk(peer);
  };
  SUBCASE("GET") {
    ScriptedServer server(script);
    const LoadResult result = Ran(SpecFor(server, 10, 1));
    CHECK(result.ok == 10);
    CHECK(result.reconnects == 1);
    // Its cost is the request's own.
    CHECK(result.samples[1].begin_ns < result.samples[1].connected_ns);
    CHECK(result.samples[1].turn == 0);
  }
  SUBCASE("POST is not") {
    ScriptedServer server(script);
    const LoadResult result = Ran(SpecFor(server, 10, 1, "POST"));
    CHECK(result.ok == 9);
    CHECK(Count(result, HttpError::kClosedEarly) == 1);
    CHECK(result.reconnects == 1);
  }
}

TEST_CASE("http load: asked once more, not twice") {
  ScriptedServer server([](ScriptedPeer& peer) {
    if (peer.ReadRequest() && peer.number() != 1) peer.Send(kOk);
    if (peer.number() == 0) peer.ReadRequest();
    if (peer.number() > 1) AlwaysOk(peer);
  });
  const LoadResult result = Ran(SpecFor(server, 10, 1));
  CHECK(result.ok == 9);
  CHECK(Count(result, HttpError::kClosedEarly) == 1);
  CHECK(result.reconnects == 2);
}

TEST_CASE("http load: pipelined requests, too, are asked once more, not twice") {
  // One answer, and an end that was not announced.
  ScriptedServer server([](ScriptedPeer& peer) {
    if (peer.ReadRequest()) peer.Send(kOk);
  });
  LoadSpec spec = SpecFor(server, 4, 1);
  spec.pipeline = 4;
  const LoadResult result = Ran(spec);
  // The third is unanswered twice; the fourth is the first on its second new connection.
  CHECK(result.ok == 3);
  CHECK(Count(result, HttpError::kClosedEarly) == 1);
  CHECK(result.connects == 3);
}

TEST_CASE("http load: a server that closes at random loses no request") {
  ScriptedServer server([](ScriptedPeer& peer) {
    const int answers = 1 + peer.number() * 7 % 5;
    for (int i = 0; i < answers && peer.ReadRequest(); ++i) peer.Send(kOk);
  });
  LoadSpec spec = SpecFor(server, 300, 4);
  spec.threads = 2;
  const LoadResult result = Ran(spec);
  CHECK(result.ok == 300);
  CHECK(result.reconnects > 50);
}

TEST_CASE("http load: whatever servers do, every request is counted once and the run ends") {
  const std::string whole =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
  ScriptedServer server([&](ScriptedPeer& peer) {
    std::mt19937 random(static_cast<unsigned>(peer.number()));
    while (peer.ReadRequest()) {
      const auto turn = random() % 40;
      if (turn == 0) return;
      if (turn == 1) return peer.ResetAtEnd();
      if (turn == 2) peer.Send("nonsense\r\n");
      if (turn == 3) peer.Send(whole.substr(0, random() % whole.size()));
      if (turn == 4) peer.Send(kLast);
      if (turn == 5) peer.Send(kOk + kOk);
      if (turn == 6) std::this_thread::sleep_for(150ms);
      if (turn < 6) continue;
      peer.Send(turn % 2 == 0 ? kOk : whole);
    }
  });
  for (const std::uint32_t pipeline : {1U, 5U}) {
    for (const bool keep_alive : {true, false}) {
      for (const double rate : {0.0, 4000.0}) {
        CAPTURE(pipeline);
        CAPTURE(keep_alive);
        CAPTURE(rate);
        LoadSpec spec = SpecFor(server, 500, 20);
        spec.threads = 2;
        spec.pipeline = pipeline;
        spec.keep_alive = keep_alive;
        spec.rate = rate;
        spec.timeout = 100ms;
        const LoadResult result = Ran(spec);
        CHECK(result.requests == 500);
        CHECK(result.unfinished == 0);
        CHECK(result.samples.size() == 500);
        CHECK_FALSE(result.gave_up);
      }
    }
  }
}

TEST_CASE("http load: HEAD, and codes without a body") {
  ScriptedServer server([](ScriptedPeer& peer) {
    while (peer.ReadRequest()) peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n");
  });
  LoadSpec spec = SpecFor(server, 20, 1, "HEAD");
  spec.method = ResponseReader::BodyOf::kHead;
  CHECK(Ran(spec).ok == 20);

  const LoadResult codes = Against(
      [](ScriptedPeer& peer) {
        for (int i = 0; peer.ReadRequest(); ++i) {
          peer.Send(i % 2 == 0 ? "HTTP/1.1 204 No\r\n\r\n" : "HTTP/1.1 304 No\r\n\r\n");
        }
      },
      20);
  CHECK(codes.statuses[204] == 10);
  CHECK(codes.statuses[304] == 10);
}

TEST_CASE("http load: a body until the end of the connection") {
  const LoadResult result = Against(Says("HTTP/1.1 200 OK\r\n\r\nhello"), 20);
  CHECK(result.ok == 20);
  CHECK(result.reconnects == 19);
}

TEST_CASE("http load: a wrong answer is an error of its kind") {
  const auto only = [](std::string bytes, HttpError error) {
    const LoadResult result = Against(Says(std::move(bytes)), 5);
    CHECK(result.requests == 5);
    CHECK_MESSAGE(Count(result, error) == 5, std::string(NameOf(error)));
  };
  only("", HttpError::kClosedEarly);
  only("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", HttpError::kClosedEarly);
  only("SSH-2.0-x\r\n", HttpError::kBadStatusLine);
  only("HTTP/1.1 200 OK\r\nno colon\r\n\r\n", HttpError::kBadHeader);
  only("HTTP/1.1 200 OK\r\nX: " + std::string(70000, 'x'), HttpError::kHeadTooLong);
  only("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", HttpError::kBadLength);
  only("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", HttpError::kBadChunk);
  only(kOk + "more", HttpError::kSurplus);
}

TEST_CASE("http load: a reset is one, not an end") {
  const LoadResult result = Against(
      [](ScriptedPeer& peer) {
        if (peer.ReadRequest()) peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n");
        std::this_thread::sleep_for(20ms);
        peer.ResetAtEnd();
      },
      3);
  CHECK(Count(result, HttpError::kReset) == 3);
}

TEST_CASE("http load: patience ends, with silence and with a trickle") {
  const LoadResult silent =
      Against([](ScriptedPeer& peer) { peer.ReadRequest(), peer.ReadRequest(); }, 2, 200ms);
  CHECK(Count(silent, HttpError::kTimeout) == 2);
  CHECK(silent.elapsed_ns >= 400'000'000);
  const LoadResult trickle = Against(
      [](ScriptedPeer& peer) {
        if (!peer.ReadRequest()) return;
        for (const char c : kOk) {
          if (!peer.Send({&c, 1})) return;
          std::this_thread::sleep_for(20ms);
        }
      },
      2, 200ms);
  CHECK(Count(trickle, HttpError::kTimeout) == 2);
  REQUIRE(trickle.samples.size() == 2);
  CHECK(trickle.samples[0].bytes > 0);
}

TEST_CASE("http load: pipelined requests run out of patience one by one, each once") {
  ScriptedServer server([](ScriptedPeer& peer) {
    if (peer.ReadRequest()) peer.Send(kOk);
    while (peer.ReadRequest()) {
    }
  });
  LoadSpec spec = SpecFor(server, 12, 1);
  spec.pipeline = 4;
  spec.timeout = 200ms;
  const LoadResult result = Ran(spec);
  CHECK(result.requests == 12);
  CHECK(result.ok + Count(result, HttpError::kTimeout) == 12);
  CHECK(result.ok >= 1);
}

TEST_CASE("http load: nobody there is an error of the run") {
  ScriptedServer server(AlwaysOk);
  const LoadSpec spec = SpecFor(server, 10, 4);
  server.StopListening();
  const auto result = EpollLoadClient()->Run(spec, {});
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().code == "refused");
}

TEST_CASE("http load: the first address that answers is used") {
  ScriptedServer dead(AlwaysOk), server(AlwaysOk);
  LoadSpec spec = SpecFor(server, 10, 1);
  spec.addresses = {dead.address(), server.address()};
  dead.StopListening();
  const LoadResult result = Ran(spec);
  CHECK(result.ok == 10);
  CHECK(result.address == server.address());
}

TEST_CASE("http load: a server that went away is given up, soon") {
  ScriptedServer server([](ScriptedPeer& peer) {
    for (int i = 0; i < 5 && peer.ReadRequest(); ++i) peer.Send(kOk);
  });
  const LoadResult result =
      Ran(SpecFor(server, 100'000'000, 1), [&](std::uint64_t, std::chrono::nanoseconds) {
        server.StopListening();
        return false;
      });
  CHECK(result.gave_up);
  CHECK(result.ok >= 5);
  CHECK(Count(result, HttpError::kConnectRefused) >= 1);
  CHECK(result.requests < 100'000'000);
}

TEST_CASE("http load: descriptors that run out are an error of their own, and stop nobody") {
  ScriptedServer server(AlwaysOk);
  LoadSpec spec = SpecFor(server, 0, 60);
  spec.duration = 400ms;
  // A limit is the whole process's, so another one takes it.
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const rlimit few{40, 40};
    ::setrlimit(RLIMIT_NOFILE, &few);
    const auto result = EpollLoadClient()->Run(spec, {});
    const bool fine = result && result->ok > 100 &&
                      Count(*result, HttpError::kNoDescriptor) >= 60 && !result->gave_up &&
                      result->connects < 40 &&
                      result->ok + Count(*result, HttpError::kNoDescriptor) == result->requests;
    ::_exit(fine ? 0 : 1);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}

TEST_CASE("http load: the watch ends a run, whatever the server does") {
  ScriptedServer server([](ScriptedPeer& peer) {
    while (peer.ReadRequest()) {
    }
  });
  LoadSpec spec = SpecFor(server, 1000, 3);
  spec.timeout = 60s;
  int asked = 0;
  const LoadResult result = Ran(spec, [&](std::uint64_t done, std::chrono::nanoseconds elapsed) {
    CHECK(done == 0);
    CHECK(elapsed.count() > 0);
    return ++asked == 2;
  });
  CHECK(result.interrupted);
  CHECK(result.requests == 0);
  CHECK(result.unfinished == 3);
}

TEST_CASE("http load: the time ends a run, whatever the server does") {
  ScriptedServer server([](ScriptedPeer& peer) {
    while (peer.ReadRequest()) {
    }
  });
  LoadSpec spec = SpecFor(server, 0, 3);
  spec.duration = 500ms;
  spec.timeout = 60s;
  const LoadResult result = Ran(spec);
  CHECK(result.elapsed_ns >= 500'000'000);
  CHECK(result.elapsed_ns < 10'000'000'000);
  CHECK(result.unfinished == 3);
  CHECK_FALSE(result.interrupted);
}

TEST_CASE("http load: a rate is kept, and latency counts from when a request was due") {
  ScriptedServer server([](ScriptedPeer& peer) {
    for (int i = 0; peer.ReadRequest() && peer.Send(kOk); ++i) {
      if (i == 3) std::this_thread::sleep_for(60ms);
    }
  });
  LoadSpec spec = SpecFor(server, 40, 1);
  spec.rate = 200;
  const LoadResult result = Ran(spec);
  REQUIRE(result.samples.size() == 40);
  for (std::size_t i = 0; i < 40; ++i) {
    CHECK(result.samples[i].intended_ns == static_cast<std::int64_t>(i) * 5'000'000);
    CHECK(result.samples[i].begin_ns >= result.samples[i].intended_ns);
  }
  // The fifth waited for the server, those due meanwhile for the fifth.
  CHECK(result.corrected.At(0.75) > result.latency.At(0.75));
  CHECK(result.corrected.largest() >= 55'000'000);
  CHECK(result.elapsed_ns >= 195'000'000);
}

TEST_CASE("http load: what a rate wanted and no connection could begin is said") {
  ScriptedServer server([](ScriptedPeer& peer) {
    while (peer.ReadRequest()) {
    }
  });
  LoadSpec spec = SpecFor(server, 0, 2);
  spec.duration = 200ms;
  spec.rate = 100;
  const LoadResult result = Ran(spec);
  CHECK(result.unfinished == 2);
  CHECK(result.unsent >= 17);
  CHECK(result.unsent <= 19);
}

TEST_CASE("http load: a thinking client rests between answer and request") {
  ScriptedServer server(AlwaysOk);
  LoadSpec spec = SpecFor(server, 8, 1);
  spec.think = 20ms;
  const LoadResult result = Ran(spec);
  REQUIRE(result.samples.size() == 8);
  for (std::size_t i = 1; i < 8; ++i) {
    CHECK(result.samples[i].begin_ns - result.samples[i - 1].end_ns >= 20'000'000);
  }
}

TEST_CASE("http load: a request in two pieces arrives in two, one in one piece in one") {
  const auto reads_of = [](RequestCut cut) {
    std::size_t reads = 0;
    ScriptedServer server([&](ScriptedPeer& peer) {
      for (int i = 0; i < 5 && peer.ReadRequest(); ++i) peer.Send(kOk);
      reads = peer.reads();
    });
    LoadSpec spec = SpecFor(server, 5, 1);
    spec.cut = cut;
    const LoadResult result = Ran(spec);
    CHECK(result.ok == 5);
    CHECK(result.bytes_sent == 5 * spec.request.size());
    // Our own Nagle and the server's delayed ACK, at the latest from the second request on.
    if (cut == RequestCut::kInTwo) CHECK(result.latency.largest() > 20'000'000);
    server.Join();
    return reads;
  };
  CHECK(reads_of(RequestCut::kWhole) == 5);
  CHECK(reads_of(RequestCut::kInTwo) > 5);
}

TEST_CASE("http load: every piece of the first answers is told of, with its arrival") {
  const auto script = [](ScriptedPeer& peer) {
    while (peer.ReadRequest()) {
      peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
      std::this_thread::sleep_for(80ms);
      peer.Send("hello");
    }
  };
  ScriptedServer server(script);
  LoadSpec spec = SpecFor(server, 3, 1);
  spec.pieces = 2;
  const LoadResult result = Ran(spec);
  REQUIRE(result.pieces.size() == 4);
  for (std::uint32_t i = 0; i < 4; i += 2) {
    const HttpPiece& head = result.pieces[i];
    const HttpPiece& body = result.pieces[i + 1];
    CHECK(head.request == i / 2);
    CHECK(body.request == i / 2);
    CHECK((head.head && !body.head));
    CHECK(head.bytes == 38);
    CHECK(body.bytes == 5);
    REQUIRE((head.arrived_ns && body.arrived_ns));
    CHECK(*head.arrived_ns <= head.at_ns);
    CHECK(*head.arrived_ns > 0);
    CHECK(*body.arrived_ns - *head.arrived_ns >= 60'000'000);
  }
}

TEST_CASE("http load: source addresses are taken in turn") {
  std::atomic<int> second = 0, third = 0;
  ScriptedServer server([&](ScriptedPeer& peer) {
    const std::string host = peer.PeerHost();
    if (host == "127.0.0.2") ++second;
    if (host == "127.0.0.3") ++third;
    AlwaysOk(peer);
  });
  LoadSpec spec = SpecFor(server, 100, 4);
  spec.sources = {"127.0.0.2", "127.0.0.3"};
  CHECK(Ran(spec).ok == 100);
  CHECK(second == 2);
  CHECK(third == 2);
  spec.sources = {"nobody"};
  const auto wrong = EpollLoadClient()->Run(spec, {});
  REQUIRE_FALSE(wrong.has_value());
  CHECK(wrong.error().code == "invalid_address");
}

TEST_CASE("http load: large requests and large answers pass whole") {
  const std::string body(8 << 20, 'b');
  std::atomic<std::size_t> got = 0;
  ScriptedServer server([&](ScriptedPeer& peer) {
    while (peer.ReadRequest()) {
      got += peer.request().size();
      peer.Send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n");
      if (!peer.Send(body)) return;
    }
  });
  LoadSpec spec = SpecFor(server, 4, 2);
  // The empty line comes last: the server reads all of it first.
  spec.request = "GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(4 << 20, 'x') + "\r\n\r\n";
  const LoadResult result = Ran(spec);
  CHECK(result.ok == 4);
  CHECK(got == 4 * spec.request.size());
  CHECK(result.bytes_received > 4 * body.size());
}

TEST_CASE("http load: an answer before the end of the request ends the connection") {
  ScriptedServer server([&](ScriptedPeer& peer) {
    peer.Send("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n");
    std::this_thread::sleep_for(50ms);
  });
  LoadSpec spec = SpecFor(server, 3, 1);
  spec.request = "GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(16 << 20, 'x') + "\r\n\r\n";
  const LoadResult result = Ran(spec);
  CHECK(result.statuses[413] == 3);
  CHECK(result.connects == 3);
}

TEST_CASE("http load: what cannot be run is refused") {
  ScriptedServer server(AlwaysOk);
  const auto refused = [](const LoadSpec& spec) {
    const auto result = EpollLoadClient()->Run(spec, {});
    return !result && result.error().code == "invalid_load";
  };
  LoadSpec spec = SpecFor(server, 1, 1);
  spec.requests = 0;
  CHECK(refused(spec));
  spec = SpecFor(server, 1, 0);
  CHECK(refused(spec));
  spec = SpecFor(server, 1, 1);
  spec.addresses.clear();
  CHECK(refused(spec));
  spec = SpecFor(server, 1, 1);
  spec.pipeline = 0;
  CHECK(refused(spec));
}

}  // namespace tunewire
