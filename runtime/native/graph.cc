#include "graph.h"

#include "stream.h"

namespace tilescript {

Graph::Graph(const Napi::CallbackInfo& info) {
  throw Napi::TypeError::New(info.Env(), "a Graph comes from Stream.endCapture()");
}

// How many nodes, and how many of them launch kernels.
Napi::Value Graph::Nodes(const Napi::CallbackInfo& info) {
  auto graph = Live(info.Env(), handle_, "Graph");
  graph->context->Enter();
  size_t count = 0;
  CALL(cuGraphGetNodes, (graph->raw, nullptr, &count));
  std::vector<CUgraphNode> nodes(count);
  if (count) CALL(cuGraphGetNodes, (graph->raw, nodes.data(), &count), count);
  constexpr int kernelNode = 0;
  int kernels = 0;
  for (CUgraphNode node : nodes) {
    int type = -1;
    CALL(cuGraphNodeGetType, (node, &type));
    kernels += type == kernelNode;
  }
  Napi::Object answer = Napi::Object::New(info.Env());
  answer.Set("total", Napi::Number::New(info.Env(), static_cast<double>(count)));
  answer.Set("kernels", Napi::Number::New(info.Env(), kernels));
  return answer;
}

Napi::Value Graph::Instantiate(const Napi::CallbackInfo& info) {
  auto graph = Live(info.Env(), handle_, "Graph");
  graph->context->Enter();
  CUgraphExec raw = nullptr;
  CALL(cuGraphInstantiateWithFlags, (&raw, graph->raw, 0));
  auto handle = std::make_shared<GraphExecHandle>(graph->context, raw, Keepers{graph});
  return Class<GraphExec>::Make(info.Env(), std::make_unique<GraphExec>(std::move(handle)));
}

void Graph::Define(Napi::Env env, Napi::Object exports) {
  using Own = Class<Graph>;
  Own::Define(env, exports, "Graph",
              {Own::Method<&Graph::Nodes>("nodes"), Own::Method<&Graph::Instantiate>("instantiate"),
               Own::Method<&Graph::Destroy>("destroy")});
}

GraphExec::GraphExec(const Napi::CallbackInfo& info) {
  throw Napi::TypeError::New(info.Env(), "a GraphExec comes from Graph.instantiate()");
}

// Moves the graph to the device ahead of the first launch.
void GraphExec::Upload(const Napi::CallbackInfo& info) {
  auto stream = Stream::From(info[0]);
  auto exec = Live(info.Env(), handle_, "GraphExec");
  exec->context->Enter();
  CALL(cuGraphUpload, (exec->raw, stream->raw));
}

void GraphExec::Launch(const Napi::CallbackInfo& info) {
  auto stream = Stream::From(info[0]);
  auto exec = Live(info.Env(), handle_, "GraphExec");
  exec->context->Enter();
  CALL(cuGraphLaunch, (exec->raw, stream->raw));
}

void GraphExec::Define(Napi::Env env, Napi::Object exports) {
  using Own = Class<GraphExec>;
  Own::Define(env, exports, "GraphExec",
              {Own::Method<&GraphExec::Upload>("upload"), Own::Method<&GraphExec::Launch>("launch"),
               Own::Method<&GraphExec::Destroy>("destroy")});
}

}  // namespace tilescript
