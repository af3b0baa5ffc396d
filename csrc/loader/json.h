// JSON of a file that may hold anything: every function refuses what is not as expected with a ModelFormatError. It is
// included by sources of the loader alone, and none of its names leaves the library.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "eigencoder/config.h"

namespace eigencoder {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;  // to write: the keys stay in order

// Refuses keys that come twice in an object, and depths that no model file has.
Json parse_json(std::string_view text, const std::string& name);

// Without blanks. Only json.cpp compiles the library's parser and serializer, which take long.
std::string text_of(const Json& json);
std::string text_of(const OrderedJson& json);

// An object of just these keys; `name` is how messages call it.
class Fields {
 public:
  Fields(const Json& object, std::string name, const std::vector<std::string_view>& keys);

  const Json& operator[](std::string_view key) const { return object_.at(std::string(key)); }
  bool flag(std::string_view key) const;
  Index count(std::string_view key) const;
  std::vector<Index> counts(std::string_view key) const;
  double number(std::string_view key) const;  // "nan", "inf" and "-inf" are numbers
  std::string text(std::string_view key) const;
  std::vector<std::string> texts(std::string_view key) const;
  [[noreturn]] void refuse(std::string_view key, const std::string& expected) const;

 private:
  const Json& object_;
  std::string name_;
};

}  // namespace eigencoder
