package org.viditq.onnxruntime;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtSession;
import java.nio.file.Path;
import java.util.Map;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.model.RecordedInputs;
import org.viditq.core.pipeline.ProgressListener;
import org.viditq.core.pipeline.StepNetworks;
import org.viditq.core.pipeline.cache.RelativeChange;
import org.viditq.core.tensor.Tensor;
import org.viditq.onnx.OnnxGraph;
import org.viditq.onnx.StepCachingGraphs;

/** The graphs of step caching in ONNX Runtime, for one sampling at a time. */
final class CachingSessions implements AutoCloseable {
  private final DenoiserModel model;
  private final GraphSession probe;
  private final GraphSession full;
  private final GraphSession tail;

  /**
   * Loads the graphs, whose files are not needed any more when this returns.
   *
   * @param folder to write them to
   */
  CachingSessions(DenoiserModel model, StepCachingGraphs graphs, Path folder, int threads) {
    this.model = model;
    GraphSession[] opened = new GraphSession[3];
    try {
      opened[0] = open(graphs.probe(), folder.resolve("probe"), threads);
      opened[1] = open(graphs.full(), folder.resolve("full"), threads);
      opened[2] = open(graphs.tail(), folder.resolve("tail"), threads);
    } catch (RuntimeException | Error failed) {
      for (GraphSession session : opened) {
        if (session != null) {
          session.close();
        }
      }
      throw failed;
    }
    probe = opened[0];
    full = opened[1];
    tail = opened[2];
  }

  private GraphSession open(OnnxGraph graph, Path folder, int threads) {
    graph.write(folder);
    return GraphSession.open(
        model, folder.resolve(OnnxGraph.MODEL_FILE), OperatorLibrary.NATIVE, threads);
  }

  /** Begins a sampling, to be closed before these are. */
  StepNetworks sampling(int pictures) {
    return new Sampling(pictures);
  }

  /**
   * What pictures keep lies in ONNX Runtime's memory: the outputs of the last probe and of the last
   * full evaluation of each.
   */
  private final class Sampling implements StepNetworks {
    private final OrtSession.Result[] probed;
    private final OrtSession.Result[] computed;
    private int picture;
    private DenoiserInput input;

    Sampling(int pictures) {
      probed = new OrtSession.Result[pictures];
      computed = new OrtSession.Result[pictures];
    }

    @Override
    public void prepare(DenoiserInput like, ProgressListener progress) {
      // Graphs take all extents.
    }

    @Override
    public double probe(int of, DenoiserInput given) {
      picture = of;
      input = RecordedInputs.of(model, given);
      OrtSession.Result result;
      if (probed[picture] == null) {
        try (OnnxTensor nothing = probe.zeros(StepCachingGraphs.EARLIER_INPUT)) {
          result = probe.run(input, Map.of(StepCachingGraphs.EARLIER_INPUT, nothing));
        }
      } else {
        OnnxTensor earlier = GraphSession.output(probed[picture], StepCachingGraphs.INPUT);
        result = probe.run(input, Map.of(StepCachingGraphs.EARLIER_INPUT, earlier));
      }
      keep(probed, result);
      float[] change = GraphSession.tensor(result, StepCachingGraphs.CHANGE).data();
      return RelativeChange.of(change[0], change[1]);
    }

    private void keep(OrtSession.Result[] kept, OrtSession.Result result) {
      if (kept[picture] != null) {
        kept[picture].close();
      }
      kept[picture] = result;
    }

    @Override
    public Tensor full() {
      OrtSession.Result result = full.run(input, Map.of());
      keep(computed, result);
      return GraphDenoiser.prediction(result, input);
    }

    @Override
    public Tensor tail() {
      if (computed[picture] == null) {
        throw new IllegalStateException(
            "Picture " + picture + " keeps no residual yet; its first evaluation must be full.");
      }
      OnnxTensor residual = GraphSession.output(computed[picture], StepCachingGraphs.RESIDUAL);
      try (OrtSession.Result result =
          tail.run(input, Map.of(StepCachingGraphs.RESIDUAL, residual))) {
        return GraphDenoiser.prediction(result, input);
      }
    }

    @Override
    public void close() {
      for (OrtSession.Result[] kept : new OrtSession.Result[][] {probed, computed}) {
        for (int i = 0; i < kept.length; i++) {
          if (kept[i] != null) {
            kept[i].close();
            kept[i] = null;
          }
        }
      }
    }
  }

  @Override
  public void close() {
    try {
      probe.close();
    } finally {
      try {
        full.close();
      } finally {
        tail.close();
      }
    }
  }
}
