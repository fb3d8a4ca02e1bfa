#pragma once
// JSON as cairn prints it: one object on one line, its fields in the order in which they are
// documented. Bytes are text where they are valid UTF-8, else {"base64": "…"}.

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace cairn::text {

using Json = nlohmann::ordered_json;

[[nodiscard]] Json BytesJson(std::string_view bytes);
/// One line. Never throws, whatever bytes are in it.
[[nodiscard]] std::string Dump(const Json& json);

}  // namespace cairn::text
