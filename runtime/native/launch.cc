#include "launch.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

#include "module.h"
#include "stream.h"

namespace tilescript {
namespace {

// Numbers of CUlaunchAttributeID.
constexpr int kCooperative = 2, kCluster = 4, kClusterScheduling = 5, kProgrammaticSerialization = 6;
constexpr unsigned kSpread = 1;  // CU_CLUSTER_SCHEDULING_POLICY_SPREAD, as Triton launches its clusters

void ReadExtent(Napi::Value value, const char* argument, unsigned extent[3]) {
  const uint32_t length = value.IsArray() ? value.As<Napi::Array>().Length() : 0;
  if (length < 1 || length > 3)
    throw Napi::TypeError::New(value.Env(), std::string("argument ") + argument + " must be [x, y, z]");
  for (uint32_t axis = 0; axis < 3; ++axis)
    extent[axis] = axis < length ? CountAs<unsigned>(value.As<Napi::Array>().Get(axis), argument) : 1;
}

// The most that the driver takes, of which old drivers take less.
constexpr uint64_t kMostParameterBytes = 32764;

// Throws unless every parameter of the kernel has its place in the block: the driver reads there whatever it is given. Where it cannot tell
// what it reads, `declared` must say how many parameters there are.
void CheckPlaces(Napi::Env env, const FunctionHandle& function, const std::vector<uint64_t>& offsets, uint64_t bytes,
                 std::optional<uint64_t> declared) {
  const auto& parameters = function.parameters;
  if (!parameters && !declared)
    throw Napi::TypeError::New(env, "this driver cannot tell how many parameters " + function.name + " has: argument parameters must");
  const uint64_t wanted = parameters ? parameters->size() : *declared;
  if (offsets.size() != wanted)
    throw Napi::RangeError::New(env, function.name + " has " + std::to_string(wanted) + " parameters and was given " +
                                         std::to_string(offsets.size()) + " offsets");
  for (size_t index = 0; index < offsets.size(); ++index)
    CheckRange(env, offsets[index], parameters ? (*parameters)[index].bytes : 1, bytes, "argument block");
}

// Zeroed, and aligned for the tensor maps that may lie in it.
std::shared_ptr<uint8_t> AllocateBlock(size_t bytes) {
  constexpr size_t alignment = alignof(CUtensorMap);
  size_t rounded = (bytes + alignment) / alignment * alignment;
  void* block = std::aligned_alloc(alignment, rounded);
  if (!block) throw std::bad_alloc();
  std::memset(block, 0, rounded);
  return {static_cast<uint8_t*>(block), [](uint8_t* block) { std::free(block); }};
}

std::string Extent(const unsigned extent[3]) {
  return std::to_string(extent[0]) + "x" + std::to_string(extent[1]) + "x" + std::to_string(extent[2]);
}

// The launch as the hot path wants it: no argument reading, no handle scopes, one unwrap. V8 has checked the class of the receiver; one
// whose constructor threw has nothing to unwrap.
template <class T>
napi_value Launch(napi_env env, napi_callback_info info) noexcept {
  napi_value self;
  void* object = nullptr;
  if (napi_get_cb_info(env, info, nullptr, nullptr, &self, nullptr) != napi_ok) return nullptr;
  if (napi_unwrap(env, self, &object) != napi_ok) {
    napi_throw_type_error(env, nullptr, "Illegal invocation");
    return nullptr;
  }
  try {
    static_cast<T*>(object)->Run();
  } catch (...) {
    Rethrow(env);
  }
  return nullptr;
}

template <class T>
napi_property_descriptor LaunchMethod() {
  return {"launch", nullptr, Launch<T>, nullptr, nullptr, nullptr, napi_default_method, nullptr};
}

}  // namespace

// (function, stream, { grid, block, cluster?, sharedBytes?, pdl?, cooperative? }, offsets, bytes, parameters?)
PreparedLaunch::PreparedLaunch(const Napi::CallbackInfo& info)
    : function_(Function::From(info[0])), stream_(Stream::From(info[1])) {
  if (!info[2].IsObject()) throw Napi::TypeError::New(info.Env(), "argument config must be an object");
  auto options = info[2].As<Napi::Object>();
  ReadExtent(options.Get("grid"), "grid", config_.grid);
  ReadExtent(options.Get("block"), "block", config_.block);
  if (options.Has("sharedBytes")) config_.sharedBytes = CountAs<unsigned>(options.Get("sharedBytes"), "sharedBytes");
  config_.stream = stream_->raw;
  config_.attributes = attributes_;
  if (Napi::Value given = options.Get("cluster"); !given.IsUndefined()) {
    unsigned cluster[3];
    ReadExtent(given, "cluster", cluster);
    Attribute(kCluster, cluster[0], cluster[1], cluster[2]);
    Attribute(kClusterScheduling, kSpread);
  }
  if (options.Get("pdl").ToBoolean()) Attribute(kProgrammaticSerialization, 1);
  if (options.Get("cooperative").ToBoolean()) Attribute(kCooperative, 1);

  if (!info[3].IsArray()) throw Napi::TypeError::New(info.Env(), "argument offsets must be an array");
  auto given = info[3].As<Napi::Array>();
  bytes_ = Count(info[4], "bytes", kMostParameterBytes);
  std::vector<uint64_t> offsets;
  for (uint32_t index = 0; index < given.Length(); ++index) {
    offsets.push_back(Count(given.Get(index), "offset"));
    CheckRange(info.Env(), offsets.back(), 1, bytes_, "argument block");
  }
  std::optional<uint64_t> declared;
  if (!info[5].IsUndefined()) declared = Count(info[5], "parameters");
  CheckPlaces(info.Env(), *function_, offsets, bytes_, declared);
  block_ = AllocateBlock(bytes_);
  for (uint64_t offset : offsets) params_.push_back(block_.get() + offset);
}

void PreparedLaunch::Attribute(int id, unsigned x, unsigned y, unsigned z) {
  CUlaunchAttribute& attribute = attributes_[config_.attributeCount++];
  attribute.id = id;
  attribute.value.cluster = {x, y, z};
}

void PreparedLaunch::Run() {
  if (!function_) throw Failure(kInvalidValue, "cuLaunchKernelEx", "a launch that has been destroyed");
  if (config_.grid[0] == 0 || config_.grid[1] == 0 || config_.grid[2] == 0) return;
  function_->module->context->Enter();
  CALL(cuLaunchKernelEx, (&config_, function_->raw, params_.data(), nullptr), function_->name,
       "grid " + Extent(config_.grid), "block " + Extent(config_.block),
       std::to_string(config_.sharedBytes) + " bytes of shared memory");
  if (stream_->capturing) stream_->Keep(function_);
}

Napi::Value PreparedLaunch::Params(const Napi::CallbackInfo& info) {
  // Every buffer holds the block, so views of it stay valid after this object is gone.
  return Expose(info.Env(), block_.get(), bytes_, Live(info.Env(), block_, "PreparedLaunch"));
}

void PreparedLaunch::SetGrid(const Napi::CallbackInfo& info) {
  unsigned grid[3];
  for (size_t axis = 0; axis < 3; ++axis) grid[axis] = CountAs<unsigned>(info[axis], "grid");
  std::copy(grid, grid + 3, config_.grid);
}

void PreparedLaunch::SetStream(const Napi::CallbackInfo& info) {
  auto stream = Stream::From(info[0]);
  Live(info.Env(), block_, "PreparedLaunch");
  stream_ = std::move(stream);
  config_.stream = stream_->raw;
}

void PreparedLaunch::Destroy(const Napi::CallbackInfo&) {
  function_.reset();
  stream_.reset();
  block_.reset();
}

void PreparedLaunch::Define(Napi::Env env, Napi::Object exports) {
  using Own = Class<PreparedLaunch>;
  Own::Define(env, exports, "PreparedLaunch",
              {LaunchMethod<PreparedLaunch>(), Own::Method<&PreparedLaunch::Params>("params"),
               Own::Method<&PreparedLaunch::SetGrid>("setGrid"), Own::Method<&PreparedLaunch::SetStream>("setStream"),
               Own::Method<&PreparedLaunch::Destroy>("destroy")});
}

LaunchList::LaunchList(const Napi::CallbackInfo& info) {
  if (!info[0].IsArray()) throw Napi::TypeError::New(info.Env(), "argument launches must be an array");
  auto array = info[0].As<Napi::Array>();
  for (uint32_t index = 0; index < array.Length(); ++index) {
    Napi::Value launch = array.Get(index);
    launches_.push_back(&Class<PreparedLaunch>::Unwrap(launch, "launches"));
    kept_.push_back(Napi::Persistent(launch.As<Napi::Object>()));
  }
}

void LaunchList::Run() {
  for (PreparedLaunch* launch : launches_) launch->Run();
}

void LaunchList::Define(Napi::Env env, Napi::Object exports) {
  Class<LaunchList>::Define(env, exports, "LaunchList", {LaunchMethod<LaunchList>()});
}

}  // namespace tilescript
