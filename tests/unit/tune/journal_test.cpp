#include "tune/journal.h"

#include <doctest/doctest.h>

#include "support/fake_files.h"

namespace tunewire {
namespace {

constexpr const char* kState = "/var/lib/tunewire";

Tx SampleTx() {
  Tx tx{.id = "7f3a01", .sequence = 12, .profile = "web", .references = {"web", "./x y.json"}};
  tx.unix_seconds = 1'790'000'000;
  tx.boot_id = "aaaaaaaa-0000-0000-0000-000000000000";
  tx.netns_inode = 4026531840;
  tx.deadline = std::chrono::nanoseconds(123456789);
  tx.items = {{.name = "net.core.somaxconn",
               .role = TxItem::Role::kWanted,
               .original_raw = "4096\n",
               .before_raw = "4096\n",
               .wanted = "8192",
               .requirement = ">=8192",
               .origin = "web.json:7"},
              {.kind = ItemKind::kFile,
               .name = "/etc/sysctl.d/60-tunewire-web.conf",
               .before_raw = std::string("644 0 0\n\0\xff\\x41\"\t", 16),
               .wanted = "644 0 0\nnet.core.somaxconn = 8192\n"}};
  return tx;
}

std::string JournalBytes(FakeFiles& files) { return files.Contents().begin()->second; }

TEST_CASE("what a journal holds comes back, whatever bytes the values have") {
  const Tx tx = SampleTx();
  const auto journal = DecodeJournal("x", EncodeHead(tx));
  REQUIRE(journal);
  CHECK(journal->tx.id == tx.id);
  CHECK(journal->tx.sequence == tx.sequence);
  CHECK(journal->tx.references == tx.references);
  CHECK(journal->tx.deadline == tx.deadline);
  CHECK(journal->tx.netns_inode == tx.netns_inode);
  CHECK(journal->tx.state == TxState::kPrepared);
  REQUIRE(journal->tx.items.size() == 2);
  CHECK(journal->tx.items[0].requirement == ">=8192");
  CHECK(journal->tx.items[1].before_raw == tx.items[1].before_raw);
  CHECK(journal->tx.items[1].kind == ItemKind::kFile);
}

TEST_CASE("records are read in order, and the last state wins") {
  FakeFiles files;
  auto writer = JournalWriter::Create(files, kState, SampleTx());
  REQUIRE(writer);
  REQUIRE(writer->Begun(0));
  REQUIRE(writer->Stored(0, "8192\n"));
  REQUIRE(writer->Begun(1));
  REQUIRE(writer->State(TxState::kCommitted, "well"));
  const auto journal = DecodeJournal("x", JournalBytes(files));
  REQUIRE(journal);
  CHECK(journal->tx.items[0].stored_raw == "8192\n");
  CHECK(journal->tx.items[1].begun);
  CHECK_FALSE(journal->tx.items[1].stored_raw);
  CHECK(journal->tx.state == TxState::kCommitted);
  CHECK(journal->tx.note == "well");

  SUBCASE("a reopened journal goes on behind the last record") {
    auto again = JournalWriter::Open(files, kState, "7f3a01");
    REQUIRE(again);
    REQUIRE(again->State(TxState::kUndoing, ""));
    CHECK(DecodeJournal("x", JournalBytes(files))->tx.state == TxState::kUndoing);
  }
}

TEST_CASE("every cut of a journal is either refused or a true prefix of its records") {
  FakeFiles files;
  auto writer = JournalWriter::Create(files, kState, SampleTx());
  REQUIRE(writer);
  REQUIRE(writer->Stored(0, "8192\n"));
  REQUIRE(writer->State(TxState::kCommitted, ""));
  const std::string whole = JournalBytes(files);
  const std::size_t head = EncodeHead(SampleTx()).size();
  for (std::size_t cut = 0; cut < head + 200; ++cut) {
    const auto journal = DecodeJournal("x", whole.substr(0, cut));
    if (cut + 1 < head) {
      CHECK_FALSE(journal);
    } else {
      REQUIRE(journal);
      const bool stored = journal->tx.items[0].stored_raw.has_value();
      const bool committed = journal->tx.state == TxState::kCommitted;
      CHECK((stored || !committed));
    }
  }
}

TEST_CASE("every flipped bit of a head is found") {
  const std::string whole = EncodeHead(SampleTx());
  for (std::size_t byte = 0; byte + 1 < whole.size(); ++byte) {
    std::string damaged = whole;
    damaged[byte] = static_cast<char>(damaged[byte] ^ 0x10);
    const auto journal = DecodeJournal("x", damaged);
    if (journal) {
      // The white space of the first line carries nothing.
      CHECK(journal->tx.items[0].before_raw == "4096\n");
      CHECK(byte < 40);
    }
  }
}

TEST_CASE("a flipped bit in a record ends the reading before it") {
  FakeFiles files;
  auto writer = JournalWriter::Create(files, kState, SampleTx());
  REQUIRE(writer->State(TxState::kCommitted, ""));
  std::string damaged = JournalBytes(files);
  const std::size_t at = damaged.find("committed");
  damaged[at] = 'X';
  CHECK(DecodeJournal("x", damaged)->tx.state == TxState::kPrepared);
}

TEST_CASE("a journal of a later schema is not guessed at") {
  std::string head = EncodeHead(SampleTx());
  head.replace(0, 18, "tunewire-journal 2");
  const auto journal = DecodeJournal("x", head);
  REQUIRE_FALSE(journal);
  CHECK(journal.error().kind == ErrorKind::kUnsupported);
}

TEST_CASE("journals with secrets are for root alone") {
  FakeFiles files;
  Tx tx = SampleTx();
  REQUIRE(JournalWriter::Create(files, kState, tx));
  CHECK(files.Read(JournalPath(kState, tx.id), kMaxJournalBytes)->mode == 0644);
  tx.id = "000001";
  tx.items[0].name = "net.ipv4.tcp_fastopen_key";
  REQUIRE(JournalWriter::Create(files, kState, tx));
  CHECK(files.Read(JournalPath(kState, tx.id), kMaxJournalBytes)->mode == 0600);
}

}  // namespace
}  // namespace tunewire
