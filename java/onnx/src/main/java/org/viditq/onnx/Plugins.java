package org.viditq.onnx;

/** Nodes of the plugin library; docs/plugins.md is their specification. */
final class Plugins {
  /** ONNX's domain of the nodes and TensorRT's namespace of the plugins. */
  static final String DOMAIN = "viditq";

  private static final String VERSION = "1";

  private Plugins() {}

  /**
   * Begins a node.
   *
   * @param layer that it is named after
   */
  static NodeBuilder node(GraphRecorder recorder, String operator, String layer) {
    return node(recorder, operator).of(layer);
  }

  /** Begins a node that stands for no layer. */
  static NodeBuilder node(GraphRecorder recorder, String operator) {
    return recorder
        .node(DOMAIN, operator)
        .attribute("plugin_namespace", DOMAIN)
        .attribute("plugin_version", VERSION);
  }
}
