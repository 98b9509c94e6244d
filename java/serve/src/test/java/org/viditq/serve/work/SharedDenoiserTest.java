package org.viditq.serve.work;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.viditq.core.diffusers.PipelineFolder;
import org.viditq.core.error.NonFiniteException;
import org.viditq.core.error.ViditqException;
import org.viditq.core.model.DenoiserInput;
import org.viditq.core.model.DenoiserModel;
import org.viditq.core.operators.Backend;
import org.viditq.core.operators.Backends;
import org.viditq.core.pipeline.Denoiser;
import org.viditq.core.pipeline.DiffusionPipeline;
import org.viditq.core.pipeline.EncodedPrompts;
import org.viditq.core.pipeline.GenerationRequest;
import org.viditq.core.pipeline.ProgressListener;
import org.viditq.core.pipeline.SamplingListener;
import org.viditq.core.schedule.SchedulerFactory;
import org.viditq.core.tensor.Tensor;

/** Samplings that share a denoiser give the bits that they give alone, and fail alone. */
class SharedDenoiserTest {
  private static final Path SAMPLE = Path.of("../../samples/pixart-mini");
  private static final List<String> PROMPTS =
      List.of("a red ring on a gray background", "a blue star", "");

  /** As many as pseudo Runge-Kutta methods need at the least. */
  private static final int STEPS = 4;

  private static Backend backend;
  private static DiffusionPipeline pipeline;
  private static EncodedPrompts prompts;
  private static Denoiser denoiser;
  private static ExecutorService threads;

  @BeforeAll
  static void load() {
    backend = Backends.find("auto");
    pipeline = open(Optional.empty());
    prompts = pipeline.encode(PROMPTS, "", ProgressListener.NONE);
    denoiser = pipeline.openDenoiser(UnaryOperator.identity());
    threads = Executors.newCachedThreadPool();
  }

  private static DiffusionPipeline open(Optional<String> scheduler) {
    return DiffusionPipeline.open(PipelineFolder.open(SAMPLE), () -> backend.open(2), scheduler);
  }

  @AfterAll
  static void release() {
    denoiser.close();
    threads.shutdown();
  }

  static List<String> schedulers() {
    return SchedulerFactory.names();
  }

  @ParameterizedTest
  @MethodSource("schedulers")
  void eachSchedulerGivesWhatItGivesAlone(String name) {
    DiffusionPipeline with = open(Optional.of(name));
    List<Tensor> alone = new ArrayList<>();
    for (int i = 0; i < PROMPTS.size(); i++) {
      alone.add(sample(with, i, denoiser, SamplingListener.NONE));
    }
    List<Tensor> together =
        together(with, denoiser, List.of(0, 1, 2)).stream()
            .map(
                sampling -> {
                  try {
                    return sampling.get();
                  } catch (InterruptedException | ExecutionException failed) {
                    throw new AssertionError(failed);
                  }
                })
            .toList();
    for (int i = 0; i < PROMPTS.size(); i++) {
      assertThat(together.get(i).data()).isEqualTo(alone.get(i).data());
    }
  }

  private static Tensor sample(
      DiffusionPipeline with, int index, Denoiser member, SamplingListener listener) {
    return with.sample(
        GenerationRequest.pictures(List.of(40L + index), STEPS, 4.5, 64, 64),
        prompts.select(List.of(index)),
        member,
        listener,
        ProgressListener.NONE);
  }

  private static List<Future<Tensor>> together(
      DiffusionPipeline with, Denoiser whole, List<Integer> indices) {
    return together(with, whole, indices, SamplingListener.NONE);
  }

  /** The first is listened to. */
  private static List<Future<Tensor>> together(
      DiffusionPipeline with, Denoiser whole, List<Integer> indices, SamplingListener listener) {
    SharedDenoiser shared = new SharedDenoiser(whole, indices.size());
    List<Future<Tensor>> running = new ArrayList<>();
    for (int index : indices) {
      Denoiser member = shared.member();
      SamplingListener own = running.isEmpty() ? listener : SamplingListener.NONE;
      running.add(
          threads.submit(
              () -> {
                try (member) {
                  return sample(with, index, member, own);
                }
              }));
    }
    shared.evaluate();
    return running;
  }

  /** Evaluates as another does, counts, and fails where it is told to. */
  private record Watched(Denoiser whole, List<Integer> batches, Predicate<DenoiserInput> fails)
      implements Denoiser {
    @Override
    public DenoiserModel model() {
      return whole.model();
    }

    @Override
    public Tensor predict(DenoiserInput input) {
      batches.add(input.latents().dim(0));
      if (fails.test(input)) {
        throw new NonFiniteException("Broken.");
      }
      return whole.predict(input);
    }

    @Override
    public void close() {}
  }

  @Test
  void allAreOneEvaluation() throws Exception {
    List<Integer> batches = new ArrayList<>();
    for (Future<Tensor> each :
        together(pipeline, new Watched(denoiser, batches, input -> false), List.of(0, 1, 2))) {
      each.get();
    }
    assertThat(batches).containsExactly(6, 6, 6, 6); // With guidance each has two rows.
  }

  @Test
  void oneThatLeavesIsNotComputedAnyMore() throws Exception {
    List<Integer> batches = new ArrayList<>();
    SamplingListener leaves =
        new SamplingListener() {
          @Override
          public void beforeDenoising(int step, DenoiserInput input) {
            if (step == 1) {
              throw new ViditqException("Left.");
            }
          }
        };
    List<Future<Tensor>> all =
        together(
            pipeline, new Watched(denoiser, batches, input -> false), List.of(0, 1, 2), leaves);
    assertThatThrownBy(() -> all.get(0).get()).hasMessageContaining("Left.");
    assertThat(all.get(1).get().data())
        .isEqualTo(sample(pipeline, 1, denoiser, SamplingListener.NONE).data());
    assertThat(all.get(2).get().data())
        .isEqualTo(sample(pipeline, 2, denoiser, SamplingListener.NONE).data());
    assertThat(batches).containsExactly(6, 4, 4, 4);
  }

  @Test
  void oneThatBreaksDoesNotTakeOthersWithIt() throws Exception {
    // What breaks is known by its initial noise, in a batch as well as alone.
    float sign = firstLatent(1);
    List<Future<Tensor>> all =
        together(
            pipeline,
            new Watched(denoiser, new ArrayList<>(), input -> holds(input.latents(), sign)),
            List.of(0, 1, 2));
    assertThatThrownBy(() -> all.get(1).get())
        .hasCauseInstanceOf(NonFiniteException.class)
        .hasMessageContaining("Broken.");
    for (int index : new int[] {0, 2}) {
      assertThat(all.get(index).get().data())
          .isEqualTo(sample(pipeline, index, denoiser, SamplingListener.NONE).data());
    }
  }

  private static float firstLatent(int index) {
    AtomicInteger bits = new AtomicInteger();
    sample(
        pipeline,
        index,
        denoiser,
        new SamplingListener() {
          @Override
          public void beforeDenoising(int step, DenoiserInput input) {
            if (step == 0) {
              bits.set(Float.floatToIntBits(input.latents().data()[0]));
            }
          }
        });
    return Float.intBitsToFloat(bits.get());
  }

  private static boolean holds(Tensor latents, float first) {
    int row = latents.size() / latents.dim(0);
    for (int i = 0; i < latents.size(); i += row) {
      if (latents.data()[i] == first) {
        return true;
      }
    }
    return false;
  }
}
