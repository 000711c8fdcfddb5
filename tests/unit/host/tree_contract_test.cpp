// One contract over three trees: the fake, a folder standing in, and the kernel's own in a network
// namespace (tests/ns/test_host_contract.py makes one and sets TUNEWIRE_REAL_PROC=1). Where the
// fake differs from the kernel, this fails.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "support/fake_tree.h"
#include "support/temp_folder.h"
#include "tunewire/base/text.h"
#include "tunewire/base/unique_fd.h"
#include "tunewire/host/sysctl_tree.h"

namespace tunewire {
namespace {

using Access = KeyState::Access;

std::string Shown(const SysctlTree& tree, std::string_view name) {
  const Result<std::string> raw = tree.Read(Key(name));
  if (!raw) return "error: " + raw.error().message;
  return Join(SplitWords(*raw), " ");
}

/// "ok", or the code and the operation that failed with its errno.
std::string Wrote(SysctlTree& tree, std::string_view name, std::string_view text) {
  const Status status = tree.Write(Key(name), text);
  if (status) return "ok";
  const Error& error = status.error();
  if (error.code == "short_write") return "short_write";
  return error.operation + " " + DescribeErrno(error.os_error);
}

struct Clause {
  const char* says;
  std::function<void(SysctlTree&)> check;
};

// ---- What every tree does, a folder of captured values too.

void ReadsTextWithItsNewline(SysctlTree& tree) {
  CHECK(Wrote(tree, "net.core.somaxconn", "4096") == "ok");
  CHECK(tree.Read(Key("net.core.somaxconn")).value() == "4096\n");
}

void StoresWhatIsWritten(SysctlTree& tree) {
  CHECK(Wrote(tree, "net.core.somaxconn", "8192") == "ok");
  CHECK(Shown(tree, "net.core.somaxconn") == "8192");
  CHECK(Wrote(tree, "net.core.somaxconn", "77\n") == "ok");
  CHECK(tree.Read(Key("net.core.somaxconn")).value() == "77\n");
  CHECK(Wrote(tree, "net.ipv4.tcp_rmem", "4097\t100000\t200000\n") == "ok");
  CHECK(Shown(tree, "net.ipv4.tcp_rmem") == "4097 100000 200000");
}

void AbsentKeysAreNotFound(SysctlTree& tree) {
  for (const char* name :
       {"net.core.no_such_key", "net.no_such.folder.key", "net.core", "net.core.somaxconn.below"}) {
    CAPTURE(name);
    CHECK(tree.State(Key(name)).access == Access::kAbsent);
    const Result<std::string> read = tree.Read(Key(name));
    REQUIRE_FALSE(read.has_value());
    CHECK(read.error().kind == ErrorKind::kNotFound);
    CHECK(read.error().code == "no_such_key");
    CHECK(read.error().operation == "open");
    const Status written = tree.Write(Key(name), "1");
    REQUIRE_FALSE(written.has_value());
    CHECK(written.error().kind == ErrorKind::kNotFound);
    CHECK(written.error().code == "no_such_key");
  }
}

void ReadOnlyKeysStayAsTheyAre(SysctlTree& tree) {
  const std::string before = Shown(tree, "net.core.rmem_max");
  CHECK(tree.State(Key("net.core.rmem_max")).access == Access::kReadOnly);
  CHECK(Wrote(tree, "net.core.rmem_max", "1000000") == "open Permission denied (EACCES)");
  CHECK(Shown(tree, "net.core.rmem_max") == before);
  CHECK(tree.Write(Key("net.core.rmem_max"), "1").error().kind == ErrorKind::kNotPermitted);
}

void WriteOnlyKeysCannotBeRead(SysctlTree& tree) {
  CHECK(tree.State(Key("net.ipv4.route.flush")).access == Access::kWriteOnly);
  const Result<std::string> read = tree.Read(Key("net.ipv4.route.flush"));
  REQUIRE_FALSE(read.has_value());
  CHECK(read.error().kind == ErrorKind::kNotPermitted);
  CHECK(Wrote(tree, "net.ipv4.route.flush", "1") == "ok");
}

void StateOfAWritableKey(SysctlTree& tree) {
  CHECK(tree.State(Key("net.core.somaxconn")).access == Access::kReadWrite);
}

void ListsKeysSorted(SysctlTree& tree) {
  const std::vector<SysctlKey> keys = tree.List("net/ipv4").value();
  CHECK(std::is_sorted(keys.begin(), keys.end()));
  const auto has = [&](const char* name) {
    return std::binary_search(keys.begin(), keys.end(), Key(name));
  };
  CHECK(has("net.ipv4.tcp_rmem"));
  CHECK(has("net.ipv4.conf.lo.forwarding"));
  CHECK(has("net.ipv4.route.flush"));
  CHECK_FALSE(has("net.ipv4.conf.lo"));
  CHECK_FALSE(has("net.core.somaxconn"));
  const std::vector<SysctlKey> all = tree.List("").value();
  CHECK(std::is_sorted(all.begin(), all.end()));
  CHECK(all.size() > keys.size());
  CHECK(tree.List("net/no_such").value().empty());
  CHECK(tree.List("net/core/somaxconn").value().empty());
}

void NamesOfInterfaces(SysctlTree& tree) {
  const std::vector<std::string> names = tree.Names("net/ipv4/conf").value();
  CHECK(names == std::vector<std::string>{"all", "default", "lo"});
  CHECK(tree.Names("net/no_such").value().empty());
}

const std::vector<Clause> kEveryTree{
    {"text with its newline", ReadsTextWithItsNewline},
    {"what is written is stored", StoresWhatIsWritten},
    {"absent keys", AbsentKeysAreNotFound},
    {"read-only keys", ReadOnlyKeysStayAsTheyAre},
    {"write-only keys", WriteOnlyKeysCannotBeRead},
    {"writable keys", StateOfAWritableKey},
    {"listing", ListsKeysSorted},
    {"names", NamesOfInterfaces},
};

// ---- What only the kernel does, and the fake after it.

constexpr const char* kEinval = "write Invalid argument (EINVAL)";

void RefusedWriteChangesEarlierFields(SysctlTree& tree) {
  REQUIRE(Wrote(tree, "net.ipv4.tcp_rmem", "4096 131072 6291456") == "ok");
  CHECK(Wrote(tree, "net.ipv4.tcp_rmem", "8192 262144 99999999999") == kEinval);
  CHECK(Shown(tree, "net.ipv4.tcp_rmem") == "8192 262144 6291456");
  CHECK(Wrote(tree, "net.ipv4.tcp_rmem", "7 8x 9") == kEinval);
  CHECK(Shown(tree, "net.ipv4.tcp_rmem") == "7 262144 6291456");
  CHECK(Wrote(tree, "net.ipv4.tcp_rmem", "0 8 9") == kEinval);
  CHECK(Shown(tree, "net.ipv4.tcp_rmem") == "7 262144 6291456");
}

void FewerFieldsChangeOnlyThose(SysctlTree& tree) {
  REQUIRE(Wrote(tree, "net.ipv4.tcp_rmem", "4096 131072 6291456") == "ok");
  CHECK(Wrote(tree, "net.ipv4.tcp_rmem", "5001") == "ok");
  CHECK(Shown(tree, "net.ipv4.tcp_rmem") == "5001 131072 6291456");
  REQUIRE(Wrote(tree, "net.ipv4.ip_local_port_range", "2000 3000") == "ok");
  CHECK(Wrote(tree, "net.ipv4.ip_local_port_range", "2500") == "ok");
  CHECK(Shown(tree, "net.ipv4.ip_local_port_range") == "2500 3000");
}

void SurplusFieldsAreAShortWriteThatChanges(SysctlTree& tree) {
  CHECK(Wrote(tree, "net.ipv4.tcp_rmem", "1 2 3 4") == "short_write");
  CHECK(Shown(tree, "net.ipv4.tcp_rmem") == "1 2 3");
  CHECK(Wrote(tree, "net.core.somaxconn", "300 7") == "short_write");
  CHECK(Shown(tree, "net.core.somaxconn") == "300");
  CHECK(Wrote(tree, "net.core.somaxconn", "303 abc") == "short_write");
  CHECK(Shown(tree, "net.core.somaxconn") == "303");
}

void TextBehindANewlineIsDropped(SysctlTree& tree) {
  CHECK(Wrote(tree, "net.ipv4.tcp_congestion_control", "reno\ncubic") == "ok");
  CHECK(Shown(tree, "net.ipv4.tcp_congestion_control") == "reno");
}

void ANewlineIsASpaceBetweenNumbers(SysctlTree& tree) {
  CHECK(Wrote(tree, "net.ipv4.tcp_rmem", "7\n8\n9") == "ok");
  CHECK(Shown(tree, "net.ipv4.tcp_rmem") == "7 8 9");
  CHECK(Wrote(tree, "net.ipv4.tcp_rmem", "1 2 3\n10") == "short_write");
  CHECK(Shown(tree, "net.ipv4.tcp_rmem") == "1 2 3");
  CHECK(Wrote(tree, "net.ipv4.ip_local_reserved_ports", "90\n91\n") == "ok");
  CHECK(Shown(tree, "net.ipv4.ip_local_reserved_ports") == "90-91");
  CHECK(Wrote(tree, "net.core.somaxconn", "300\n7") == "short_write");
  CHECK(Shown(tree, "net.core.somaxconn") == "300");
}

void NumbersThatAreNone(SysctlTree& tree) {
  REQUIRE(Wrote(tree, "net.core.somaxconn", "302") == "ok");
  for (const char* text : {"-1", "5k", "5_000", "99999999999", "1,2"}) {
    CAPTURE(text);
    CHECK(Wrote(tree, "net.core.somaxconn", text) == kEinval);
    CHECK(Shown(tree, "net.core.somaxconn") == "302");
  }
  CHECK(Wrote(tree, "net.core.somaxconn", "") == "ok");
  CHECK(Shown(tree, "net.core.somaxconn") == "302");
}

void OtherBases(SysctlTree& tree) {
  CHECK(Wrote(tree, "net.core.somaxconn", "007777") == "ok");
  CHECK(Shown(tree, "net.core.somaxconn") == "4095");
  CHECK(Wrote(tree, "net.core.somaxconn", "0x100") == "ok");
  CHECK(Shown(tree, "net.core.somaxconn") == "256");
  CHECK(Wrote(tree, "net.core.somaxconn", " 12 ") == "ok");
  CHECK(Shown(tree, "net.core.somaxconn") == "12");
}

void NonsenseTheKernelTakes(SysctlTree& tree) {
  CHECK(Wrote(tree, "net.ipv4.tcp_rmem", "9000 800 70") == "ok");
  CHECK(Shown(tree, "net.ipv4.tcp_rmem") == "9000 800 70");
  CHECK(Wrote(tree, "net.ipv4.tcp_fin_timeout", "0") == "ok");
  CHECK(Shown(tree, "net.ipv4.tcp_fin_timeout") == "0");
}

void PortRangeIsCheckedAsAWhole(SysctlTree& tree) {
  REQUIRE(Wrote(tree, "net.ipv4.ip_local_port_range", "2000 3000") == "ok");
  CHECK(Wrote(tree, "net.ipv4.ip_local_port_range", "5000 4000") == kEinval);
  CHECK(Shown(tree, "net.ipv4.ip_local_port_range") == "2000 3000");
  CHECK(Wrote(tree, "net.ipv4.ip_local_port_range", "2001 70000") == kEinval);
  CHECK(Shown(tree, "net.ipv4.ip_local_port_range") == "2000 3000");
  CHECK(Wrote(tree, "net.ipv4.ip_local_port_range", "2002 3002 4") == "short_write");
  CHECK(Shown(tree, "net.ipv4.ip_local_port_range") == "2002 3002");
}

void PortListsAreMerged(SysctlTree& tree) {
  CHECK(Wrote(tree, "net.ipv4.ip_local_reserved_ports", "8080,8081,8082,53") == "ok");
  CHECK(Shown(tree, "net.ipv4.ip_local_reserved_ports") == "53,8080-8082");
  CHECK(Wrote(tree, "net.ipv4.ip_local_reserved_ports", "70000") == kEinval);
  CHECK(Shown(tree, "net.ipv4.ip_local_reserved_ports") == "53,8080-8082");
  CHECK(Wrote(tree, "net.ipv4.ip_local_reserved_ports", "\n") == "ok");
  CHECK(Shown(tree, "net.ipv4.ip_local_reserved_ports").empty());
}

void UnknownAlgorithmIsNoMissingKey(SysctlTree& tree) {
  REQUIRE(Wrote(tree, "net.ipv4.tcp_congestion_control", "reno") == "ok");
  const Status status = tree.Write(Key("net.ipv4.tcp_congestion_control"), "nosuch");
  REQUIRE_FALSE(status.has_value());
  CHECK(status.error().operation == "write");
  CHECK(status.error().os_error == ENOENT);
  CHECK(status.error().code == "no_such_value");
  CHECK(status.error().kind == ErrorKind::kInvalid);
  CHECK(Shown(tree, "net.ipv4.tcp_congestion_control") == "reno");
}

void RoundedToJiffies(SysctlTree& tree) {
  const char* const key = "net.ipv4.neigh.lo.base_reachable_time_ms";
  CHECK(Wrote(tree, key, "30001") == "ok");
  const std::string stored = Shown(tree, key);
  // HZ=1000 and HZ=100 are other kernels; the fake is one with HZ=250.
  CHECK((stored == "30004" || stored == "30001" || stored == "30010"));
}

void ForwardingIsCoupled(SysctlTree& tree) {
  const std::vector<const char*> keys{"net.ipv4.ip_forward", "net.ipv4.conf.all.forwarding",
                                      "net.ipv4.conf.default.forwarding",
                                      "net.ipv4.conf.lo.forwarding"};
  for (const char* cause : {"net.ipv4.ip_forward", "net.ipv4.conf.all.forwarding"}) {
    for (const char* value : {"1", "0"}) {
      CAPTURE(cause);
      CHECK(Wrote(tree, cause, value) == "ok");
      for (const char* key : keys) CHECK(Shown(tree, key) == value);
    }
  }
  CHECK(Wrote(tree, "net.ipv4.conf.lo.forwarding", "1") == "ok");
  CHECK(Shown(tree, "net.ipv4.ip_forward") == "0");
  CHECK(Wrote(tree, "net.ipv4.ip_forward", "0") == "ok");
  CHECK(Shown(tree, "net.ipv4.conf.lo.forwarding") == "1");
}

const std::vector<Clause> kKernelLike{
    {"a refused write changes the fields before the bad one", RefusedWriteChangesEarlierFields},
    {"fewer fields", FewerFieldsChangeOnlyThose},
    {"surplus fields", SurplusFieldsAreAShortWriteThatChanges},
    {"text behind a newline", TextBehindANewlineIsDropped},
    {"newlines between numbers", ANewlineIsASpaceBetweenNumbers},
    {"no numbers", NumbersThatAreNone},
    {"other bases", OtherBases},
    {"nonsense", NonsenseTheKernelTakes},
    {"port range", PortRangeIsCheckedAsAWhole},
    {"port list", PortListsAreMerged},
    {"unknown algorithm", UnknownAlgorithmIsNoMissingKey},
    {"rounding", RoundedToJiffies},
    {"coupled keys", ForwardingIsCoupled},
};

/// The keys of FakeTree::LikeLinux as files.
void Capture(const TempFolder& folder) {
  const FakeTree like = FakeTree::LikeLinux();
  const std::vector<SysctlKey> keys = like.List("").value();
  for (const SysctlKey& key : keys) {
    const std::string path = folder.Put(key.path(), like.Raw(key.name()));
    const Access access = like.State(key).access;
    ::chmod(path.c_str(), access == Access::kReadOnly    ? 0444
                          : access == Access::kWriteOnly ? 0200
                                                         : 0644);
  }
}

bool RealKernelAsked() { return std::getenv("TUNEWIRE_REAL_PROC") != nullptr; }

}  // namespace

TEST_CASE("tree contract: fake") {
  for (const std::vector<Clause>* clauses : {&kEveryTree, &kKernelLike}) {
    for (const Clause& clause : *clauses) {
      INFO(std::string(clause.says));
      FakeTree tree = FakeTree::LikeLinux();
      clause.check(tree);
    }
  }
}

TEST_CASE("tree contract: folder") {
  for (const Clause& clause : kEveryTree) {
    INFO(std::string(clause.says));
    const TempFolder folder;
    Capture(folder);
    const auto tree = OpenSysctlTree(folder.path());
    REQUIRE(tree.has_value());
    clause.check(**tree);
  }
}

TEST_CASE("tree contract: kernel" * doctest::skip(!RealKernelAsked())) {
  const auto tree = OpenSysctlTree("/proc/sys");
  REQUIRE(tree.has_value());
  for (const std::vector<Clause>* clauses : {&kEveryTree, &kKernelLike}) {
    for (const Clause& clause : *clauses) {
      INFO(std::string(clause.says));
      clause.check(**tree);
    }
  }
}

TEST_CASE("kernel: a second write on one descriptor is ignored" *
          doctest::skip(!RealKernelAsked())) {
  // Why the tree opens a key anew for every write, and never resumes one.
  const UniqueFd fd(::open("/proc/sys/net/core/somaxconn", O_RDWR | O_CLOEXEC));
  REQUIRE(fd.valid());
  CHECK(::write(fd.get(), "700", 3) == 3);
  CHECK(::write(fd.get(), "800", 3) == 3);
  const auto tree = OpenSysctlTree("/proc/sys");
  REQUIRE(tree.has_value());
  CHECK(Shown(**tree, "net.core.somaxconn") == "700");
}

}  // namespace tunewire
