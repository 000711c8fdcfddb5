// What `tunewire http` was asked.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace tunewire {

struct HttpArguments {
  std::string url;                   ///< empty only with `compare`
  std::vector<std::string> compare;  ///< two files, or none
  std::string method = "GET";
  std::vector<std::string> fields;  ///< "Name: value"
  std::string data_file;
  std::uint64_t requests = 0;
  std::chrono::microseconds duration{};
  std::uint32_t connections = 1;
  std::uint32_t threads = 1;
  std::uint32_t pipeline = 1;
  bool keep_alive = true;
  double rate = 0;
  std::chrono::milliseconds timeout{5000};
  std::vector<std::chrono::microseconds> think;
  std::vector<std::string> sources;
  std::uint32_t mss = 0;
  bool proof = true;
  bool load = false;  ///< an option that asks for load was given
  int watch_pid = 0;
  std::string csv, samples, html;
};

}  // namespace tunewire
