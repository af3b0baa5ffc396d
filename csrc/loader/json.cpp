#include "loader/json.h"

#include <algorithm>
#include <limits>
#include <set>

#include "eigencoder/model_file.h"

namespace eigencoder {
namespace {

constexpr int deepest = 64;  // an estimator of estimators of estimators has about twenty

bool is_count(const Json& value) {
  return value.is_number_unsigned() &&
         value.get<std::uint64_t>() <= static_cast<std::uint64_t>(std::numeric_limits<Index>::max());
}

bool is_text(const Json& value) { return value.is_string(); }

bool is_list_of(const Json& value, bool (*is_item)(const Json&)) {
  return value.is_array() && std::all_of(value.begin(), value.end(), is_item);
}

}  // namespace

Json parse_json(std::string_view text, const std::string& name) {
  std::vector<std::set<std::string>> keys;  // of the objects that are open
  const auto refuse_doubles = [&](int depth, Json::parse_event_t event, Json& parsed) {
    if (depth > deepest) throw ModelFormatError(name + " is nested more than " + std::to_string(deepest) + " deep");
    if (event == Json::parse_event_t::object_start) keys.emplace_back();
    if (event == Json::parse_event_t::object_end) keys.pop_back();
    if (event == Json::parse_event_t::key && !keys.back().insert(parsed.get<std::string>()).second) {
      throw ModelFormatError(name + " has the key " + parsed.dump() + " twice in an object");
    }
    return true;
  };
  try {
    return Json::parse(text, refuse_doubles);
  } catch (const Json::exception& error) {
    throw ModelFormatError(name + " is no JSON: " + error.what());
  }
}

std::string text_of(const Json& json) { return json.dump(); }

std::string text_of(const OrderedJson& json) { return json.dump(); }

Fields::Fields(const Json& object, std::string name, const std::vector<std::string_view>& keys)
    : object_(object), name_(std::move(name)) {
  if (!object.is_object()) throw ModelFormatError(name_ + " must be an object, found " + object.type_name());
  for (const auto& [key, value] : object.items()) {
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) {
      throw ModelFormatError(name_ + " has the unknown key " + Json(key).dump());
    }
  }
  for (const std::string_view key : keys) {
    if (object.find(std::string(key)) == object.end()) {
      throw ModelFormatError(name_ + " lacks the key \"" + std::string(key) + "\"");
    }
  }
}

void Fields::refuse(std::string_view key, const std::string& expected) const {
  const Json& found = (*this)[key];
  std::string shown = found.is_structured() ? found.type_name() : found.dump();
  if (shown.size() > 80) shown = found.type_name();
  throw ModelFormatError(std::string(key) + " of " + name_ + " must be " + expected + ", found " + shown);
}

bool Fields::flag(std::string_view key) const {
  const Json& value = (*this)[key];
  if (!value.is_boolean()) refuse(key, "true or false");
  return value.get<bool>();
}

Index Fields::count(std::string_view key) const {
  const Json& value = (*this)[key];
  if (!is_count(value)) refuse(key, "an integer >= 0");
  return value.get<Index>();
}

std::vector<Index> Fields::counts(std::string_view key) const {
  const Json& value = (*this)[key];
  if (!is_list_of(value, is_count)) refuse(key, "a list of integers >= 0");
  return value.get<std::vector<Index>>();
}

double Fields::number(std::string_view key) const {
  const Json& value = (*this)[key];
  if (value == "nan") return std::numeric_limits<double>::quiet_NaN();
  if (value == "inf") return std::numeric_limits<double>::infinity();
  if (value == "-inf") return -std::numeric_limits<double>::infinity();
  if (!value.is_number()) refuse(key, "a number");
  return value.get<double>();
}

std::string Fields::text(std::string_view key) const {
  const Json& value = (*this)[key];
  if (!is_text(value)) refuse(key, "a string");
  return value.get<std::string>();
}

std::vector<std::string> Fields::texts(std::string_view key) const {
  const Json& value = (*this)[key];
  if (!is_list_of(value, is_text)) refuse(key, "a list of strings");
  return value.get<std::vector<std::string>>();
}

}  // namespace eigencoder
