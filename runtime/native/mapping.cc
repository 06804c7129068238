#include "mapping.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <system_error>

namespace tilescript {
namespace {

// Non-blocking, so that a pipe that nobody writes to is refused and not waited for.
struct File {
  explicit File(const std::string& path) : descriptor(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  ~File() {
    if (descriptor >= 0) close(descriptor);
  }
  const int descriptor;
};

// Every mapping there is. Only the main thread of each environment opens, but environments may be several.
std::mutex guard;
std::vector<std::weak_ptr<Mapping>> mappings;

[[noreturn]] void Fail(const char* step, int code = errno) {
  throw std::system_error(code, std::generic_category(), step);
}

}  // namespace

Mapping::Mapping(const std::string& path) {
  File file(path);
  struct stat status;
  if (file.descriptor < 0) Fail("open");
  if (fstat(file.descriptor, &status) != 0) Fail("fstat");
  if (S_ISDIR(status.st_mode)) Fail("open", EISDIR);
  if (!S_ISREG(status.st_mode)) Fail("mmap", ENODEV);
  size = static_cast<size_t>(status.st_size);
  if (size == 0) return;
  // Private and writable: JavaScript cannot be kept from writing to a view, and a write must neither end the process nor
  // reach the file. Pages that nobody writes to stay shared with the page cache.
  void* mapped = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, file.descriptor, 0);
  if (mapped == MAP_FAILED) Fail("mmap");
  data = static_cast<uint8_t*>(mapped);
}

Mapping::~Mapping() {
  if (data) munmap(data, size);
}

std::shared_ptr<Mapping> Mapping::Open(const std::string& path) {
  auto mapping = std::make_shared<Mapping>(path);
  std::lock_guard<std::mutex> lock(guard);
  auto gone = [](std::weak_ptr<Mapping>& known) { return known.expired(); };
  mappings.erase(std::remove_if(mappings.begin(), mappings.end(), gone), mappings.end());
  mappings.push_back(mapping);
  return mapping;
}

std::shared_ptr<Mapping> Mapping::At(const uint8_t* address) {
  std::lock_guard<std::mutex> lock(guard);
  for (auto& known : mappings)
    if (auto mapping = known.lock(); mapping && address >= mapping->data && address < mapping->data + mapping->size)
      return mapping;
  return nullptr;
}

MappedFile::MappedFile(const Napi::CallbackInfo& info) {
  std::string path = info[0].ToString();
  try {
    mapping_ = Mapping::Open(path);
  } catch (const std::system_error& error) {
    Napi::Error thrown = Napi::Error::New(info.Env(), std::string(error.what()) + ": '" + path + "'");
    thrown.Set("errno", Napi::Number::New(info.Env(), error.code().value()));
    thrown.Set("path", Napi::String::New(info.Env(), path));
    throw thrown;
  }
}

std::shared_ptr<Mapping> MappedFile::Range(Napi::Value value, uint64_t offset, uint64_t bytes) {
  const auto& mapping = Live(value.Env(), Class<MappedFile>::Unwrap(value, "file").mapping_, "MappedFile");
  CheckRange(value.Env(), offset, bytes, mapping->size, "mapped file");
  return mapping;
}

double MappedFile::ByteLength(const Napi::CallbackInfo&) { return mapping_ ? static_cast<double>(mapping_->size) : 0; }

Napi::Value MappedFile::View(const Napi::CallbackInfo& info) {
  uint64_t offset = Count(info[0], "offset"), bytes = Count(info[1], "bytes");
  auto mapping = Range(info.This(), offset, bytes);
  auto gone = [](Napi::Reference<Napi::ArrayBuffer>& view) { return view.Value().IsEmpty(); };
  views_.erase(std::remove_if(views_.begin(), views_.end(), gone), views_.end());
  Napi::ArrayBuffer view = Expose(info.Env(), mapping->data + offset, bytes, mapping);
  views_.push_back(Napi::Weak(view));
  return view;
}

void MappedFile::Close(const Napi::CallbackInfo&) {
  for (auto& view : views_)
    if (Napi::ArrayBuffer buffer = view.Value(); !buffer.IsEmpty()) buffer.Detach();
  views_.clear();
  mapping_.reset();
}

void MappedFile::Define(Napi::Env env, Napi::Object exports) {
  using Own = Class<MappedFile>;
  Own::Define(env, exports, "MappedFile",
              {Own::Getter<&MappedFile::ByteLength>("byteLength"), Own::Method<&MappedFile::View>("view"),
               Own::Method<&MappedFile::Close>("close")});
}

}  // namespace tilescript
