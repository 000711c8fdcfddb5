#include "tunewire/catalog/tunable.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tunewire/base/text.h"

namespace tunewire {
namespace {

using Words = std::vector<std::string>;

const Tunable* Find(std::string_view name) { return FindTunable(*SysctlKey::Parse(name)); }

std::string_view RowOf(std::string_view name) {
  const Tunable* row = Find(name);
  return row == nullptr ? "none" : row->key;
}

bool Forbidden(std::string_view name) { return IsForbidden(*SysctlKey::Parse(name)); }

TEST_CASE("a key finds its row, with dots or slashes") {
  CHECK(RowOf("net.core.somaxconn") == "net.core.somaxconn");
  CHECK(RowOf("net/core/somaxconn") == "net.core.somaxconn");
  CHECK(RowOf("net.ipv4.conf.eth0.rp_filter") == "net.ipv4.conf.*.rp_filter");
  CHECK(RowOf("net.ipv4.conf.eth0/100.rp_filter") == "net.ipv4.conf.*.rp_filter");
  CHECK(RowOf("net/ipv6/neigh/br-1.2/ucast_solicit") == "net.ipv6.neigh.*.ucast_solicit");
  CHECK(RowOf("net.ipv4.conf.*.rp_filter") == "net.ipv4.conf.*.rp_filter");
}

TEST_CASE("an exact row beats one with a star") {
  CHECK(RowOf("net.ipv4.conf.all.forwarding") == "net.ipv4.conf.all.forwarding");
  CHECK(RowOf("net.ipv4.conf.default.rp_filter") == "net.ipv4.conf.default.rp_filter");
  CHECK(RowOf("net.ipv6.neigh.default.gc_thresh3") == "net.ipv6.neigh.default.gc_thresh3");
  CHECK(RowOf("net.ipv4.conf.all.rp_filter") == "net.ipv4.conf.*.rp_filter");
}

TEST_CASE("what is near a row is not the row") {
  for (const auto name :
       {"net.core.somaxcon", "net.core", "net", "net.core.somaxconn.x", "net.ipv4.conf.rp_filter",
        "net.ipv4.conf.a.b.rp_filter", "somaxconn", "net.core/somaxconn", "net.ipv4.*"}) {
    CAPTURE(name);
    CHECK(RowOf(name) == "none");
  }
}

TEST_CASE("every row is found by its own key, and there is one per key") {
  std::set<std::string_view> keys;
  for (const Tunable& row : AllTunables()) {
    CAPTURE(row.key);
    CHECK(keys.insert(row.key).second);
    CHECK(Find(row.key) == &row);
    CHECK(SysctlKey::Parse(row.key)->name() == row.key);
  }
  CHECK(keys.size() >= 500);
}

TEST_CASE("every row tells a person what it is") {
  for (const Tunable& row : AllTunables()) {
    CAPTURE(row.key);
    CHECK_FALSE(row.fields.empty());
    CHECK(row.summary.size() >= 15);
    CHECK(row.summary.size() <= 160);
    CHECK(row.summary == Trim(row.summary));
    CHECK(row.summary.find('\n') == std::string_view::npos);
    CHECK(row.summary.back() != '.');
    CHECK((std::isupper(static_cast<unsigned char>(row.summary.front())) != 0 ||
           std::isdigit(static_cast<unsigned char>(row.summary.front())) != 0 ||
           row.summary.starts_with("io_uring") || row.summary.starts_with("inotify") ||
           row.summary.starts_with("epoll")));
    CHECK_FALSE(row.source.empty());
    CHECK_FALSE(UnitName(row.unit).empty());
    CHECK_FALSE(IsForbidden(*SysctlKey::Parse(row.key)));
  }
}

TEST_CASE("a dead row says since when and what to do instead, a living one does not") {
  for (const Tunable& row : AllTunables()) {
    CAPTURE(row.key);
    const bool dead = row.standing != Standing::kLive;
    CHECK(row.until.empty() != dead);
    CHECK(row.instead.empty() != dead);
    if (dead) CHECK(row.takes_effect == TakesEffect::kNever);
  }
}

TEST_CASE("fields are named where there are several, and their ranges are ranges") {
  for (const Tunable& row : AllTunables()) {
    CAPTURE(row.key);
    std::set<std::string_view> names;
    for (const Field& field : row.fields) {
      names.insert(field.name);
      if (field.type == FieldType::kInteger) CHECK(field.min < field.max);
    }
    CHECK(names.size() == row.fields.size());
    CHECK(names.contains("") == (row.fields.size() == 1));
    if (row.ascending) CHECK(row.fields.size() > 1);
  }
}

TEST_CASE("coupled keys are patterns of keys that the catalog knows") {
  for (const Tunable& row : AllTunables()) {
    for (const std::string_view text : row.coupled) {
      CAPTURE(row.key);
      CAPTURE(text);
      const auto pattern = KeyPattern::Parse(text);
      REQUIRE(pattern.has_value());
      CHECK(Find(text) != nullptr);
    }
  }
}

TEST_CASE("rows derived from another family keep its sense") {
  const Tunable* conf = Find("net.ipv4.conf.default.rp_filter");
  CHECK(conf->coupled.size() == 1);
  CHECK(conf->coupled.front() == "net.ipv4.conf.*.rp_filter");
  CHECK(Find("net.ipv4.conf.default.route_localnet")->coupled.empty());
  CHECK(Find("net.ipv4.conf.default.route_localnet")->takes_effect == TakesEffect::kNextInterface);
  CHECK(Find("net.ipv4.neigh.eth0.locktime")->scope == Scope::kNamespace);
  CHECK(Find("net.ipv4.neigh.default.locktime")->scope == Scope::kHost);
  CHECK(Find("net.ipv6.neigh.default.locktime")->module == "ipv6");
}

TEST_CASE("well-known facts") {
  CHECK(Find("net.core.somaxconn")->takes_effect == TakesEffect::kNextListen);
  CHECK(Find("net.core.rmem_max")->scope == Scope::kHostShown);
  CHECK(Find("net.ipv4.tcp_mem")->unit == Unit::kPages);
  CHECK(Find("net.ipv4.tcp_mem")->ascending);
  CHECK(Find("net.ipv4.tcp_rmem")->fields[1].name == "default");
  CHECK(Find("net.ipv4.tcp_tw_recycle")->standing == Standing::kRemoved);
  CHECK(Find("net.ipv4.tcp_tw_recycle")->until == "4.12");
  CHECK(Find("net.ipv4.tcp_low_latency")->standing == Standing::kNoEffect);
  CHECK(Find("net.ipv4.tcp_low_latency")->until == "4.14");
  CHECK(Find("fs.file-nr")->access == Access::kReadOnly);
  CHECK(Find("fs.file-nr")->fields.size() == 3);
  CHECK(Find("fs.pipe-max-size")->rounding == Rounding::kPowerOfTwo);
  CHECK(Find("net.netfilter.nf_conntrack_max")->module == "nf_conntrack");
}

TEST_CASE("a mistyped key finds the right one first") {
  const auto first = [](std::string_view name) {
    const Words near = NearestKeys(name);
    return near.empty() ? std::string("nothing") : near.front();
  };
  CHECK(first("net.core.somaxcon") == "net.core.somaxconn");
  CHECK(first("net.ipv4.tcp_rmen") == "net.ipv4.tcp_rmem");
  CHECK(first("net/ipv4/tcp_rmen") == "net.ipv4.tcp_rmem");
  CHECK(first("tcp_rmem") == "net.ipv4.tcp_rmem");
  CHECK(first("somaxconn") == "net.core.somaxconn");
  CHECK(first("net.ipv4.somaxconn") == "net.core.somaxconn");
  CHECK(first("net.core.tcp_rmem") == "net.ipv4.tcp_rmem");
  CHECK(first("net.ipv4.conf.eth0.rp_fliter") == "net.ipv4.conf.eth0.rp_filter");
  CHECK(first("net.ipv4.conf.eth0/7.rp_fliter") == "net.ipv4.conf.eth0/7.rp_filter");
  CHECK(first("net.ipv4.tcp_congestion") == "net.ipv4.tcp_congestion_control");
  CHECK(first("fs.filemax") == "fs.file-max");
  CHECK(first("zzzzzzzz") == "nothing");
  CHECK(first("") == "nothing");
}

TEST_CASE("suggestions are at most three, distinct, and cheap for absurd names") {
  const Words near = NearestKeys("net.ipv4.tcp_mem");
  CHECK(near.size() == 3);
  CHECK(near.front() == "net.ipv4.tcp_mem");
  CHECK(std::set<std::string>(near.begin(), near.end()).size() == near.size());
  CHECK(NearestKeys(std::string(100000, 'a')).empty());
  CHECK(NearestKeys("net.ipv4.\x1b[31m").size() <= 3);
}

TEST_CASE("some keys no profile may set") {
  for (const auto name :
       {"kernel.core_pattern", "kernel.modprobe", "kernel.hotplug", "kernel.poweroff_cmd",
        "kernel.usermodehelper.bset", "fs.binfmt_misc.register", "kernel.modules_disabled",
        "kernel.kexec_load_disabled", "kernel.yama.ptrace_scope", "fs.protected_hardlinks",
        "vm.drop_caches", "kernel.sysctl_writes_strict", "fs.suid_dumpable",
        "net.netfilter.nf_hooks_lwtunnel", "kernel.random.boot_id"}) {
    CAPTURE(name);
    CHECK(Forbidden(name));
  }
  for (const auto name : {"net.core.somaxconn", "kernel.pid_max", "fs.file-max", "kernel.panic",
                          "net.ipv4.conf.eth0.rp_filter", "kernel.core_pattern.x"}) {
    CAPTURE(name);
    CHECK_FALSE(Forbidden(name));
  }
}

TEST_CASE("slugs are snake case, names are words") {
  for (const auto slug : {ScopeSlug(Scope::kNamespace), ScopeSlug(Scope::kHost),
                          ScopeSlug(Scope::kHostShown), ScopeSlug(Scope::kMachine)}) {
    CHECK(slug.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string_view::npos);
  }
  CHECK(ScopeName(Scope::kNamespace) == "per namespace");
  CHECK(ScopeSlug(Scope::kHostShown) == "host_read_only");
  CHECK(TakesEffectName(TakesEffect::kNextListen) == "next listen()");
  CHECK(TakesEffectSlug(TakesEffect::kNextListen) == "next_listen");
  CHECK(UnitSymbol(Unit::kBytes) == "B");
  CHECK(UnitSymbol(Unit::kFlag).empty());
  CHECK(UnitSymbol(Unit::kPages) == "pages");
}

}  // namespace
}  // namespace tunewire
