// Sections and options of an INI file, as TuneD and saptune read them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tunewire {

struct IniOption {
  std::string name;
  std::string value;  ///< lines of a continued value joined by '\n'
  int line = 0;
  int name_column = 0;
  int value_column = 0;
};

struct IniSection {
  std::string name;  ///< between the brackets, as it stands
  int line = 0;
  std::vector<IniOption> options;
};

struct IniFile {
  std::vector<IniSection> sections;  ///< in order; options before any section come under ""
  std::vector<int> odd_lines;        ///< neither section, option nor comment
};

/// As Python's ConfigParser with '=' and an inline '#': indented lines continue a value, a '#'
/// behind white space ends a line.
IniFile ParseIni(std::string_view text);

}  // namespace tunewire
