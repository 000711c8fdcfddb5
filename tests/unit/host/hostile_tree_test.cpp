// Names and trees made to mislead: nothing outside the tree is ever opened.
#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "support/fake_tree.h"
#include "support/temp_folder.h"
#include "tunewire/host/sysctl_tree.h"

namespace tunewire {
namespace {

constexpr const char* kSecret = "canary\n";

/// 1,000 names built of parts that have broken path handling elsewhere. The same ones every time.
std::vector<std::string> HostileNames() {
  const std::vector<std::string> parts{"..",
                                       ".",
                                       "",
                                       "net",
                                       "core",
                                       "somaxconn",
                                       "link",
                                       "etc",
                                       "passwd",
                                       "canary",
                                       "*",
                                       "%2e%2e",
                                       std::string("a\0b", 3),
                                       std::string(1, '\0'),
                                       "a\nb",
                                       "\r",
                                       "\x1b[31m",
                                       "\xc0\xae\xc0\xae",
                                       "\xff",
                                       std::string(300, 'x'),
                                       std::string(5000, 'y'),
                                       "self",
                                       "root",
                                       "fd",
                                       "3",
                                       " ",
                                       "~",
                                       "$(id)"};
  const std::vector<std::string> separators{"/", ".", "//", "/./", "/../", "\\"};
  std::mt19937 random(20260101);
  const auto pick = [&](const std::vector<std::string>& from) {
    return from[random() % from.size()];
  };
  std::vector<std::string> names{"net/../../etc/passwd",     "/etc/passwd", "../canary",
                                 "net/core/../../../canary", "link/canary", "net/link"};
  while (names.size() < 1000) {
    std::string name;
    for (unsigned count = 1 + static_cast<unsigned>(random() % 6); count > 0; --count) {
      name += pick(parts) + (count > 1 ? pick(separators) : "");
    }
    names.push_back(name);
  }
  return names;
}

/// A tree with a canary beside it, and links that lead to it.
struct Trap {
  TempFolder folder;
  std::unique_ptr<SysctlTree> tree;

  Trap() {
    folder.Put("tree/net/core/somaxconn", "4096\n");
    folder.Put("canary", kSecret);
    folder.Put("etc/passwd", kSecret);
    REQUIRE(::symlink((folder / "canary").c_str(), (folder / "tree/net/link").c_str()) == 0);
    REQUIRE(::symlink("../canary", (folder / "tree/canary").c_str()) == 0);
    REQUIRE(::symlink(folder.path().c_str(), (folder / "tree/link").c_str()) == 0);
    REQUIRE(::symlink("net", (folder / "tree/inside").c_str()) == 0);
    tree = std::move(OpenSysctlTree(folder / "tree").value());
  }
};

}  // namespace

TEST_CASE("hostile: a thousand names read and write nothing outside the tree") {
  Trap trap;
  int valid = 0;
  for (const std::string& name : HostileNames()) {
    const auto in_folder = trap.tree->List(name);
    if (in_folder) CHECK(in_folder->size() <= 1);
    const Result<SysctlKey> key = SysctlKey::Parse(name);
    if (!key) continue;
    ++valid;
    CAPTURE(key->name());
    const Result<std::string> text = trap.tree->Read(*key);
    if (text) CHECK(*text == "4096\n");
    CHECK(trap.tree->State(*key).access ==
          (text ? KeyState::Access::kReadWrite : KeyState::Access::kAbsent));
    if (!text) CHECK_FALSE(trap.tree->Write(*key, "overwritten").has_value());
  }
  CHECK(valid > 50);
  CHECK(trap.folder.Get("canary") == kSecret);
  CHECK(trap.folder.Get("etc/passwd") == kSecret);
}

TEST_CASE("hostile: links are followed nowhere, not even inside the tree") {
  Trap trap;
  for (const char* name : {"net/link", "canary", "link/canary", "inside/core/somaxconn"}) {
    CAPTURE(name);
    CHECK_FALSE(trap.tree->Read(Key(name)).has_value());
    CHECK_FALSE(trap.tree->Write(Key(name), "1").has_value());
    CHECK(trap.tree->State(Key(name)).access == KeyState::Access::kAbsent);
  }
  CHECK(trap.tree->List("").value() == std::vector<SysctlKey>{Key("net/core/somaxconn")});
  CHECK_FALSE(trap.tree->List("..").has_value());
  CHECK_FALSE(trap.tree->Names("/etc").has_value());
  CHECK_FALSE(trap.tree->Names("link").has_value());
}

TEST_CASE("hostile: a pipe or a device in a key's place does not hang and is no key") {
  const TempFolder folder;
  folder.Put("net/core/somaxconn", "1\n");
  REQUIRE(::mkfifo((folder / "net/core/pipe").c_str(), 0600) == 0);
  const auto tree = OpenSysctlTree(folder.path());
  REQUIRE(tree.has_value());
  CHECK((*tree)->Read(Key("net.core.pipe")).error().code == "no_such_key");
  CHECK((*tree)->Write(Key("net.core.pipe"), "1").error().code == "no_such_key");
  CHECK((*tree)->State(Key("net.core.pipe")).access == KeyState::Access::kAbsent);
  CHECK((*tree)->List("").value().size() == 1);
}

TEST_CASE("hostile: long values are read whole, endless ones refused") {
  const TempFolder folder;
  for (const std::size_t size : {1022U, 1023U, 1024U, 65536U, 1U << 19U}) {
    folder.Put("net/core/long", std::string(size, '7'));
    const auto tree = OpenSysctlTree(folder.path());
    CHECK((*tree)->Read(Key("net.core.long"))->size() == size);
  }
  folder.Put("net/core/long", std::string((1U << 20U) + 1, '7'));
  const auto tree = OpenSysctlTree(folder.path());
  CHECK((*tree)->Read(Key("net.core.long")).error().code == "too_large");
}

TEST_CASE("hostile: file names that are no keys are passed over") {
  const TempFolder folder;
  folder.Put("net/core/somaxconn", "1\n");
  folder.Put("net/core/with space", "1\n");
  folder.Put("net/core/new\nline", "1\n");
  folder.Put("net/core/colour\x1b[31m", "1\n");
  const auto tree = OpenSysctlTree(folder.path());
  CHECK((*tree)->List("").value() == std::vector<SysctlKey>{Key("net.core.somaxconn")});
}

TEST_CASE("hostile: very deep folders end the walk, not the program") {
  const TempFolder folder;
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += "d/";
  folder.Put(deep + "key", "1\n");
  folder.Put("net/core/somaxconn", "1\n");
  const auto tree = OpenSysctlTree(folder.path());
  CHECK((*tree)->List("").value() == std::vector<SysctlKey>{Key("net.core.somaxconn")});
}

TEST_CASE("a folder that went and came back is found again") {
  const TempFolder folder;
  const SysctlKey key = Key("net/ipv4/conf/eth0/forwarding");
  folder.Put(key.path(), "0\n");
  const auto tree = OpenSysctlTree(folder.path());
  CHECK((*tree)->Read(key).value() == "0\n");
  std::filesystem::remove_all(folder / "net/ipv4/conf/eth0");
  CHECK((*tree)->Read(key).error().code == "no_such_key");
  folder.Put(key.path(), "1\n");
  CHECK((*tree)->Read(key).value() == "1\n");
  std::filesystem::remove_all(folder / "net/ipv4/conf/eth0");
  folder.Put(key.path(), "2\n");
  CHECK((*tree)->Read(key).value() == "2\n");
}

TEST_CASE("a tree that is not there") {
  CHECK(OpenSysctlTree("/no/such/tree").error().code == "no_such_folder");
  CHECK(OpenSysctlTree("/etc/passwd").error().kind == ErrorKind::kNotFound);
}

}  // namespace tunewire
