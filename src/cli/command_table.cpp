#include "cli/command_table.h"

#include <algorithm>
#include <array>

namespace tunewire {
namespace {

constexpr std::array kCommands{
    CommandEntry{"profiles", "", "the profiles found, and which file won",
                 "  tunewire profiles                 names and what they are for\n"
                 "  tunewire profiles -v              the folders searched, too\n"},
    CommandEntry{"show", "[PROFILE|KEY...]", "values now, with unit, scope and meaning",
                 "  tunewire show net.core.somaxconn  one key\n"
                 "  tunewire show 'net.ipv4.tcp_*'    a glob; `net` alone is everything below\n"
                 "  tunewire show http-server         what a profile asks for, beside what is\n"
                 "  tunewire show -q net              plain `key = value` lines\n"},
    CommandEntry{"explain", "KEY", "what a key does, its range, and when a change takes effect",
                 "  tunewire explain tcp_rmem\n"
                 "  tunewire explain net.core.somaxconn --json\n"},
    CommandEntry{"plan", "PROFILE... [--persist] [--exit-code]",
                 "what apply would change, why, and what the kernel says to it",
                 "  tunewire plan http-server         changes nothing, needs no root\n"
                 "  tunewire plan ./mine.json -v      every key, with its file and line\n"
                 "  tunewire plan base --exit-code    exit 1 where something would change\n"},
    CommandEntry{"apply", "PROFILE... [--confirm TIME] [--persist] [--yes] [--skip-missing]",
                 "set what the plan says, or leave everything as it was",
                 "  tunewire apply http-server --confirm 60s   put back unless confirmed\n"
                 "  tunewire apply http-server --persist       also at the next boot\n"
                 "  tunewire apply http-server --yes           without asking\n"
                 "  tunewire apply ./mine.json --skip-missing  what is not there is passed over\n"},
    CommandEntry{"confirm", "[TX]", "keep what `apply --confirm` set",
                 "  tunewire confirm                  the one that waits\n"
                 "  tunewire confirm 7f3a21           by its number\n"},
    CommandEntry{"rollback", "[TX] [--force]", "take back what is in force",
                 "  tunewire rollback                 the last transaction in force\n"
                 "  tunewire rollback 7f3a21 --force  also keys that others changed since\n"},
    CommandEntry{"recover", "", "finish what a crash or a passed deadline left",
                 "  tunewire recover\n"},
    CommandEntry{"verify", "[PROFILE...]", "is the host still as the profile says",
                 "  tunewire verify                   what is in force\n"
                 "  tunewire verify http-server       a profile, applied or not\n"},
    CommandEntry{"history", "[TX]", "what was applied, and what became of it",
                 "  tunewire history\n"
                 "  tunewire history 7f3a21           one transaction, key by key\n"},
    CommandEntry{"lint", "FILE...", "what is wrong, dead or misleading in settings",
                 "  tunewire lint /etc/sysctl.conf /etc/sysctl.d/*.conf\n"
                 "  tunewire lint /etc/security/limits.conf\n"
                 "  tunewire lint - --json < tuned.conf\n"},
    CommandEntry{"import", "FILE... [-o OUT] [--name NAME]",
                 "make one profile from settings of other tools",
                 "  tunewire import /etc/sysctl.d/*.conf -o site.json\n"
                 "  tunewire import /etc/tuned/web/tuned.conf > web.json\n"
                 "  sysctl -a | tunewire import - --name before -o before.json\n"},
    CommandEntry{
        "probe", "[HOST:PORT] [--pattern NAME|SCRIPT] [--writer END] [--mss N] [...]",
        "small writes that stall: for how long, whose doing, what helps",
        "  tunewire probe                              two writes and a read, on loopback\n"
        "  tunewire probe 10.0.0.9:7411                towards a `tunewire probe serve` there\n"
        "  tunewire probe --pattern 'w200 w1000 r100'  traffic of your own\n"
        "  tunewire probe --write 200,1000 --nodelay   the same with TCP_NODELAY\n"
        "  tunewire probe --netns red,blue --mss 1460  client in red, server in blue\n"
        "  tunewire probe --assert 'stalls=0,p99<2ms'  a gate: exit 1 unless it is so\n"
        "  tunewire probe --html stalls.html           the pictures, on one page\n"},
    CommandEntry{"probe serve", "[--listen ADDR] [--port N] [--sessions N]",
                 "the other end of a probe between two hosts",
                 "  tunewire probe serve                        for this host alone\n"
                 "  tunewire probe serve --listen 10.0.0.9 --sessions 1\n"},
    CommandEntry{"probe sweep", "[HOST:PORT] [--write N,N] [--mss N,N...] [--most TIME]",
                 "which sizes, gaps and think times stall",
                 "  tunewire probe sweep                        loopback's MSS, and Ethernet's\n"
                 "  tunewire probe sweep --writer server --mss 1460\n"
                 "  tunewire probe sweep 10.0.0.9:7411 --most 30s\n"},
    CommandEntry{"http", "URL [-n N] [-c N] [-z TIME] [OPTIONS]",
                 "why keep-alive is slow at an HTTP server, and load",
                 "  tunewire http http://localhost:8080/        whose stall is it\n"
                 "  tunewire http localhost:8080 -c 100 -z 30s  load, 100 kept connections\n"
                 "  tunewire http localhost:8080 --rate 5k -c 50 -z 10s --html load.html\n"
                 "  tunewire http localhost:8080 --think all    every rest from 0 to 100 ms\n"
                 "  tunewire http --compare before.json after.json\n"},
    CommandEntry{
        "trial", "PROFILE... [--for TIME] [--against now|defaults]",
        "what a profile does to traffic, in scratch namespaces",
        "  tunewire trial http-server                  15 s, this host stays as it is\n"
        "  tunewire trial ./mine.json --for 60s        longer: narrower intervals\n"
        "  tunewire trial http-server --against defaults   where it is in force already\n"},
    CommandEntry{"snapshot", "[-o OUT]", "what this host is: settings, cards, CPUs, limits, kernel",
                 "  tunewire snapshot -o monday.json         a new file, for `tunewire diff`\n"
                 "  ssh web2 tunewire snapshot > web2.json   of another host\n"
                 "  tunewire snapshot --netns blue -v -o blue.json\n"},
    CommandEntry{"diff", "A.json [B.json]",
                 "what differs between two hosts or days, and does it matter",
                 "  tunewire diff monday.json           against this host now\n"
                 "  tunewire diff web1.json web2.json   two hosts; exit 1 where it can matter\n"
                 "  ssh web2 tunewire snapshot | tunewire diff - -v\n"},
    CommandEntry{"sockets", "[--pid N] [--port N] [--for TIME] [--options] [--fix WHAT] [...]",
                 "which live connections are held back, and by whom",
                 "  tunewire sockets                            every connection, for 3 seconds\n"
                 "  tunewire sockets --command nginx --options  one program's, options too\n"
                 "  tunewire sockets --port 8080 --for 10s\n"
                 "  tunewire sockets --peer 10.0.0.0/8 --watch  again and again, in place\n"
                 "  tunewire sockets --listeners                backlogs, queues, overflows\n"
                 "  tunewire sockets --fix nodelay --pid 812 --trial 5s     prove it, put back\n"
                 "  tunewire sockets --fix nodelay --pid 812 --listener     until it restarts\n"
                 "  tunewire sockets --undo                     put back what --fix set\n"
                 "  tunewire sockets --port 8080 --record looks.tws\n"
                 "  tunewire sockets --replay looks.tws         the same verdict, elsewhere\n"},
    CommandEntry{"counters", "[--for TIME] [--all]",
                 "what the kernel's network counters did, in words",
                 "  tunewire counters                 five seconds, what matters\n"
                 "  tunewire counters --for 60s --all every counter that moved\n"
                 "  tunewire counters --netns blue --json\n"},
    CommandEntry{"check", "[--connections N] [--rate R] [--to HOST:PORT | --listen PORT] [...]",
                 "is this host ready for a load, and where is the first wall",
                 "  tunewire check                              what would spoil a measurement\n"
                 "  tunewire check --to 10.0.0.9:80 --connections 200k --rate 50k\n"
                 "  tunewire check --listen 80 --connections 1M --message 16K   as its server\n"
                 "  tunewire check --to 10.0.0.9:80 --rtt 80ms --bandwidth 10G  one flow\n"
                 "  tunewire check --for 5s -v                  counters for 5 s, every check\n"
                 "  tunewire check --listen 80 --connections 1M --fix | tunewire plan -\n"},
};

}  // namespace

std::span<const CommandEntry> AllCommands() { return kCommands; }

const CommandEntry* FindCommand(std::string_view name) {
  const auto* const found =
      std::find_if(kCommands.begin(), kCommands.end(),
                   [name](const CommandEntry& entry) { return entry.name == name; });
  return found == kCommands.end() ? nullptr : found;
}

std::string_view ProgramExamples() {
  return "  tunewire plan http-server                 what would change; changes nothing\n"
         "  tunewire apply http-server --confirm 60s  put back unless confirmed\n"
         "  tunewire verify                           is it still so\n"
         "  tunewire rollback                         take it back\n";
}

}  // namespace tunewire
