#include "text/json.h"

#include "text/text.h"

namespace cairn::text {

Json BytesJson(std::string_view bytes) {
  if (text::IsUtf8(bytes)) {
    return std::string(bytes);
  }
  return Json{{"base64", text::Base64(bytes)}};
}

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace cairn::text
