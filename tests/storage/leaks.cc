// A database that has met an error is not closed, on purpose (see Ledger::Impl::~Impl): for a build
// with the address sanitizer, that is no leak.

extern "C" const char* __lsan_default_suppressions();  // NOLINT(bugprone-reserved-identifier)

extern "C" const char* __lsan_default_suppressions() {  // NOLINT(bugprone-reserved-identifier)
  return "leak:rocksdb::DB::Open\n";
}
