#include "chain/sha256.h"

// The plain functions of OpenSSL, without the machinery that chooses an algorithm at run time: for
// the hundred bytes of a leaf that is a quarter of the time. Version 3 calls them old.
#define OPENSSL_API_COMPAT 0x10100000L
#include <openssl/sha.h>

#include "common/check.h"

namespace cairn::chain {

Hash Sha256(std::initializer_list<std::string_view> parts) {
  SHA256_CTX context;
  CAIRN_CHECK(SHA256_Init(&context) == 1, "SHA-256 begins");
  for (const std::string_view part : parts) {
    CAIRN_CHECK(SHA256_Update(&context, part.data(), part.size()) == 1, "SHA-256 takes bytes");
  }
  Hash hash;
  static_assert(sizeof hash.bytes == SHA256_DIGEST_LENGTH);
  CAIRN_CHECK(SHA256_Final(hash.bytes.data(), &context) == 1, "SHA-256 ends");
  return hash;
}

Hash Sha256(std::string_view bytes) { return Sha256({bytes}); }

}  // namespace cairn::chain
