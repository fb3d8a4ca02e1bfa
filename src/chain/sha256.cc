#include "chain/sha256.h"

#include <openssl/evp.h>

#include <memory>

#include "common/check.h"

namespace cairn::chain {
namespace {

struct DigestDeleter {
  void operator()(EVP_MD* digest) const { EVP_MD_free(digest); }
};
struct ContextDeleter {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

// Looking the algorithm up costs more than hashing a header, so it is done once.
const EVP_MD* Algorithm() {
  static const std::unique_ptr<EVP_MD, DigestDeleter> kAlgorithm(
      EVP_MD_fetch(nullptr, "SHA256", nullptr));
  CAIRN_CHECK(kAlgorithm != nullptr, "OpenSSL offers SHA-256");
  return kAlgorithm.get();
}

EVP_MD_CTX* Context() {
  thread_local const std::unique_ptr<EVP_MD_CTX, ContextDeleter> kContext(EVP_MD_CTX_new());
  CAIRN_CHECK(kContext != nullptr, "OpenSSL makes a digest context");
  return kContext.get();
}

}  // namespace

Hash Sha256(std::initializer_list<std::string_view> parts) {
  EVP_MD_CTX* context = Context();
  CAIRN_CHECK(EVP_DigestInit_ex2(context, Algorithm(), nullptr) == 1, "SHA-256 begins");
  for (const std::string_view part : parts) {
    CAIRN_CHECK(EVP_DigestUpdate(context, part.data(), part.size()) == 1, "SHA-256 takes bytes");
  }
  Hash hash;
  unsigned int length = 0;
  CAIRN_CHECK(EVP_DigestFinal_ex(context, hash.bytes.data(), &length) == 1, "SHA-256 ends");
  CAIRN_CHECK(length == hash.bytes.size(), "a SHA-256 digest has 32 bytes");
  return hash;
}

Hash Sha256(std::string_view bytes) { return Sha256({bytes}); }

}  // namespace cairn::chain
