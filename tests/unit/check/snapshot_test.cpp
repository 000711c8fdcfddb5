// What a host's fingerprint holds, what moves it, and what a comparison says of it.
#include "tunewire/check/snapshot.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <set>
#include <string>

#include "check/snapshot_names.h"
#include "support/made_hosts.h"
#include "tunewire/catalog/tunable.h"

namespace tunewire {
namespace {

using Change = std::function<void(HostFacts&)>;

HostFacts Changed(HostFacts (*make)(), const Change& change) {
  HostFacts facts = make();
  change(facts);
  return facts;
}

HostFacts Changed(const Change& change) { return Changed(QuietFacts, change); }

std::string HashOfFacts(const HostFacts& facts) { return HashOf(SnapshotOf(facts)); }

std::vector<SnapshotDifference> Differences(const HostFacts& before, const HostFacts& after) {
  return CompareSnapshots(SnapshotOf(before), SnapshotOf(after));
}

std::vector<SnapshotDifference> DifferencesAfter(const Change& change) {
  return Differences(QuietFacts(), Changed(change));
}

bool Bears(const std::vector<SnapshotDifference>& differences) {
  return std::any_of(differences.begin(), differences.end(), [](const SnapshotDifference& one) {
    return one.bearing == Bearing::kMeasurement;
  });
}

/// A known fact, to change it in place.
template <class T>
T& Edit(Known<T>& fact) {
  return const_cast<T&>(*fact);
}

InterfaceFacts& Card(HostFacts& facts) {
  std::vector<InterfaceFacts>& cards = Edit(facts.interfaces);
  return *std::find_if(cards.begin(), cards.end(), [](const auto& one) { return !one.loopback; });
}

void AddVeth(HostFacts& facts, const std::string& name, std::uint32_t mtu) {
  std::vector<InterfaceFacts> interfaces = *facts.interfaces;
  InterfaceFacts veth;
  veth.name = name;
  veth.kind = "veth";
  veth.up = veth.carrier = veth.virtual_device = true;
  veth.mtu = mtu;
  veth.qdisc = "noqueue";
  interfaces.push_back(veth);
  facts.interfaces = interfaces;
  facts.tunables["net.ipv4.conf." + name + ".rp_filter"] = "1";
}

void Rename(HostFacts& facts, std::string_view name_now, const std::string& to) {
  const std::string from(name_now);
  std::vector<InterfaceFacts> interfaces = *facts.interfaces;
  for (InterfaceFacts& one : interfaces) {
    if (one.name == from) one.name = to;
  }
  facts.interfaces = interfaces;
  std::map<std::string, std::string> tunables;
  for (const auto& [name, value] : facts.tunables) {
    std::string key = name;
    const std::size_t at = key.find("." + from + ".");
    if (at != std::string::npos) key.replace(at + 1, from.size(), to);
    tunables[key] = value;
  }
  facts.tunables = tunables;
}

struct NamedChange {
  const char* name;
  Change change;
};

/// Each is something that a measurement may show.
std::vector<NamedChange> BearingChanges() {
  return {
      {"somaxconn", [](HostFacts& f) { f.tunables["net.core.somaxconn"] = "77"; }},
      {"rmem", [](HostFacts& f) { f.tunables["net.ipv4.tcp_rmem"] = "4096\t131072\t1"; }},
      {"unknown key", [](HostFacts& f) { f.tunables["net.ipv4.tcp_brand_new"] = "1"; }},
      {"all rp_filter", [](HostFacts& f) { f.tunables["net.ipv4.conf.all.rp_filter"] = "9"; }},
      {"key gone", [](HostFacts& f) { f.tunables.erase("net.core.somaxconn"); }},
      {"release", [](HostFacts& f) { f.kernel.release = "1.2.3"; }},
      {"nofile", [](HostFacts& f) { f.nofile.soft = 99; }},
      {"cpu model", [](HostFacts& f) { Edit(f.cpu).model = "another"; }},
      {"governor",
       [](HostFacts& f) {
         Edit(f.frequency).governors = {{"powersave", 4}};
       }},
      {"turbo",
       [](HostFacts& f) { Edit(f.frequency).turbo = !f.frequency->turbo.value_or(false); }},
      {"memory", [](HostFacts& f) { Edit(f.memory).total_bytes *= 2; }},
      {"quota", [](HostFacts& f) { Edit(f.cgroup).cpu_quota_us = 12345; }},
      {"clock", [](HostFacts& f) { Edit(f.clock).current = "hpet"; }},
      {"hypervisor", [](HostFacts& f) { Edit(f.virtualisation).machine = "vmware"; }},
      {"mitigation", [](HostFacts& f) { Edit(f.vulnerabilities)["spectre_v2"] = "Vulnerable!"; }},
      {"mtu", [](HostFacts& f) { Card(f).mtu = 1499; }},
      {"qdisc", [](HostFacts& f) { Card(f).qdisc = "pfifo_fast"; }},
      {"ring",
       [](HostFacts& f) {
         Card(f).rings = RingSizes{1, 2, 3, 4};
       }},
      {"ring not told", [](HostFacts& f) { Card(f).rings = Known<RingSizes>::Unknown("no"); }},
      {"offload", [](HostFacts& f) { Edit(Card(f).offloads)["tx-tcp-segmentation"] = false; }},
      {"interfaces not told",
       [](HostFacts& f) { f.interfaces = Known<std::vector<InterfaceFacts>>::Unknown("no"); }},
      {"another kind", [](HostFacts& f) { AddVeth(f, "veth0", 1500); }},
      {"initcwnd",
       [](HostFacts& f) {
         RouteFacts route;
         route.destination = "default";
         route.initcwnd = 40;
         f.routes = std::vector<RouteFacts>{route};
       }},
  };
}

/// Each is seen or not seen, and changes no measurement.
std::vector<NamedChange> HarmlessChanges() {
  return {
      {"nothing", [](HostFacts&) {}},
      {"time", [](HostFacts& f) { f.unix_seconds += 86'400; }},
      {"boot", [](HostFacts& f) { f.kernel.boot_id = "another"; }},
      {"hostname", [](HostFacts& f) { f.kernel.hostname = "another"; }},
      {"distribution", [](HostFacts& f) { f.kernel.distribution = "another"; }},
      {"user", [](HostFacts& f) { f.kernel.uid = 1000; }},
      {"files", [](HostFacts& f) { f.tunables["fs.file-nr"] = "1\t2\t3"; }},
      {"modules",
       [](HostFacts& f) { f.tunables["net.ipv4.tcp_available_congestion_control"] = "x"; }},
      {"root only", [](HostFacts& f) { f.tunables["net.core.bpf_jit_harden"] = "1"; }},
      {"martians", [](HostFacts& f) { f.tunables["net.ipv4.conf.all.log_martians"] = "7"; }},
      {"tracked", [](HostFacts& f) { f.tunables["net.netfilter.nf_conntrack_count"] = "123"; }},
      {"memory in use", [](HostFacts& f) { Edit(f.memory).available_bytes /= 2; }},
      {"kept by the kernel", [](HostFacts& f) { Edit(f.memory).total_bytes += 8192; }},
      {"frequency now",
       [](HostFacts& f) {
         Edit(f.frequency).now_khz = {1, 2, 3, 4};
       }},
      {"load", [](HostFacts& f) { f.load_average = 99.0; }},
      {"group", [](HostFacts& f) { Edit(f.cgroup).path = "/another"; }},
      {"addresses", [](HostFacts& f) { Card(f).addresses = {"192.0.2.1/24"}; }},
      {"packets", [](HostFacts& f) { Card(f).errors.rx_packets += 1000; }},
      {"interface name", [](HostFacts& f) { Rename(f, Card(f).name, "lan7"); }},
      {"alike one more",
       [](HostFacts& f) {
         std::vector<InterfaceFacts> interfaces = *f.interfaces;
         InterfaceFacts more = Card(f);
         more.name = "extra0";
         interfaces.push_back(more);
         f.interfaces = interfaces;
       }},
      {"one that is down",
       [](HostFacts& f) {
         AddVeth(f, "dummy0", 9000);
         std::vector<InterfaceFacts> interfaces = *f.interfaces;
         interfaces.back().up = false;
         f.interfaces = interfaces;
       }},
      {"a counter", [](HostFacts& f) { MoveCounter(f, "TcpExt", "ListenOverflows", 1, 2); }},
  };
}

const SnapshotDifference* Find(const std::vector<SnapshotDifference>& all, std::string_view name) {
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](const SnapshotDifference& one) { return one.name == name; });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace

TEST_CASE("snapshot: names and values") {
  const HostSnapshot snapshot = SnapshotOf(QuietFacts());
  CHECK(snapshot.stable.at("tunables.net.ipv4.tcp_rmem").starts_with("4096 131072 "));
  for (const char* name :
       {"kernel.release", "limits.nofile.soft", "cpu.model", "frequency.governors",
        "memory.total_mib", "cgroup.cpu_quota_us", "virtualisation.machine", "clock.source",
        "conntrack.loaded", "nic.lo.mtu"}) {
    INFO(name);
    CHECK(snapshot.stable.contains(name));
  }
  CHECK(snapshot.stable.at("cgroup.cpu_quota_us") == "none");
  CHECK(snapshot.fleeting.contains("kernel.boot_id"));
  CHECK(HashOf(snapshot).size() == 16);
}

TEST_CASE("snapshot: no fact stands on both sides, none is empty") {
  for (const MadeHost& host : MadeHosts()) {
    const HostSnapshot snapshot = SnapshotOf(host.make());
    for (const auto& fact : snapshot.stable) {
      INFO(host.name, ": ", fact.first);
      CHECK_FALSE(fact.second.empty());
      CHECK_FALSE(snapshot.fleeting.contains(fact.first));
    }
  }
}

TEST_CASE("snapshot: nothing known is not known, each with its reason") {
  const HostSnapshot snapshot = SnapshotOf({});
  for (const char* name : {"tunables", "limits.nofile", "cpu", "frequency", "memory", "cgroup",
                           "virtualisation", "clock", "vulnerabilities", "nic", "route"}) {
    INFO(name);
    CHECK(snapshot.fleeting.contains("unknown." + std::string(name)));
  }
  CHECK(CompareSnapshots(snapshot, snapshot).empty());
}

TEST_CASE("snapshot: the hash moves with what bears on a measurement") {
  const std::string hash = HashOfFacts(QuietFacts());
  for (const NamedChange& one : BearingChanges()) {
    INFO(one.name);
    CHECK(HashOfFacts(Changed(one.change)) != hash);
    CHECK(Bears(DifferencesAfter(one.change)));
    CHECK(Bears(Differences(Changed(one.change), QuietFacts())));
  }
}

TEST_CASE("snapshot: and with nothing else") {
  const std::string hash = HashOfFacts(QuietFacts());
  for (const NamedChange& one : HarmlessChanges()) {
    INFO(one.name);
    CHECK(HashOfFacts(Changed(one.change)) == hash);
    CHECK_FALSE(Bears(DifferencesAfter(one.change)));
  }
}

TEST_CASE("snapshot: the hash differs exactly where a difference bears") {
  std::vector<HostFacts> hosts = {QuietFacts(), HostFacts{}};
  for (const MadeHost& host : MadeHosts()) hosts.push_back(host.make());
  for (const NamedChange& one : BearingChanges()) hosts.push_back(Changed(one.change));
  for (const HostFacts& a : hosts) {
    for (const HostFacts& b : hosts) {
      const auto differences = Differences(a, b);
      CHECK(Bears(differences) == (HashOfFacts(a) != HashOfFacts(b)));
      CHECK(differences.size() == Differences(b, a).size());
    }
  }
}

TEST_CASE("snapshot: two values are not one of two words") {
  const auto with = [](const char* first, const char* second) {
    return Changed([=](HostFacts& facts) {
      AddVeth(facts, "veth0", 1500);
      AddVeth(facts, "veth1", 1500);
      facts.tunables["net.ipv4.conf.veth0.brand_new"] = first;
      facts.tunables["net.ipv4.conf.veth1.brand_new"] = second;
    });
  };
  CHECK(Bears(Differences(with("1", "2"), with("1 2", "1 2"))));
  CHECK(HashOfFacts(with("1", "2")) != HashOfFacts(with("1 2", "1 2")));
}

TEST_CASE("snapshot: differences say what, from what to what, and why") {
  const auto all = DifferencesAfter([](HostFacts& facts) {
    facts.tunables["net.core.somaxconn"] = "77";
    facts.kernel.hostname = "another";
    Card(facts).mtu = 9000;
  });
  REQUIRE(all.size() == 3);
  HostFacts quiet = QuietFacts();
  const std::string card = Card(quiet).name;
  const SnapshotDifference* key = Find(all, "tunables.net.core.somaxconn");
  REQUIRE((key != nullptr));
  CHECK(key->after == "77");
  CHECK(key->unknown.empty());
  const SnapshotDifference* mtu = Find(all, "nic." + card + ".mtu");
  REQUIRE((mtu != nullptr));
  CHECK(mtu->before == "1500");
  CHECK(mtu->after == "9000");
  CHECK(all.back().name == "kernel.hostname");
  CHECK(all.back().bearing == Bearing::kNone);
  for (const SnapshotDifference& one : all) CHECK_FALSE(one.why.empty());
}

TEST_CASE("snapshot: not known on one side is no guess") {
  const auto all = DifferencesAfter([](HostFacts& facts) {
    facts.cpu = Known<CpuFacts>::Unknown("/sys: not mounted");
    facts.interfaces = Known<std::vector<InterfaceFacts>>::Unknown("netlink: no");
  });
  const SnapshotDifference* model = Find(all, "cpu.model");
  REQUIRE((model != nullptr));
  CHECK(model->unknown == "/sys: not mounted");
  CHECK(model->after.empty());
  const SnapshotDifference* nic = Find(all, "nic");
  REQUIRE((nic != nullptr));
  CHECK(nic->unknown == "netlink: no");
  CHECK(std::count_if(all.begin(), all.end(), [](const SnapshotDifference& one) {
          return one.name.starts_with("nic");
        }) == 1);
}

TEST_CASE("snapshot: interfaces of a kind that is on one side alone are one difference") {
  const auto all = DifferencesAfter([](HostFacts& facts) {
    AddVeth(facts, "veth0", 1500);
    AddVeth(facts, "veth1", 1500);
  });
  const SnapshotDifference* veths = Find(all, "nic.veth");
  REQUIRE((veths != nullptr));
  CHECK(veths->after == "veth0, veth1");
  CHECK(veths->before.empty());
}

TEST_CASE("snapshot: one more of a kind counts by what is new in it") {
  const auto with = [](std::uint32_t mtu) {
    return Changed([mtu](HostFacts& facts) {
      AddVeth(facts, "veth0", 1500);
      AddVeth(facts, "veth1", mtu);
    });
  };
  const HostFacts one = Changed([](HostFacts& facts) { AddVeth(facts, "veth0", 1500); });
  CHECK(HashOfFacts(one) == HashOfFacts(with(1500)));
  const auto all = Differences(one, with(9000));
  const SnapshotDifference* mtu = Find(all, "nic.veth.mtu");
  REQUIRE((mtu != nullptr));
  CHECK(mtu->before == "1500");
  CHECK(mtu->after == "1500, 9000");
}

TEST_CASE("snapshot: an interface's name may hold dots") {
  HostFacts facts = QuietFacts();
  AddVeth(facts, "eth0.100", 1500);
  CHECK(SnapshotOf(facts).stable.at("nic.eth0/100.mtu") == "1500");
  const auto named = InterfaceIn("tunables.net.ipv4.conf.eth0/100.rp_filter");
  REQUIRE(named.has_value());
  CHECK(named->interface == "eth0/100");
  CHECK(named->back == ".rp_filter");
  CHECK_FALSE(InterfaceIn("tunables.net.ipv4.conf.all.rp_filter").has_value());
  CHECK_FALSE(InterfaceIn("tunables.net.ipv4.tcp_rmem").has_value());
}

TEST_CASE("snapshot: CPUs as ranges") {
  CHECK(CpuListText({}).empty());
  const std::uint32_t cpus[] = {0, 1, 2, 5, 7, 8};
  CHECK(CpuListText(cpus) == "0-2,5,7-8");
}

TEST_CASE("snapshot: every bearing has its why") {
  std::set<std::string> names;
  for (const MadeHost& host : MadeHosts()) {
    for (const auto& [name, value] : SnapshotOf(host.make()).stable) names.insert(name);
  }
  for (const std::string& name : names) {
    INFO(name);
    CHECK_FALSE(WhyOf(name).empty());
    CHECK(WhyOf(name) != "is not known to be harmless");
  }
}

TEST_CASE("snapshot: reasons of the catalog begin as the others do") {
  CHECK(WhyOf("tunables.net.core.somaxconn").starts_with("ceiling on"));
  CHECK(WhyOf("tunables.net.core.rps_sock_flow_entries").starts_with("size of"));
  for (const Tunable& row : AllTunables()) {
    const std::string why = WhyOf("tunables." + std::string(row.key));
    const bool capital = why[0] >= 'A' && why[0] <= 'Z';
    INFO(row.key, ": ", why);
    CHECK((!capital || why.starts_with("Linux") || (why[1] >= 'A' && why[1] <= 'Z')));
  }
}

}  // namespace tunewire
