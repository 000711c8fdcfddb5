// Prints the catalog as JSON, one row a line: what test_catalog.py holds against the real kernel.
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

#include "tunewire/catalog/tunable.h"

namespace {

using tunewire::Field;
using tunewire::Tunable;

template <std::size_t Count>
std::string Slug(const char* const (&slugs)[Count], auto value) {
  return slugs[static_cast<std::size_t>(value)];
}

nlohmann::json ToJson(const Field& field) {
  return {{"name", field.name},
          {"type", Slug({"integer", "text", "words", "port_list", "cpu_mask"}, field.type)},
          {"min", field.min},
          {"max", field.max},
          {"below", Slug({"refused", "accepted", "altered"}, field.below)},
          {"above", Slug({"refused", "accepted", "altered"}, field.above)}};
}

nlohmann::json ToJson(const Tunable& row) {
  nlohmann::json json = {
      {"key", row.key},
      {"scope", tunewire::ScopeSlug(row.scope)},
      {"access", Slug({"read_write", "read_only", "write_only"}, row.access)},
      {"standing", Slug({"live", "no_effect", "removed"}, row.standing)},
      {"rounding", Slug({"none", "power_of_two", "jiffies", "pages"}, row.rounding)},
      {"ascending", row.ascending},
      {"module", row.module},
      {"since", row.since},
      {"until", row.until},
      {"coupled", nlohmann::json(row.coupled)},
      {"fields", nlohmann::json::array()}};
  for (const Field& field : row.fields) json["fields"].push_back(ToJson(field));
  return json;
}

}  // namespace

int main() {
  for (const Tunable& row : tunewire::AllTunables()) std::puts(ToJson(row).dump().c_str());
  return 0;
}
