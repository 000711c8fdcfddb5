#include "tunewire/tune/lint.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

namespace tunewire {
namespace {

LintFacts Facts() {
  LintFacts facts;
  facts.keys_known = true;
  for (const char* name : {"net.core.somaxconn",
                           "net.core.rmem_max",
                           "net.core.default_qdisc",
                           "net.ipv4.tcp_rmem",
                           "net.ipv4.tcp_mem",
                           "net.ipv4.tcp_timestamps",
                           "net.ipv4.tcp_fin_timeout",
                           "net.ipv4.ip_local_port_range",
                           "net.ipv4.ip_local_reserved_ports",
                           "net.ipv4.tcp_congestion_control",
                           "net.ipv4.tcp_adv_win_scale",
                           "net.ipv4.ip_forward",
                           "net.ipv4.conf.all.rp_filter",
                           "net.ipv4.conf.default.rp_filter",
                           "net.ipv4.conf.eth0.rp_filter",
                           "net.ipv4.conf.all.forwarding",
                           "net.ipv4.conf.eth0.forwarding",
                           "net.ipv4.tcp_syn_retries",
                           "vm.swappiness",
                           "vm.dirty_ratio",
                           "vm.dirty_bytes",
                           "vm.min_free_kbytes",
                           "fs.file-nr",
                           "fs.nr_open",
                           "net.netfilter.nf_conntrack_max",
                           "net.netfilter.nf_conntrack_buckets"}) {
    facts.existing.push_back(SysctlKey::Parse(name).value());
  }
  facts.listening = {22, 8080, 9000, 40000};
  facts.memory = {std::uint64_t{8} << 30, 4096};
  facts.nr_open = 1048576;
  facts.boot.emplace();
  facts.boot->early_modules = {"nf_conntrack"};
  return facts;
}

std::vector<LintFinding> Lint(const std::string& path, const std::string& text,
                              const LintFacts& facts) {
  auto findings = LintSettings({path, text, false}, facts);
  REQUIRE(findings);
  return *std::move(findings);
}

const LintFinding* Find(const std::vector<LintFinding>& findings, std::string_view rule) {
  const auto at = std::ranges::find(findings, rule, &LintFinding::rule);
  return at == findings.end() ? nullptr : &*at;
}

struct Case {
  const char* rule;
  const char* path;
  const char* bad;  ///< the rule's finding is at `line`:`column`
  int line;
  int column;
  const char* good;  ///< the rule is silent
};

constexpr const char* kSysctl = "/etc/sysctl.d/50-x.conf";
constexpr const char* kLimits = "/etc/security/limits.d/50-x.conf";
constexpr const char* kTuned = "/etc/tuned/web/tuned.conf";
constexpr const char* kNote = "/usr/share/saptune/notes/1";
constexpr const char* kJson = "web.json";

const Case kCases[] = {
    {"removed-key", kSysctl, "#\nnet.ipv4.tcp_tw_recycle = 1", 2, 1, "net.ipv4.tcp_fin_timeout=60"},
    {"dead-key", kSysctl, " net.ipv4.tcp_adv_win_scale=1", 1, 2, "net.core.somaxconn=1"},
    {"read-only-key", kSysctl, "fs.file-nr = 1 2 3", 1, 1, "fs.nr_open = 1048576"},
    {"dotted-interface", kSysctl, "net.ipv4.conf.eth0.100.rp_filter = 1", 1, 1,
     "net.ipv4.conf.eth0/100.rp_filter = 1"},
    {"misspelt-key", kSysctl, "net.core.somaxcon = 1", 1, 1, "net.core.somaxconn = 1"},
    {"missing-key", kSysctl, "net.ipv4.conf.wlan7.rp_filter = 1", 1, 1,
     "-net.ipv4.conf.wlan7.rp_filter = 1\nnet.ipv4.conf.eth*.rp_filter=1"},
    {"missing-key", kSysctl, "\nnet.ipv4.conf.wl*.rp_filter = 1", 2, 1, "net.core.somaxconn = 1"},
    {"late-module", kSysctl, "net.bridge.bridge-nf-call-iptables = 1", 1, 1,
     "net.netfilter.nf_conntrack_max = 262144"},
    {"trailing-comment", kSysctl, "net.core.somaxconn = 4096 # enough", 1, 27,
     "# enough\nnet.core.somaxconn = 4096"},
    {"trailing-comment", kSysctl, "net.ipv4.tcp_congestion_control = bbr ; fast", 1, 39,
     "net.ipv4.tcp_congestion_control = bbr"},
    {"not-a-number", kSysctl, "net.core.rmem_max = 16M", 1, 21, "net.core.rmem_max = 16777216"},
    {"not-a-number", kSysctl, "net.core.somaxconn = \"4096\"", 1, 22, "net.core.somaxconn = 4096"},
    {"not-a-number", kSysctl, "net.core.somaxconn =", 1, 1, "net.core.default_qdisc = fq"},
    {"octal-number", kSysctl, "net.core.somaxconn = 010000", 1, 22, "vm.swappiness = 0"},
    {"hexadecimal-number", kSysctl, "net.core.somaxconn = 0x1000", 1, 22, "vm.swappiness = 10"},
    {"extra-fields", kSysctl, "net.ipv4.tcp_rmem = 1 2 3 4", 1, 21,
     "net.ipv4.tcp_rmem = 4096 131072 6291456"},
    {"missing-fields", kSysctl, "net.ipv4.tcp_rmem = 4096 131072", 1, 21,
     "net.ipv4.tcp_rmem = 4096 131072 6291456"},
    {"inverted-vector", kSysctl, "net.ipv4.tcp_rmem = 4096 9131072 6291456", 1, 21,
     "net.ipv4.tcp_rmem = 4096 4096 6291456"},
    {"out-of-range", kSysctl, "net.ipv4.tcp_syn_retries = 200", 1, 28,
     "net.ipv4.tcp_syn_retries = 6"},
    {"wrong-unit", kSysctl, "net.ipv4.tcp_mem = 786432 1048576 26777216", 1, 20,
     "net.ipv4.tcp_mem = 78643 104857 267772"},
    {"wrong-unit", kSysctl, "vm.min_free_kbytes = 67108864", 1, 22, "vm.min_free_kbytes = 65536"},
    {"beyond-memory", kSysctl, "net.ipv4.tcp_rmem = 4096 131072 17179869184", 1, 21,
     "net.ipv4.tcp_rmem = 4096 131072 16777216"},
    {"folklore", kSysctl, "net.ipv4.tcp_timestamps = 0", 1, 27, "net.ipv4.tcp_timestamps = 1"},
    {"folklore", kSysctl, "net.ipv4.tcp_fin_timeout=15", 1, 26, "net.ipv4.tcp_fin_timeout=60"},
    {"not-an-assignment", kSysctl, "vm.swappiness 10", 1, 1, "vm.swappiness=10"},
    {"not-an-assignment", kTuned, "[sysctl]\nvm.swappiness 10", 2, 1, "[sysctl]\nvm.swappiness=10"},
    {"duplicate-key", kSysctl, "vm.swappiness=1\nvm/swappiness=2", 2, 1,
     "vm.swappiness=1\nvm.dirty_ratio=2"},
    {"glob-exclusion", kSysctl, "-net.ipv4.conf.eth*.rp_filter", 1, 2,
     "-net.ipv4.conf.eth0.rp_filter"},
    {"late-exclusion", kSysctl, "vm.swappiness=1\n-vm.swappiness", 2, 2,
     "-vm.swappiness\nvm.swappiness=1"},
    {"loader-dependent", kSysctl, "- vm.swappiness = 1", 1, 3, "-vm.swappiness = 1"},
    {"loader-dependent", kSysctl, "net.core.somaxconn. = 1", 1, 1, "/net/core/somaxconn = 1"},
    {"loader-dependent", kSysctl, "net.ipv4.conf.{eth0,lo}.rp_f* = 1", 1, 1,
     "net.ipv4.conf.eth?.rp_filter = 1"},
    {"coupled-order", kSysctl, "net.ipv4.conf.eth0.forwarding=0\nnet.ipv4.conf.all.forwarding=1", 2,
     1, "net.ipv4.conf.all.forwarding=1\nnet.ipv4.conf.eth0.forwarding=0"},
    {"coupled-order", kSysctl, "vm.dirty_ratio=10\nvm.dirty_bytes=100000000", 2, 1,
     "vm.dirty_ratio=10"},
    {"port-range-swallows", kSysctl, "net.ipv4.ip_local_port_range = 1024 65535", 1, 32,
     "net.ipv4.ip_local_port_range = 1024 65535\n"
     "net.ipv4.ip_local_reserved_ports = 8080,9000,40000"},
    {"buffer-cap-alone", kSysctl, "net.core.rmem_max = 16777216", 1, 1,
     "net.core.rmem_max = 16777216\nnet.ipv4.tcp_rmem = 4096 131072 16777216"},
    {"conntrack-buckets", kSysctl, "net.netfilter.nf_conntrack_max = 1048576", 1, 34,
     "net.netfilter.nf_conntrack_max = 1048576\nnet.netfilter.nf_conntrack_buckets = 262144"},
    {"default-only", kSysctl, "net.ipv4.conf.default.rp_filter = 1", 1, 1,
     "net.ipv4.conf.default.rp_filter = 1\nnet.ipv4.conf.all.rp_filter = 1"},
    {"self-include", kTuned, "[main]\ninclude=web", 2, 9, "[main]\ninclude=base"},
    {"self-include", kJson,
     "{\"format\":1,\"name\":\"web\",\"include\":[\"web\"],\"sysctl\":{\"vm.swappiness\":1}}", 1, 1,
     "{\"format\":1,\"name\":\"web\",\"include\":[\"base\"],\"sysctl\":{\"vm.swappiness\":1}}"},
    {"undefined-variable", kTuned, "[sysctl]\nvm.swappiness=${swap}", 2, 15,
     "[variables]\nswap=1\n[sysctl]\nvm.swappiness=${swap}"},
    {"invalid-profile", kJson, "{\"format\": 1,\n\"name\": \"web\", \"sysctls\": {}}", 2, 16,
     "{\"format\": 1, \"name\": \"web\", \"sysctl\": {\"vm.swappiness\": 1}}"},
    {"limit-syntax", kLimits, "* soft nofile", 1, 1, "* soft nofile 1024"},
    {"limit-syntax", kLimits, "* both nofile 1024", 1, 3, "* - nofile 1024"},
    {"limit-syntax", kLimits, "* soft nofiles 1024", 1, 8, "* - maxlogins 4"},
    {"limit-syntax", kLimits, "* soft memlock 64k", 1, 16, "* soft memlock 64"},
    {"nofile-above-nr-open", kLimits, "root - nofile 2000000", 1, 15, "root - nofile 1048576"},
    {"nofile-above-nr-open", kLimits, "root hard nofile unlimited", 1, 18,
     "root hard memlock unlimited"},
    {"nofile-above-nr-open", kNote, "[limits]\nLIMITS = @sapsys hard nofile 2000000", 2, 0,
     "[limits]\nLIMITS = @sapsys hard nofile 1048576"},
    {"nofile-above-nr-open", kJson,
     "{\"format\": 1, \"name\": \"web\", \"limits\": {\"nofile\": {\"logins\": {\"*\": 2000000}}}}",
     1, 68,
     "{\"format\": 1, \"name\": \"web\", \"sysctl\": {\"fs.nr_open\": 2097152}, \"limits\": "
     "{\"nofile\": {\"logins\": {\"*\": 2000000}}}}"},
    {"soft-above-hard", kLimits, "* soft nofile 2048\n* hard nofile 1024", 1, 15,
     "* soft nofile 1024\n* hard nofile 2048"},
    {"duplicate-limit", kLimits, "* soft nofile 1\n\n* soft nofile 2", 3, 1,
     "* soft nofile 1\n* hard nofile 2"},
    {"root-not-covered", kLimits, "* hard nofile 65536", 1, 1,
     "* hard nofile 65536\nroot hard nofile 65536"},
    {"service-account", kLimits, "nginx - nofile 65536", 1, 1, "alice - nofile 65536"},
    {"limit-beyond-memory", kLimits, "* - memlock 17179869184", 1, 13, "* - memlock 65536"},
    {"inverted-vector", kTuned, "[sysctl]\nnet.ipv4.tcp_rmem=\"4096 9131072 6291456\"", 2, 20,
     "[sysctl]\nnet.ipv4.tcp_rmem=\"4096 131072 6291456\""},
    {"wrong-unit", kNote, "[sysctl]\nnet.ipv4.tcp_mem = 786432 1048576 26777216", 2, 20,
     "[sysctl]\nnet.core.somaxconn > 4096"},
    {"removed-key", kTuned, "[sysctl]\nnet.ipv4.tcp_tw_recycle=1\n", 2, 1, "[sysctl]\n"},
};

TEST_CASE("lint: every rule speaks where it should, and only there") {
  for (const Case& one : kCases) {
    CAPTURE(std::string(one.rule));
    CAPTURE(std::string(one.bad));
    const auto findings = Lint(one.path, one.bad, Facts());
    const LintFinding* finding = Find(findings, one.rule);
    CHECK(finding != nullptr);
    if (finding == nullptr) continue;
    CHECK(finding->line == one.line);
    CHECK(finding->column == one.column);
    CHECK_FALSE(finding->message.empty());
    CHECK_FALSE(finding->advice.empty());
    CHECK_FALSE(finding->advice.ends_with('.'));
    CAPTURE(std::string(one.good));
    CHECK(Find(Lint(one.path, one.good, Facts()), one.rule) == nullptr);
  }
}

TEST_CASE("lint: no rule is without a case, and ids are unique") {
  std::set<std::string_view> tested;
  for (const Case& one : kCases) tested.insert(one.rule);
  std::set<std::string_view> ids;
  for (const LintRule& rule : LintRules()) {
    CAPTURE(rule.id);
    CHECK(tested.contains(rule.id));
    CHECK(ids.insert(rule.id).second);
    CHECK_FALSE(rule.advice.empty());
  }
  CHECK(ids.size() == tested.size());
}

TEST_CASE("lint: messages") {
  const auto only = [](const char* path, const char* text, const char* rule) {
    const auto findings = Lint(path, text, Facts());
    const LintFinding* finding = Find(findings, rule);
    REQUIRE(finding != nullptr);
    return finding->message + " -> " + finding->advice;
  };
  CHECK(only(kSysctl, "net.ipv4.tcp_tw_recycle=1", "removed-key") ==
        "net.ipv4.tcp_tw_recycle is gone since Linux 4.12 -> remove it; instead: set tcp_tw_reuse "
        "to 1 on the side that connects");
  CHECK(only(kSysctl, "net.ipv4.tcp_mem=786432 1048576 26777216", "wrong-unit") ==
        "net.ipv4.tcp_mem counts pages: this is 102 GiB, and this host has 8 GiB; was it written "
        "in bytes? -> divide by 4096");
  CHECK(only(kSysctl, "net.ipv4.ip_local_port_range=1024 65535", "port-range-swallows") ==
        "listeners' ports lie within the range: 8080 9000 40000 -> set "
        "net.ipv4.ip_local_reserved_ports = 8080,9000,40000");
  CHECK(only(kSysctl, "net.ipv4.conf.eth0.100.rp_filter=1", "dotted-interface") ==
        "the dots of interface eth0.100 separate parts here, so no key has this name -> write "
        "net.ipv4.conf.eth0/100.rp_filter");
  CHECK(only(kSysctl, "net.core.somaxcon=1", "misspelt-key") ==
        "net.core.somaxcon is not known -> did you mean net.core.somaxconn?");
  CHECK(only(kLimits, "root - nofile 2000000", "nofile-above-nr-open") ==
        "2000000 is above fs.nr_open (1048576): logins of root fail -> stay at or below "
        "fs.nr_open, or raise that first");
  CHECK(only(kSysctl, "net.ipv4.tcp_syn_retries=010", "octal-number") ==
        "the kernel reads 010 as 8 -> write the number without leading zeros");
}

TEST_CASE("lint: a clean file has no findings") {
  CHECK(Lint(kSysctl,
             "# web\r\n"
             "net.core.somaxconn = 8192\r\n"
             "net.ipv4.tcp_rmem = 4096 131072 16777216\n"
             "net.ipv4.conf.*.rp_filter = 2\n"
             "-net.ipv4.conf.all.rp_filter\n"
             "net.ipv4.tcp_congestion_control = bbr",
             Facts())
            .empty());
  CHECK(Lint(kLimits, "# none\n", Facts()).empty());
}

TEST_CASE("lint: without facts only what the file itself shows is said") {
  const LintFacts nothing;
  CHECK(Lint(kSysctl,
             "net.ipv4.conf.wlan7.rp_filter = 1\nnet.ipv4.ip_local_port_range=1024 65535\n",
             nothing)
            .empty());
  CHECK(Lint(kLimits, "root - nofile 2000000\n", nothing).empty());
  CHECK(Find(Lint(kSysctl, "net.core.somaxcon = 1\n", nothing), "misspelt-key") != nullptr);
}

TEST_CASE("lint: a child namespace explains host-wide keys") {
  LintFacts facts = Facts();
  facts.child_namespace = true;
  const auto findings = Lint(kSysctl, "net.core.netdev_max_backlog = 1000", facts);
  REQUIRE(Find(findings, "missing-key") != nullptr);
  CHECK(Find(findings, "missing-key")->message ==
        "this kernel has no net.core.netdev_max_backlog: it is one for the whole host and not "
        "shown in this network namespace");
}

TEST_CASE("lint: binary and huge files are refused, a megabyte of lines is not") {
  const auto code = [](const std::string& text) {
    const auto findings = LintSettings({kSysctl, text, false}, Facts());
    return findings ? std::string() : findings.error().code;
  };
  CHECK(code(std::string("a=1\0", 4)) == "binary_file");
  CHECK(code(std::string(kMaxSettingsBytes + 1, 'a')) == "too_large");
  std::string lines;
  for (int i = 0; lines.size() < 1024 * 1024; ++i) {
    lines +=
        "net.ipv4.conf.eth" + std::to_string(i) + ".rp_filter = 1 # " + std::to_string(i) + "\n";
  }
  CHECK(code(lines).empty());
}

}  // namespace
}  // namespace tunewire
