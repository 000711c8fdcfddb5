// What every foreign format comes down to before it becomes a profile.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tunewire/tune/import.h"

namespace tunewire {

struct ImportEntry {
  enum class Kind {
    kSet,      ///< the value as it is
    kRaise,    ///< TuneD's ">N": only where less is there
    kLower,    ///< TuneD's "<N"
    kLast,     ///< saptune's "> N" on a key of several fields: the last one
    kFirst,    ///< saptune's "< N": the first one
    kExclude,  ///< "-key": no glob may set it
  };
  Kind kind = Kind::kSet;
  std::string key;   ///< as written
  std::string path;  ///< below /proc/sys, may hold globs
  std::string value;
  bool ignore_failure = false;
  FileLine at;
};

/// One line of limits.conf.
struct LimitLine {
  std::string domain;
  std::string type;  ///< "soft", "hard", "-"
  std::string item;
  std::string value;
  FileLine at;
  int domain_column = 0;
  int type_column = 0;
  int item_column = 0;
  int value_column = 0;
};

/// A line that is neither blank, comment nor a limit.
struct BadLimitLine {
  FileLine at;
  std::string text;
};

struct LimitLines {
  std::vector<LimitLine> lines;
  std::vector<BadLimitLine> bad;
};

/// limits.conf as pam_limits reads it: '#' begins a comment anywhere, four words a line.
LimitLines ParseLimitLines(const std::string& file, std::string_view text);

/// Everything that a request's files say.
struct ImportBasket {
  std::vector<ImportEntry> entries;
  std::vector<LimitLine> limits;
  std::vector<NotCarried> not_carried;
  std::vector<std::string> files;

  void Refuse(FileLine at, std::string what, std::string why) {
    not_carried.push_back({std::move(at), std::move(what), std::move(why)});
  }
};

/// The files TuneD looks at besides the one named.
struct TunedWorld {
  const Files& files;
  std::string root;  ///< "" for this host
};

void AddSysctlSource(const SourceText& source, ImportBasket& basket);
void AddLimitsSource(const SourceText& source, ImportBasket& basket);
void AddSaptuneSource(const SourceText& source, ImportBasket& basket);
Status AddTunedSource(const SourceText& source, const TunedWorld& world, ImportBasket& basket);

/// A limit in setrlimit(2)'s own unit, from the unit of limits.conf.
struct LimitAmount {
  std::optional<std::uint64_t> amount;  ///< kUnlimited for "unlimited", "infinity" and "-1"
  std::string problem;                  ///< where there is no amount
};
LimitAmount ReadLimitAmount(std::string_view item, std::string_view value);

}  // namespace tunewire
