package org.viditq.tensorrt.build;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.viditq.core.io.AtomicOutput;
import org.viditq.core.pipeline.ProgressListener;
import org.viditq.core.pipeline.ProgressListener.Stage;
import org.viditq.core.tensor.Shape;
import org.viditq.onnx.GraphCheck;
import org.viditq.onnx.GraphFile;
import org.viditq.onnx.GraphFingerprint;
import org.viditq.onnx.OnnxGraph;
import org.viditq.tensorrt.engine.EngineCache;
import org.viditq.tensorrt.engine.EngineCache.Entry;
import org.viditq.tensorrt.engine.EngineDescription;
import org.viditq.tensorrt.engine.EngineFile;
import org.viditq.tensorrt.engine.EngineRequest;
import org.viditq.tensorrt.engine.EngineSource;
import org.viditq.tensorrt.engine.Profile;

/**
 * Engines of the cache, which is filled as they are asked for. With {@link BuildOptions#stripped}
 * an engine without weights is built once for a model's structure, and every checkpoint's is made
 * from it by refitting, which needs no tuning.
 */
public final class CachedEngines implements EngineSource {
  private static final int PERCENT = 100;

  private final EngineCache cache;
  private final Supplier<EngineBuilder> opener;
  private final BuildOptions options;
  private final Consumer<String> notes;
  private EngineBuilder builder;

  /**
   * @param opener of the builder, when the first engine is asked for
   * @param notes receives lines that a user should see
   */
  public CachedEngines(
      EngineCache cache,
      Supplier<EngineBuilder> opener,
      BuildOptions options,
      Consumer<String> notes) {
    this.cache = cache;
    this.opener = opener;
    this.options = options;
    this.notes = notes;
  }

  /**
   * Weights are packed only if there is no engine of them, or none that was asked for by a graph of
   * the same {@link OnnxGraph#source()}, and then once.
   */
  @Override
  public EngineFile engine(EngineRequest request, ProgressListener progress) {
    String source = request.graph().source();
    return cache
        .fingerprint(source)
        .flatMap(graph -> cache.find(wanted(request, graph), request.shapes()))
        .orElseGet(() -> write(request, source, progress))
        .file();
  }

  private Entry write(EngineRequest request, String source, ProgressListener progress) {
    return written(
        request.graph(),
        source,
        (graph, fingerprint) -> {
          EngineDescription wanted = wanted(request, fingerprint);
          // One that 'viditq build' has made may be there.
          return cache
              .find(wanted, request.shapes())
              .orElseGet(() -> make(graph, wanted, request.shapes(), new Percent(progress)));
        });
  }

  /**
   * Lets a graph be used as a file, and keeps its fingerprint.
   *
   * @param source of the graph
   */
  private Entry written(
      OnnxGraph recorded, String source, BiFunction<GraphFile, GraphFingerprint, Entry> use) {
    // Never committed, so that nothing of it stays.
    try (AtomicOutput scratch = AtomicOutput.folder(cache.folder().resolve("graph"))) {
      Path folder = scratch.path().resolve("graph");
      recorded.write(folder);
      Path file = folder.resolve(OnnxGraph.MODEL_FILE);
      GraphCheck.require(file);
      GraphFile graph = GraphFile.open(file);
      GraphFingerprint fingerprint = graph.fingerprint();
      cache.keepFingerprint(source, fingerprint);
      return use.apply(graph, fingerprint);
    }
  }

  private EngineDescription wanted(EngineRequest request, GraphFingerprint graph) {
    return describe(
        request.name(), graph, uses(request.graph()), Map.of(), List.of(request.profile()));
  }

  /**
   * An engine of a graph: one that is there, or a new one. Weights are packed when {@link
   * #engine(EngineRequest, ProgressListener)} packs them.
   *
   * @param graph in the plugin dialect, its weights open
   * @param name of the network
   * @param origin fingerprints of what the graph was recorded from
   * @param profile that the engine is built for
   */
  public Entry engine(
      OnnxGraph graph,
      String name,
      Map<String, String> origin,
      Profile profile,
      BuildListener listener) {
    String source = graph.source();
    return cache
        .fingerprint(source)
        .map(known -> describe(name, known, uses(graph), origin, List.of(profile)))
        .flatMap(wanted -> cache.find(kept(wanted), wanted.profiles()))
        .orElseGet(
            () -> {
              listener.note("Exporting the " + name.replace('_', ' '));
              return written(
                  graph,
                  source,
                  (file, fingerprint) ->
                      engine(
                          file,
                          describe(name, fingerprint, file.usesPlugins(), origin, List.of(profile)),
                          listener));
            });
  }

  /** As {@link #engine(OnnxGraph, String, Map, Profile, BuildListener)} of a graph in a file. */
  public Entry engine(
      GraphFile graph,
      String name,
      Map<String, String> origin,
      Profile profile,
      BuildListener listener) {
    return engine(graph, describe(name, graph, origin, List.of(profile), false), listener);
  }

  private Entry engine(GraphFile graph, EngineDescription wanted, BuildListener listener) {
    return cache
        .find(kept(wanted), wanted.profiles())
        .orElseGet(() -> build(graph, kept(wanted), options, listener));
  }

  /** What of an engine is kept: without its weights, if these are left out. */
  private EngineDescription kept(EngineDescription wanted) {
    return options.stripped() ? wanted.withoutWeights() : wanted;
  }

  private Entry make(
      GraphFile graph,
      EngineDescription wanted,
      Map<String, Shape> shapes,
      BuildListener listener) {
    if (!options.stripped()) {
      return build(graph, wanted, options, listener);
    }
    EngineDescription without = wanted.withoutWeights();
    Entry base = cache.find(without, shapes).orElseGet(() -> engine(graph, without, listener));
    notes.accept(
        "Refitting the engine of the " + wanted.name() + " with this checkpoint's weights");
    EngineDescription refitted = base.description().refitted(wanted);
    return cache.store(refitted, target -> builder().refit(base.engine(), graph, target));
  }

  private Entry build(
      GraphFile graph, EngineDescription made, BuildOptions how, BuildListener listener) {
    return cache.store(
        made, target -> builder().build(graph, made.profiles(), how, target, listener));
  }

  /**
   * What an engine of a graph in a file will be; its bytes and hash are those of none.
   *
   * @param stripped whether it is built without weights
   */
  public EngineDescription describe(
      String name,
      GraphFile graph,
      Map<String, String> origin,
      List<Profile> profiles,
      boolean stripped) {
    EngineDescription made =
        describe(name, graph.fingerprint(), graph.usesPlugins(), origin, profiles);
    return stripped ? made.withoutWeights() : made;
  }

  /** What an engine of a graph will be; its bytes and hash are those of none. */
  private EngineDescription describe(
      String name,
      GraphFingerprint graph,
      boolean plugins,
      Map<String, String> origin,
      List<Profile> profiles) {
    return new EngineDescription(
        name,
        0,
        "",
        graph,
        plugins ? builder().plugins() : Optional.empty(),
        false,
        builder().target(),
        options.hardware(),
        options.versionCompatible(),
        origin,
        profiles);
  }

  private static boolean uses(OnnxGraph graph) {
    return graph.operators().keySet().stream().anyMatch(operator -> operator.startsWith("Viditq"));
  }

  /** The builder, opened now if it was not needed yet. */
  public synchronized EngineBuilder builder() {
    if (builder == null) {
      builder = opener.get();
    }
    return builder;
  }

  @Override
  public synchronized void close() {
    if (builder != null) {
      builder.close();
      builder = null;
    }
  }

  /** A build as a stage of a pipeline's work, counted in percent. */
  private final class Percent implements BuildListener {
    private final ProgressListener progress;
    private int told = -1;

    Percent(ProgressListener progress) {
      this.progress = progress;
    }

    @Override
    public synchronized void progress(int percent, String phase) {
      while (told < percent) {
        told++;
        progress.progress(Stage.BUILDING, told, PERCENT);
      }
    }

    @Override
    public void note(String line) {
      notes.accept(line);
    }
  }
}
