#include "common/roster.h"

#include "common/coding.h"

namespace cairn {

std::string FormatIncarnation(Incarnation incarnation) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text(16, '0');
  for (std::size_t i = 16; i-- > 0; incarnation >>= 4) {
    text[i] = kDigits[incarnation & 15];
  }
  return text;
}

std::string EncodeIncarnations(const Incarnations& incarnations) {
  Writer w;
  w.U8(1).U32(static_cast<std::uint32_t>(incarnations.size()));
  for (const auto& [node, incarnation] : incarnations) {
    w.U32(node).U64(incarnation);
  }
  return w.Take();
}

std::optional<Incarnations> DecodeIncarnations(std::string_view bytes) {
  Reader r(bytes);
  if (r.U8() != 1) {
    return std::nullopt;
  }
  const std::uint32_t count = r.U32();
  Incarnations incarnations;
  for (std::uint32_t i = 0; i < count && r.ok(); ++i) {
    const NodeId node = r.U32();
    incarnations[node] = r.U64();
  }
  if (!r.AtEnd() || incarnations.size() != count) {
    return std::nullopt;
  }
  return incarnations;
}

Request MakeFormRequest(const Incarnations& incarnations) {
  Request request;
  request.op = Op::kForm;
  request.value = EncodeIncarnations(incarnations);
  return request;
}

Request MakeReadmitRequest(NodeId node, Incarnation incarnation) {
  Request request;
  request.op = Op::kReadmit;
  request.value = EncodeIncarnations({{node, incarnation}});
  return request;
}

Request MakeRecoverRequest(const Incarnations& incarnations) {
  Request request;
  request.op = Op::kRecover;
  request.value = EncodeIncarnations(incarnations);
  return request;
}

bool NamesIncarnations(const Request& request) {
  return request.client == 0 &&
         (request.op == Op::kForm || request.op == Op::kReadmit || request.op == Op::kRecover);
}

Incarnations IncarnationsIn(const Block& block) {
  Incarnations all;
  for (const Request& request : block.requests) {
    if (NamesIncarnations(request)) {
      for (const auto& [node, incarnation] :
           DecodeIncarnations(request.value).value_or(Incarnations{})) {
        all[node] = incarnation;
      }
    }
  }
  return all;
}

}  // namespace cairn
