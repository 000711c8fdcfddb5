// --peer: every form, and what is wrong with the others.
#include "cli/peer_word.h"

#include <doctest/doctest.h>

using namespace tunewire;

namespace {

std::string Shown(std::string_view word) {
  const Result<PeerWord> peer = ParsePeer(word);
  if (!peer) return "error";
  return peer->end.Text() + (peer->prefix == 255 ? "" : "/" + std::to_string(peer->prefix));
}

/// Column and length of the caret.
std::pair<int, int> Caret(std::string_view word) {
  const Result<PeerWord> peer = ParsePeer(word);
  REQUIRE_FALSE(peer);
  CHECK(peer.error().kind == ErrorKind::kUsage);
  CHECK(peer.error().code == "invalid_peer");
  REQUIRE(peer.error().where);
  CHECK(peer.error().where->excerpt == word);
  return {peer.error().where->column, peer.error().where->length};
}

}  // namespace

TEST_CASE("--peer: addresses, prefixes and ports") {
  CHECK(Shown("10.0.0.9") == "10.0.0.9:0");
  CHECK(Shown("10.0.0.9:80") == "10.0.0.9:80");
  CHECK(Shown("10.0.0.0/8") == "10.0.0.0:0/8");
  CHECK(Shown("0.0.0.0/0") == "0.0.0.0:0/0");
  CHECK(Shown("::1") == "[::1]:0");
  CHECK(Shown("[::1]") == "[::1]:0");
  CHECK(Shown("[::1]:80") == "[::1]:80");
  CHECK(Shown("2001:db8::/32") == "[2001:db8::]:0/32");
  CHECK(Shown("::ffff:10.0.0.9") == "10.0.0.9:0");
}

TEST_CASE("--peer: the caret stands under what is wrong") {
  using At = std::pair<int, int>;
  CHECK(Caret("") == At{1, 1});
  CHECK(Caret("localhost") == At{1, 9});
  CHECK(Caret("10.0.0.256") == At{1, 10});
  CHECK(Caret("10.0.0.9:") == At{10, 1});
  CHECK(Caret("10.0.0.9:0") == At{10, 1});
  CHECK(Caret("10.0.0.9:65536") == At{10, 5});
  CHECK(Caret("10.0.0.0/") == At{10, 1});
  CHECK(Caret("10.0.0.0/-1") == At{10, 2});
  CHECK(Caret("10.0.0.0:80/8") == At{13, 1});
  CHECK(Caret("::1/129") == At{5, 3});
  CHECK(Caret("[::1") == At{1, 1});
  CHECK(Caret("[::1]x") == At{6, 1});
  CHECK(Caret("[10.0.0.x]:80") == At{2, 8});
}
